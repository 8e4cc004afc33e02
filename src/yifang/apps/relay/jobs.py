"""The loop of the relay: for each peer in turn, apply what came, make and send what waits, say what was applied."""

from __future__ import annotations

import threading
import time

import structlog
from django.db import DatabaseError, connection, transaction

from yifang.apps.relay import inbox, outbox, receipts
from yifang.apps.relay.keys import node_keys
from yifang.apps.relay.models import Peer, PeerState, Side, Transport, Waiting
from yifang.apps.relay.transport import folder, https
from yifang.kernel import clock
from yifang.kernel.errors import YifangError, place_of

log = structlog.get_logger(__name__)
_QUIET, _TIDY = 1.0, 600.0  # seconds
_AT_ONCE = 20  # batches applied before the other work of a turn


def relay(stop: threading.Event) -> None:
    """Run until `stop`. A peer that fails does not hold up the others."""
    tidied = time.monotonic()
    while not stop.is_set():
        moved = False
        for peer in Peer.objects.filter(state=PeerState.ACTIVE):
            moved |= turn(peer)
        if time.monotonic() - tidied > _TIDY:
            outbox.forget()
            inbox.forget()
            receipts.forget()
            tidied = time.monotonic()
        if not moved:
            stop.wait(_QUIET)


def turn(peer: Peer, send: https.Post = https.post) -> bool:
    """Everything there is to do with one peer, once. Returns whether anything was done."""
    try:
        return _turn(peer, send)
    except OSError as error:
        _note(peer, "relay.folder", {"reason": error.strerror or type(error).__name__})
    except YifangError as error:
        _note(peer, error.code, error.params)
    except DatabaseError:
        if not connection.is_usable():
            raise
        log.exception("the relay failed", peer=peer.node)
    except Exception as error:
        log.exception("the relay failed", peer=peer.node)
        _note(peer, "relay.failed", {"reason": place_of(error)[:120]})
    return False


def _turn(peer: Peer, send: https.Post) -> bool:
    moved = receipts.take_in(peer.id)
    for _ in range(_AT_ONCE):
        if inbox.apply_next(peer.id) is None:
            break
        moved = True
    moved |= bool(inbox.retry_waiting(peer.id))
    tell(peer)
    peer.refresh_from_db()
    if peer.transport == Transport.FOLDER:
        moved |= folder.step(peer)
        outbox.works_again(peer)
        return moved
    if peer.side == Side.UP:
        return https.exchange(peer, send) or moved
    moved |= outbox.build_again(peer)
    while outbox.make_batch(peer.id):
        moved = True
    return moved


def tell(peer: Peer) -> None:
    """Write our receipt for a peer anew where it would say something else than the last."""
    with transaction.atomic():
        now = Peer.objects.select_for_update().get(id=peer.id)
        _, _, missing, held = inbox.stored(now)
        waiting = Waiting.objects.filter(peer=now).count()
        known = f"{node_keys().newest.id}.{now.keys[-1]['id']}.{now.knows}"
        says = f"{now.in_epoch}.{now.in_number}.{now.in_mark}.{now.out_epoch}.{missing}.{held}.{waiting}.{known}"
        if now.receipt and now.told == says:
            return
        now.receipt, now.told = inbox.receipt(now), says[:1000]
        now.save(update_fields=["receipt", "told"])
    if now.transport == Transport.FOLDER:
        try:
            folder.write_receipt(now)
        except OSError:
            Peer.objects.filter(id=peer.id).update(told="")  # said once there is room again
            raise


def _note(peer: Peer, code: str, params: dict[str, object]) -> None:
    kept = {name: value for name, value in params.items() if isinstance(value, str | int | float)}
    Peer.objects.filter(id=peer.id).update(
        error=code[:40], error_params=kept, error_since=peer.error_since or clock.now(), attempts=peer.attempts + 1
    )
