"""Reminders of care in words: as a doctor reads one in the window, and how they fared, for the hospital's desk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from yifang.apps.workstation.models import Reminder as Row
from yifang.apps.workstation.queries import Rate
from yifang.apps.workstation.services.reminding import Shown
from yifang.knowledge import load


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder as it is read: what to do, the words of the record that it is shown for, reasons to close it."""

    id: UUID
    title: str
    says: str
    because: Sequence[str]
    age: str
    sure: bool
    reasons: Sequence[tuple[str, str, bool]]  # code, label, whether words must be added


def shown_as(shown: Shown) -> Reminder:
    """In the reader's language; what is from memory says so."""
    one, english, knowledge = shown.advice.reminder, _english(), load()
    years = shown.advice.age
    age = "" if years is None else ngettext("{n} 岁", "{n} 岁", years).format(n=years)
    sure = knowledge.provenance("reminders", "reminders", one.id, "says").confidence in ("VERIFIED", "HIGH")
    reasons = [(each.id, each.en if english else each.zh, each.words) for each in knowledge.reminders.reasons]
    return Reminder(
        shown.id,
        one.en if english else one.zh,
        one.says_en if english else one.says,
        shown.advice.because,
        age,
        sure,
        reasons,
    )


@dataclass(frozen=True, slots=True)
class RateLine:
    """A row of the rates' page: `counts` are (answer, how many) in the order of `answers`."""

    rate: Rate
    title: str
    counts: Sequence[tuple[str, int]]
    percent: str


def answers() -> list[tuple[str, str]]:
    """What may become of a reminder: the pack's reasons, left unanswered, still open."""
    english = _english()
    found = [(one.id, one.en if english else one.zh) for one in load().reminders.reasons]
    return [*found, ("unanswered", _("没有答复")), ("open", _("一天内，未答复"))]


def table(rates: Iterable[Rate]) -> list[RateLine]:
    """The rates, ready to be read."""
    found = []
    for one in rates:
        said = {**one.closed, "unanswered": one.unanswered, "open": one.open}
        percent = "—" if one.fatigue is None else f"{one.fatigue:.0%}"
        counts = [(code, said.get(code, 0)) for code, _label in answers()]
        found.append(RateLine(one, title(one.rule), counts, percent))
    return found


def title(rule: str) -> str:
    """What a reminder is called; its id for one that left the pack."""
    one = load().reminders.reminder(rule)
    return rule if one is None else one.en if _english() else one.zh


def answer_of(row: Row) -> str:
    """What became of one reminder."""
    return dict(answers()).get(row.reason_code, row.reason_code) if row.reason_code else _("没有答复")


def _english() -> bool:
    return (get_language() or "").startswith("en")
