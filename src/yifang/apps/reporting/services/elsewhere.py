"""The national system or its front-end has it already: ours falls silent and only tracks. Gone there, it asks again."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from yifang.apps.ledger.services import Actor, Change, append
from yifang.apps.reporting import desks, interrupting, visible
from yifang.apps.reporting.models import SUSPICION_TRANSITIONS, Suspicion, SuspicionState


def track(suspicions: Iterable[UUID], by: Actor) -> int:
    """Ask nobody any more about these: the card is drafted or entered elsewhere. Returns how many fell silent."""
    return _move(suspicions, SuspicionState.TRACKED, "tracked", (SuspicionState.OPEN, SuspicionState.CONSULTING), by)


def release(suspicions: Iterable[UUID], by: Actor) -> int:
    """What was drafted elsewhere was taken back there: it waits for its doctor again."""
    return _move(suspicions, SuspicionState.OPEN, "released", (SuspicionState.TRACKED,), by)


def _move(
    suspicions: Iterable[UUID], to: SuspicionState, what: str, before: tuple[SuspicionState, ...], by: Actor
) -> int:
    with transaction.atomic():
        rows = Suspicion.objects.select_for_update().filter(id__in=list(suspicions), state__in=before)
        moved = [one for one in rows if to in SUSPICION_TRANSITIONS[SuspicionState(one.state)]]
        for one in moved:
            one.state = to
            one.save(update_fields=["state"])
            desks.follow_suspicion(one, by)
        interrupting.follow(moved, by)
        changes = [
            Change(
                f"reporting.suspicion_{what}", "suspicion", one.id, facts={"state": to},
                scopes=list(visible.of_suspicion(one)),
            )
            for one in moved
        ]  # fmt: skip
        if changes:
            append(changes, by)
    return len(moved)
