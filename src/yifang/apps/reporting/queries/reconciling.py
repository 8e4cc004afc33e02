"""Reconciliations with the national system's export: one's own, newest first, and one of them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting.models import Card, Reconciliation
from yifang.kernel.errors import NotFound


def reconciliations(viewer: Viewer, limit: int = 20) -> list[Reconciliation]:
    """The viewer's own, without their lines."""
    viewer.check("card.enter")
    rows = Reconciliation.objects.filter(made_by_id=viewer.user_id).defer("lines")
    return list(rows.order_by("-made_at")[:limit])


def reconciliation(reconciliation_id: UUID, viewer: Viewer) -> Reconciliation:
    """One of the viewer's own. Raises NotFound `reporting.no_reconciliation`."""
    viewer.check("card.enter")
    found = Reconciliation.objects.filter(id=reconciliation_id, made_by_id=viewer.user_id).first()
    if found is None:
        raise NotFound("reporting.no_reconciliation")
    return found


def cards_by_id(ids: Collection[UUID]) -> dict[UUID, Card]:
    """Those of the cards that the viewer sees."""
    return Card.objects.select_related("organisation", "doctor", "person").in_bulk(list(ids))
