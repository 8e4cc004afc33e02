"""How each department of a hospital answers its suspicions this month: numbers, denominators, and their rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from django.db.models import Count, Q, QuerySet

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting.models import Suspicion, SuspicionState
from yifang.apps.reporting.queries.clinic import newest
from yifang.apps.reporting.queries.suspicions import WAITING
from yifang.apps.reporting.queries.walking import Key
from yifang.kernel import clock

WHICH = ("found", "reported", "dismissed", "waiting", "overdue")


@dataclass(frozen=True, slots=True)
class Answers:
    """One department: of `found` suspicions (not withdrawn, not of a trial) so many were reported, dismissed, left."""

    department: str
    found: int
    reported: int
    dismissed: int
    waiting: int
    overdue: int


def this_month(viewer: Viewer) -> Sequence[Answers]:
    """Departments by what is overdue, then by name. Counts what the viewer sees, by the day of the evidence."""
    numbers = {which: Count("id", filter=_which(which)) for which in WHICH}
    rows = _rows(viewer).values("department").annotate(**numbers)
    return sorted((Answers(**row) for row in rows), key=lambda one: (-one.overdue, one.department))


def of_department(
    viewer: Viewer, department: str, which: str, *, key: Key | None = None, backwards: bool = False, limit: int = 50
) -> list[Suspicion]:
    """The suspicions behind one of the numbers, newest first by the time they were found."""
    viewer.check("suspicion.list")
    rows = _rows(viewer).filter(_which(which), department=department).select_related("person")
    return newest(rows, "found_at", key=key, backwards=backwards, limit=limit)


def _rows(viewer: Viewer) -> QuerySet[Suspicion]:
    since = datetime.combine(clock.today().replace(day=1), time(), tzinfo=clock.CHINA)
    rows = Suspicion.objects.filter(organisation_id=viewer.organisation_id, evidence_at__gte=since)
    return rows.exclude(state__in=(SuspicionState.WITHDRAWN, SuspicionState.TRIAL))


def _which(which: str) -> Q:
    waiting = Q(state__in=WAITING)
    return {
        "found": Q(id__isnull=False),
        "reported": Q(state=SuspicionState.REPORTED),
        "dismissed": Q(state=SuspicionState.DISMISSED),
        "waiting": waiting,
        "overdue": waiting & Q(due_at__lt=clock.now()),
    }[which]
