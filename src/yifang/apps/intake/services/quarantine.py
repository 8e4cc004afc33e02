"""What a person does about an item that could not be read: look at its bytes, mend, replay, discard or reopen it.

The web asks, the jobs process reads again: what a page may write is the mend, never a record. Original bytes stay.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app as queue

from yifang import formats
from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.words import both
from yifang.apps.intake.models import TRANSITIONS, Batch, Quarantined, QuarantineState
from yifang.apps.intake.services import days
from yifang.apps.intake.services.batches import context, receive_items
from yifang.apps.intake.services.mappings import mapping_of
from yifang.apps.ledger.services import NODE, Actor, Change, append, looked
from yifang.formats.canonical import Refusal
from yifang.kernel import clock
from yifang.kernel.errors import NotFound, UserError, WrongState

REPLAY_TASK = "yifang.apps.intake.jobs.replay"
LARGEST_MEND = 2_000_000  # bytes


def open_original(item_id: UUID, viewer: Viewer) -> tuple[Quarantined, bytes]:
    """The item and the bytes as they stand (the mend, else the original), with an entry in the access stream."""
    viewer.check("quarantine.view")
    with transaction.atomic():
        item = _seen(item_id)
        looked("quarantine.opened", "quarantine", item.id, viewer)
    return item, bytes_of(item)


def mend(item_id: UUID, data: bytes | None, viewer: Viewer) -> Quarantined:
    """Keep the mended bytes beside the original and have them read again; None: read the bytes as they stand again.

    Raises UserError `intake.mend_too_large` above `LARGEST_MEND`, WrongState where the item no longer waits.
    """
    viewer.check("quarantine.mend")
    with transaction.atomic():
        item = _seen(item_id, lock=True)
        if data is not None and len(data) > LARGEST_MEND:
            raise UserError("intake.mend_too_large", size=len(data), most=LARGEST_MEND)
        if item.state != QuarantineState.OPEN:
            raise WrongState("intake.not_open", state=both(QuarantineState(item.state).label))
        digest = ""
        if data is not None:
            digest = sealing().digest("intake.mended", data)
            item.mended = sealing().seal(data, context(item.id))
        item.answered_by_id, item.answered_at = viewer.user_id, clock.now()
        item.save(update_fields=["mended", "answered_by", "answered_at"])
        _say("intake.mended", item, viewer, fields=["mended"] if data is not None else [], digest=digest)
        queue.configure_task(REPLAY_TASK).defer(item=str(item.id))
    return item


def discard(item_id: UUID, reason: str, viewer: Viewer) -> Quarantined:
    """Lay the item aside for a reason, which is required; its bytes stay. Raises UserError `intake.reason_needed`."""
    viewer.check("quarantine.mend")
    _seen(item_id)  # whoever may not is refused before the form is judged
    if not reason.strip():
        raise UserError("intake.reason_needed")
    return _answer(item_id, QuarantineState.DISCARDED, reason.strip()[:300], viewer, "intake.discarded")


def reopen(item_id: UUID, viewer: Viewer) -> Quarantined:
    """Take a discarded item up again."""
    return _answer(item_id, QuarantineState.OPEN, "", viewer, "intake.reopened")


def replay(item_id: UUID, by: Actor = NODE) -> Quarantined:
    """Read the item again and store what it holds, or keep it open with the new reason. Repeating it does nothing.

    Runs as jobs. All or nothing: a mend of which one part still cannot be read stores no part.
    """
    with transaction.atomic():
        rows = Quarantined.objects.select_for_update(of=("self",)).select_related("batch__feed__organisation")
        item = rows.get(id=item_id)
        if item.state != QuarantineState.OPEN:
            return item
        items = list(formats.read((item.batch.name, bytes_of(item)), mapping_of(item.batch.feed)))
        refusal = next((one.refusal for one in items if one.refusal is not None), None)
        if refusal is None and not any(one.holds for one in items):
            refusal = Refusal("intake.nothing_read")
        if refusal is None:
            received, refusals = receive_items(items, item.batch, by, whole=True)
            refusal = refusals[0][1] if refusals else None
        if refusal is not None:
            item.code, item.params, item.place = refusal.code, dict(refusal.params), refusal.place[:200]
            item.save(update_fields=["code", "params", "place"])
            _say("intake.replay_refused", item, by, facts={"code": refusal.code})
            return item
        days.count(item.batch.feed, [record for one in items for record in one.records], received)
        item.state = QuarantineState.REPLAYED
        item.save(update_fields=["state"])
        batch = Batch.objects.select_for_update().get(id=item.batch_id)
        batch.records += len(received.stored)
        batch.repeats += received.repeats
        batch.save(update_fields=["records", "repeats"])
        _say("intake.replayed", item, by, facts={"records": received.stored})
    return item


def bytes_of(item: Quarantined) -> bytes:
    """The bytes as they stand: the mend, else the original."""
    return sealing().open(item.mended if item.mended is not None else item.sealed, context(item.id))


def _answer(item_id: UUID, state: QuarantineState, note: str, viewer: Viewer, kind: str) -> Quarantined:
    viewer.check("quarantine.mend")
    with transaction.atomic():
        item = _seen(item_id, lock=True)
        if state not in TRANSITIONS[QuarantineState(item.state)]:
            raise WrongState("intake.not_open", state=both(QuarantineState(item.state).label))
        item.state, item.note = state, note
        item.answered_by_id, item.answered_at = viewer.user_id, clock.now()
        item.save(update_fields=["state", "note", "answered_by", "answered_at"])
        _say(kind, item, viewer, fields=["state", "note"])
    return item


def _seen(item_id: UUID, *, lock: bool = False) -> Quarantined:
    rows = Quarantined.objects.select_related("batch__feed", "organisation")
    item = (rows.select_for_update(of=("self",)) if lock else rows).filter(id=item_id).first()
    if item is None:
        raise NotFound("intake.no_item")
    return item


def _say(
    kind: str,
    item: Quarantined,
    by: Actor,
    *,
    fields: Sequence[str] = (),
    facts: Mapping[str, Any] = MappingProxyType({}),
    digest: str = "",
) -> None:
    change = Change(
        kind, "quarantine", item.id, fields=fields, facts={"batch": item.batch_id, "feed": item.batch.feed_id, **facts},
        scopes=[item.organisation.scope], digest=digest,
    )  # fmt: skip
    append(change, by)
