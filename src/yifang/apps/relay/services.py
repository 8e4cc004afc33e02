"""What people do about a link on its page: note that they have looked at what both nodes changed."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import Change, append
from yifang.apps.relay.models import Conflict
from yifang.kernel import clock
from yifang.kernel.errors import NotFound


def see(conflict_id: UUID, viewer: Viewer) -> Conflict:
    """Note that somebody has looked; a second time changes nothing. Raises NotFound `relay.no_conflict`."""
    viewer.check("relay.view")
    viewer.check("card.view")
    with transaction.atomic():
        conflict = Conflict.objects.select_for_update().filter(id=conflict_id).first()
        if conflict is None:
            raise NotFound("relay.no_conflict")
        if conflict.seen_at is None:
            conflict.seen_at, conflict.seen_by = clock.now(), viewer.user_id
            conflict.save(update_fields=["seen_at", "seen_by"])
            append(Change("relay.conflict_seen", "card", conflict.subject, facts={"conflict": conflict.id}), viewer)
    return conflict
