"""First-diagnosis responsibility (首诊负责): how long from the first evidence to the report, by department and doctor.

For the hospital's own desk alone: nobody else learns a doctor's name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting.models import Suspicion, SuspicionState
from yifang.kernel import clock

_DAYS = 90


@dataclass(frozen=True, slots=True)
class First:
    """Of one department and doctor: so many reported, the median hours it took, how many beyond the limit."""

    department: str
    doctor: str
    doctor_id: int | None
    reported: int
    hours: float
    late: int


def first_to_report(viewer: Viewer, days: int = _DAYS) -> Sequence[First]:
    """Each doctor who reported within the days, the slowest first."""
    rows = _rows(viewer, days)
    found: dict[tuple[str, int | None, str], list[Suspicion]] = defaultdict(list)
    for one in rows:
        found[one.department, one.clinician_id, str(one.clinician or "—")].append(one)
    told = [
        First(
            department, name, doctor, len(ones), round(median(_hours(one) for one in ones), 1),
            sum(one.answered_at > one.due_at for one in ones),
        )
        for (department, doctor, name), ones in found.items()
    ]  # fmt: skip
    return sorted(told, key=lambda one: (-one.hours, one.department, one.doctor))


def first_rows(viewer: Viewer, department: str, doctor: int | None, days: int = _DAYS) -> list[Suspicion]:
    """The suspicions behind a line, the latest report first."""
    rows = _rows(viewer, days).filter(department=department, clinician_id=doctor)
    return list(rows.select_related("person").order_by("-answered_at")[:200])


def _rows(viewer: Viewer, days: int):
    viewer.check("card.review")
    since: datetime = clock.now() - timedelta(days=days)
    return Suspicion.objects.filter(
        organisation_id=viewer.organisation_id, state=SuspicionState.REPORTED, answered_at__gte=since
    ).select_related("clinician")


def _hours(one: Suspicion) -> float:
    return max(0.0, (one.answered_at - one.evidence_at).total_seconds() / 3600)
