"""What the desk sees of the hospital's own systems: who may ask, whom nobody knows, what was asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.workstation.models import Client, FrontEnd, Prompt, Reminder, Stranger
from yifang.kernel import clock
from yifang.knowledge import load


@dataclass(frozen=True, slots=True)
class Systems:
    """A hospital's clients, the staff numbers that nobody has here, and what was asked this month."""

    clients: Sequence[Client]
    strangers: Sequence[Stranger]


def systems(viewer: Viewer) -> Systems:
    """For the hospital's desk."""
    viewer.check("card.review")
    return Systems(
        list(Client.objects.defer("sealed", "public").filter(organisation_id=viewer.organisation_id)),
        list(Stranger.objects.filter(organisation_id=viewer.organisation_id).order_by("-last_at")[:200]),
    )


def front_end_told(viewer: Viewer) -> tuple[int, int, datetime | None]:
    """How many cards the national front-end said that stand, how many were taken back, and when it said something."""
    viewer.check("card.review")
    rows = FrontEnd.objects.filter(organisation_id=viewer.organisation_id).values_list("stands", "at")
    told = list(rows)
    stands = sum(one for one, _ in told)
    return stands, len(told) - stands, max((at for _, at in told), default=None)


def strangers(viewer: Viewer) -> int:
    """How many staff numbers wait for the viewer's desk."""
    return Stranger.objects.count() if viewer.can("card.review") else 0


def prompts(viewer: Viewer, limit: int = 100) -> list[Prompt]:
    """The latest cards that CDS Hooks was answered with."""
    viewer.check("card.review")
    rows = Prompt.objects.filter(organisation_id=viewer.organisation_id).select_related("user")
    return list(rows.order_by("-shown_at")[:limit])


@dataclass(frozen=True, slots=True)
class Rate:
    """How one reminder fared. `open`: shown less than a day ago and not closed; they count for nothing yet.

    What tires a doctor is what was needless, and what was left unanswered.
    """

    rule: str
    shown: int
    open: int
    unanswered: int
    closed: Counter[str]  # by reason

    @property
    def judged(self) -> int:
        """The denominator: those shown, less the open ones."""
        return self.shown - self.open

    def of_kind(self, kind: str) -> int:
        """How many were closed for a reason of the kind; a reason that left the pack counts as needless."""
        reasons = {one.id: one.kind for one in load().reminders.reasons}
        return sum(count for code, count in self.closed.items() if reasons.get(code, "needless") == kind)

    @property
    def tiring(self) -> int:
        """The numerator of fatigue."""
        return self.of_kind("needless") + self.unanswered

    @property
    def fatigue(self) -> float | None:
        """The share that tires, 0–1; None while none is judged."""
        return self.tiring / self.judged if self.judged else None

    @property
    def tiresome(self) -> bool:
        """Whether the pack says that the rule should be looked at."""
        quiet = load().reminders.quiet
        return self.judged >= quiet.of and self.fatigue is not None and self.fatigue >= quiet.tiresome


ANSWERS = ("open", "unanswered")  # beside the reasons of the pack
_WAITS = timedelta(days=1)


def reminder_rates(viewer: Viewer, days: int) -> list[Rate]:
    """Each reminder that was shown in the last `days`, those shown most first. For the hospital's desk."""
    viewer.check("card.review")
    found: dict[str, Counter[str]] = {}
    rows = Reminder.objects.filter(organisation_id=viewer.organisation_id, shown_at__gte=_since(days))
    for rule, code, shown_at in rows.values_list("rule", "reason_code", "shown_at").iterator():
        found.setdefault(rule, Counter())[code or _unclosed(shown_at)] += 1
    rates = [
        Rate(
            rule,
            said.total(),
            said["open"],
            said["unanswered"],
            Counter({k: n for k, n in said.items() if k not in ANSWERS}),
        )
        for rule, said in found.items()
    ]
    return sorted(rates, key=lambda one: (-one.shown, one.rule))


def reminder_rows(viewer: Viewer, days: int, rule: str, answer: str = "", limit: int = 200) -> list[Reminder]:
    """The reminders behind a number: of a rule, and of one answer (a reason, or one of `ANSWERS`), the latest first."""
    viewer.check("card.review")
    rows = Reminder.objects.filter(organisation_id=viewer.organisation_id, shown_at__gte=_since(days), rule=rule)
    if answer in ANSWERS:
        edge = clock.now() - _WAITS
        rows = rows.filter(reason_code="", **{"shown_at__gte" if answer == "open" else "shown_at__lt": edge})
    elif answer:
        rows = rows.filter(reason_code=answer)
    return list(rows.select_related("user").order_by("-shown_at")[:limit])


def _since(days: int) -> datetime:
    return clock.now() - timedelta(days=days)


def _unclosed(shown_at: datetime) -> str:
    return "open" if shown_at >= clock.now() - _WAITS else "unanswered"
