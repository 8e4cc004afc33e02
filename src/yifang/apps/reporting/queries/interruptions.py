"""What a doctor may be interrupted about now, and how often interruptions were worth it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting.models import Interruption, InterruptionState, Suspicion, SuspicionState
from yifang.apps.reporting.queries.suspicions import WAITING
from yifang.kernel import clock

_STATES = tuple(one.value for one in SuspicionState)


@dataclass(frozen=True, slots=True)
class Due:
    """An interruption whose moment has come, and the questions it asks, the most pressing first."""

    interruption: Interruption
    suspicions: tuple[Suspicion, ...]


@dataclass(frozen=True, slots=True)
class Yield:
    """Interruptions of some days by what they ended in; `card` and `dismissed` may both be 0 while all wait."""

    made: int
    shown: int
    card: int
    dismissed: int
    withdrawn: int
    waiting: int

    @property
    def share(self) -> float | None:
        """Cards among those that ended; None while none has."""
        ended = self.card + self.dismissed + self.withdrawn
        return self.card / ended if ended else None


def due_for(
    viewer: Viewer, *, person: UUID | None = None, suspicions: Collection[UUID] | None = None, limit: int = 20
) -> list[Due]:
    """What may interrupt the viewer now: of one person or among given suspicions, or all that is due.

    Empty when the question was shown once, answered, or its visit has neither a saved diagnosis nor an end yet.
    """
    viewer.check("suspicion.answer")
    rows = Interruption.objects.filter(organisation_id=viewer.organisation_id, state=InterruptionState.DUE)
    if person is not None:
        rows = rows.filter(person_id=person)
    if suspicions is not None:
        rows = rows.filter(suspicions__in=list(suspicions))
    found = list(rows.distinct().select_related("lead").order_by("due_at", "id")[:limit])
    asked: dict[UUID | None, list[Suspicion]] = {}
    for one in Suspicion.objects.filter(interruption__in=found, state__in=WAITING).order_by("due_at", "id"):
        asked.setdefault(one.interruption_id, []).append(one)
    return [Due(one, tuple(asked[one.id])) for one in found if one.id in asked]


def made(viewer: Viewer, first: date, last: date) -> QuerySet[Interruption]:
    """The interruptions of the viewer's hospital in these days, newest first."""
    viewer.check("card.review")
    rows = Interruption.objects.filter(organisation_id=viewer.organisation_id)
    since = datetime.combine(first, time.min, clock.CHINA)
    until = datetime.combine(last + timedelta(days=1), time.min, clock.CHINA)
    return rows.filter(due_at__gte=since, due_at__lt=until).order_by("-due_at", "id")


def yield_of(rows: QuerySet[Interruption]) -> Yield:
    """What these interruptions ended in: a card for one of the questions is worth the interruption."""
    flags = rows.annotate(**{state: _some(state) for state in _STATES}).values(*_STATES)
    states = [{state for state in _STATES if one[state]} for one in flags]
    card = sum(SuspicionState.REPORTED in one for one in states)
    rest = [one for one in states if SuspicionState.REPORTED not in one]
    waiting = sum(bool(one.intersection(WAITING)) for one in rest)
    dismissed = sum(SuspicionState.DISMISSED in one and not one.intersection(WAITING) for one in rest)
    return Yield(
        made=len(states),
        shown=rows.filter(state=InterruptionState.SHOWN).count(),
        card=card,
        dismissed=dismissed,
        withdrawn=len(rest) - waiting - dismissed,
        waiting=waiting,
    )


def _some(state: str) -> Exists:
    return Exists(Suspicion.objects.filter(interruption=OuterRef("pk"), state=state))
