"""Interrupting a doctor: it was shown, once; a hospital's own system says that a moment has come."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import append
from yifang.apps.reporting import interrupting
from yifang.apps.reporting.models import INTERRUPTION_TRANSITIONS, Interruption, InterruptionMoment, InterruptionState
from yifang.apps.reporting.queries.interruptions import due_for
from yifang.kernel import clock
from yifang.kernel.errors import NotFound

__all__ = ["at_moment", "due_for", "shown"]


def shown(interruption_id: UUID, viewer: Viewer, *, where: str) -> bool:
    """It is shown to the viewer now, in a `window` or a `cds` card. False when it was shown before: do not show it.

    Raises NotFound `reporting.no_interruption`, NotAllowed.
    """
    viewer.check("suspicion.answer")
    with transaction.atomic():
        rows = Interruption.objects.select_for_update(of=("self",)).select_related("lead")
        one = rows.filter(id=interruption_id).first()
        if one is None:
            raise NotFound("reporting.no_interruption")
        if InterruptionState.SHOWN not in INTERRUPTION_TRANSITIONS[InterruptionState(one.state)]:
            return False
        one.state, one.shown_at, one.shown_to_id, one.shown_in = (
            InterruptionState.SHOWN, clock.now(), viewer.user_id, where[:16],
        )  # fmt: skip
        one.save(update_fields=["state", "shown_at", "shown_to", "shown_in"])
        append(interrupting.changes([one], "shown"), viewer)
    return True


def at_moment(person: UUID, moment: InterruptionMoment, viewer: Viewer, *, visit: str = "") -> list[Interruption]:
    """The hospital's own system says that the viewer saved a diagnosis of the person or closes the visit now."""
    viewer.check("suspicion.answer")
    if viewer.organisation_id is None:
        return []
    with transaction.atomic():
        said = interrupting.Visit(person, viewer.organisation_id, moment, clock.today(), visit)
        return interrupting.at_moments([said], viewer)
