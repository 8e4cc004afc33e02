"""Suspicions for the clinician and the hospital's desk: what waits, and one with its evidence in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import looked
from yifang.apps.records.models import Record
from yifang.apps.reporting.identifying import evidence_from_json
from yifang.apps.reporting.models import GONE, Card, Suspicion, SuspicionState
from yifang.apps.reporting.queries.walking import Key, along
from yifang.identify import Evidence
from yifang.kernel.errors import NotFound

WAITING = (SuspicionState.OPEN, SuspicionState.CONSULTING)


@dataclass(frozen=True, slots=True)
class Shown:
    """One piece of evidence and the record it comes from, None where the viewer may not see that record."""

    evidence: Evidence
    record: Record | None


@dataclass(frozen=True, slots=True)
class SuspicionDetail:
    """A suspicion, why it was raised, its card if there is one, and further suspicions about the person."""

    suspicion: Suspicion
    evidence: Sequence[Shown]
    card: Card | None
    others: Sequence[Suspicion]


def waiting(viewer: Viewer) -> QuerySet[Suspicion]:
    """The open questions of the viewer's hospital that the viewer may see; few at any time."""
    rows = Suspicion.objects.filter(organisation_id=viewer.organisation_id, state__in=WAITING)
    return rows.select_related("person", "clinician")


def suspicion_list(
    viewer: Viewer, *, disease: str = "", key: Key | None = None, backwards: bool = False, limit: int = 50
) -> list[Suspicion]:
    """What waits for an answer, by the time it is due: `key` is (due_at, id)."""
    viewer.check("suspicion.list")
    rows = waiting(viewer)
    if disease:
        rows = rows.filter(disease=disease)
    return along(rows, "due_at", key=key, backwards=backwards, limit=limit)


def suspicion(suspicion_id: UUID, viewer: Viewer) -> SuspicionDetail:
    """One suspicion; leaves an access entry that names the records read with it.

    Raises NotAllowed, NotFound `reporting.no_suspicion`.
    """
    viewer.check("suspicion.list")
    rows = Suspicion.objects.select_related("person", "clinician", "organisation", "record", "answered_by")
    one = rows.filter(id=suspicion_id).first()
    if one is None:
        raise NotFound("reporting.no_suspicion")
    records = Record.objects.in_bulk([UUID(item["record"]) for item in one.evidence])
    looked("suspicion.viewed", "suspicion", suspicion_id, viewer, records=sorted(map(str, records)))
    shown = [Shown(evidence_from_json(item), records.get(UUID(item["record"]))) for item in one.evidence]
    card = Card.objects.filter(suspicion=one).exclude(state__in=GONE).order_by("created_at").first()
    others = Suspicion.objects.filter(person_id=one.person_id).exclude(id=one.id).order_by("-evidence_at")
    return SuspicionDetail(one, shown, card, list(others[:20]))
