"""A reminder to correct a card is answered without a correction: the class stays, with a reason."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import Change, append
from yifang.apps.reporting import visible
from yifang.apps.reporting.followups import KIND
from yifang.apps.reporting.models import Card
from yifang.apps.work import services as work
from yifang.kernel.errors import NotAllowed, NotFound, UserError


def keep(card_id: UUID, viewer: Viewer, *, reason: str) -> None:
    """The card stays as it is. Raises NotFound, NotAllowed, UserError `reporting.keep_reason` without a reason."""
    viewer.check("card.report")
    with transaction.atomic():
        card = Card.objects.filter(id=card_id).first()
        if card is None:
            raise NotFound("reporting.no_card")
        if card.organisation_id != viewer.organisation_id:
            raise NotAllowed("reporting.not_your_card")
        if not reason.strip():
            raise UserError("reporting.keep_reason")
        work.end(KIND, card.id, viewer, outcome="kept", proof=reason.strip()[:300])
        append(Change("reporting.card_class_kept", "card", card.id, scopes=list(visible.of_card(card))), viewer)
