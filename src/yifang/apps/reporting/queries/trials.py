"""What a quiet trial would have done: what it found, whom it would have interrupted, what was entered anyway."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from yifang import identify
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.places.models import Organisation, OrganisationKind
from yifang.apps.reporting import interrupting
from yifang.apps.reporting.models import NationalCard, QuietTrial, Suspicion, SuspicionState
from yifang.apps.reporting.rulebook import in_force
from yifang.identify import Reported
from yifang.kernel import clock

BY = ("day", "disease", "department", "rule")


@dataclass(frozen=True, slots=True)
class TrialReport:
    """`entered` are cards that the hospital entered in the national system within the trial; `met` those of them that a
    suspicion would have asked for; `missed` those that none would; `extra` suspicions for which nobody entered one.

    `doctor_days` is on how many days a doctor would have been interrupted at least once. None: no export is known.
    """

    trial: QuietTrial
    found: int
    counts: Mapping[str, Sequence[tuple[str, int]]]  # by each of `BY`, the most first, days in order
    interruptions: int
    doctor_days: int
    most_a_day: int
    doctors: int
    entered: int | None
    met: int
    missed: Sequence[NationalCard]
    extra: int

    @property
    def a_doctor_day(self) -> float | None:
        """Interruptions for each day on which a doctor had any."""
        return self.interruptions / self.doctor_days if self.doctor_days else None


def trials(viewer: Viewer) -> list[QuietTrial]:
    """The trials of the viewer's hospital, the latest first."""
    viewer.check("card.review")
    return list(QuietTrial.objects.filter(organisation_id=viewer.organisation_id).order_by("-since"))


def latest_trials(viewer: Viewer) -> list[tuple[Organisation, QuietTrial | None]]:
    """Every hospital of the node with its latest trial, those that try now first. For the node's administrator."""
    viewer.check("trial.manage")
    latest = {one.organisation_id: one for one in QuietTrial.objects.order_by("since")}
    hospitals = Organisation.objects.filter(kind=OrganisationKind.HOSPITAL, active=True).order_by("code")
    found = [(hospital, latest.get(hospital.id)) for hospital in hospitals]
    return sorted(found, key=lambda one: (one[1] is None or not one[1].runs_at(clock.now()), one[1] is None))


def trial_report(viewer: Viewer, trial: QuietTrial) -> TrialReport:
    """What the trial of the viewer's hospital would have done so far."""
    viewer.check("card.review")
    rows = list(_rows(viewer, trial).select_related("record", "clinician"))
    counts = {
        "day": sorted(Counter(_day(one.found_at).isoformat() for one in rows).items()),
        "disease": Counter(one.disease for one in rows).most_common(),
        "department": Counter(one.department for one in rows).most_common(),
        "rule": Counter(one.rule for one in rows).most_common(),
    }
    asked = _interrupted(rows)
    days = Counter((one.clinician_id or one.department, _day(one.found_at)) for one in asked)
    entered = _entered(viewer, trial)
    met, missed, extra = _compared(rows, entered)
    return TrialReport(
        trial, len(rows), counts, len(asked), len(days), max(days.values(), default=0),
        len({doctor for doctor, _ in days}), len(entered) if _is_known() else None, met, missed, extra,
    )  # fmt: skip


def trial_rows(viewer: Viewer, trial: QuietTrial, by: str = "", value: str = "") -> list[Suspicion]:
    """The suspicions behind a number of the report, the latest first; at most 500."""
    viewer.check("card.review")
    rows = _rows(viewer, trial).select_related("person", "clinician").order_by("-found_at")
    if by == "day":
        rows = rows.filter(found_at__date=value)
    elif by in BY:
        rows = rows.filter(**{by: value})
    return list(rows[:500])


def _rows(viewer: Viewer, trial: QuietTrial):
    """What was found in the trial: what waits as of it, and what was asked when it went live."""
    until = trial.ended_at or trial.until
    rows = Suspicion.objects.filter(
        organisation_id=viewer.organisation_id, found_at__gte=trial.since, found_at__lt=until
    )
    return rows.exclude(state=SuspicionState.WITHDRAWN)


def _interrupted(rows: Iterable[Suspicion]) -> list[Suspicion]:
    """Those that would have stopped a doctor: certain enough, of a visit, the first of the person's episode."""
    policy = in_force().triggers.interruption
    window = timedelta(days=policy.once_in_days)
    last: dict[UUID, datetime] = {}
    found = []
    for one in sorted(rows, key=lambda each: each.found_at):
        if one.record.kind != "encounter" or not interrupting.worth_it(one, policy):
            continue
        before = last.get(one.person_id)
        if before is None or one.found_at - before > window:
            last[one.person_id] = one.found_at
            found.append(one)
    return found


def _entered(viewer: Viewer, trial: QuietTrial) -> list[NationalCard]:
    since, until = trial.since.replace(second=0, microsecond=0), trial.ended_at or min(trial.until, clock.now())
    rows = NationalCard.objects.filter(  # their times are given to the minute
        organisation_id=viewer.organisation_id, stands=True, diagnosed_at__gte=since, diagnosed_at__lt=until
    )
    return list(rows.select_related("person").order_by("diagnosed_at"))


def _is_known() -> bool:
    return NationalCard.objects.exists()


def _compared(rows: Sequence[Suspicion], entered: Sequence[NationalCard]) -> tuple[int, list[NationalCard], int]:
    policy = identify.EpisodePolicy.of(in_force())
    matched: set[UUID] = set()
    missed = []
    for card in entered:
        known = Reported(card.disease, _day(card.diagnosed_at))
        same = {
            one.id
            for one in rows
            if one.person_id == card.person_id and policy.same_episode(one.disease, known, _day(one.evidence_at))
        }
        matched |= same
        if not same:
            missed.append(card)
    return len(entered) - len(missed), missed, len(rows) - len(matched)


def _day(at: datetime) -> date:
    return at.astimezone(clock.CHINA).date()
