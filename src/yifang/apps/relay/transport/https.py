"""HTTPS: the lower node asks, the upper one answers; both directions go through the same request.

A request is our receipt, fresh and used once, and at most one batch. The answer is a frame: what the other side has
(where to go on), its newest receipt, and its batches for us. `exchange` is one turn; it is repeated while it brings
anything. What fails is tried again later and later; a clock that differs is measured and allowed for.
Certificates are believed that the machine believes, and those of authorities in `relay-ca.pem` in the data folder.
"""

from __future__ import annotations

import json
import ssl
import struct
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import httpx
from django.conf import settings
from django.db import transaction

from yifang.apps.relay import envelope, inbox, outbox, receipts
from yifang.apps.relay.models import Batch, Peer, PeerState
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, UserError, YifangError

PATH = "/api/v1/relay"
KIND = "application/vnd.yifang.relay"
AUTHORITIES = "relay-ca.pem"  # in the data folder
MOST_DOWN = 4 * 1024 * 1024  # bytes of batches in one answer; one larger batch goes alone
BUSY_SECONDS = 2
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=1), timedelta(minutes=5)
_HEAD = struct.Struct(">I")
Json = dict[str, Any]


class Post(Protocol):
    """How a request leaves: url and body in, status and body out. Raises OSError or httpx.HTTPError."""

    def __call__(self, url: str, body: bytes) -> tuple[int, bytes]: ...


def frame(*parts: bytes) -> bytes:
    """Parts as they go over the wire, each with its length."""
    return b"".join(_HEAD.pack(len(part)) + part for part in parts)


def parts_of(data: bytes) -> list[bytes]:
    """The parts of a frame. Raises UserError `relay.broken`."""
    found, place = [], 0
    while place < len(data):
        if place + 4 > len(data):
            raise UserError("relay.broken", reason="frame")
        (length,) = _HEAD.unpack(data[place : place + 4])
        place += 4
        if place + length > len(data):
            raise UserError("relay.broken", reason="frame")
        found.append(data[place : place + length])
        place += length
    return found


def post(url: str, body: bytes) -> tuple[int, bytes]:
    """Send a request."""
    own = settings.YIFANG.data / AUTHORITIES
    trust = _trust(own, own.stat().st_mtime_ns if own.exists() else 0)
    answer = httpx.post(
        url, content=body, headers={"Content-Type": KIND}, timeout=httpx.Timeout(60, connect=10), verify=trust
    )
    return answer.status_code, answer.content


@lru_cache(maxsize=4)
def _trust(own: Path, written: int) -> ssl.SSLContext:
    """Whose certificates are believed; `written` tells a changed file. Raises OSError where it holds no certificate."""
    context = httpx.create_ssl_context()  # the list that comes with the program: a small machine has none
    context.load_default_certs()
    if written:
        context.load_verify_locations(own)
    return context


# -- the side that asks


def exchange(peer: Peer, send: Post = post) -> bool:
    """One turn with an upper node. Returns whether it brought anything on; what went wrong is noted on the peer."""
    peer.refresh_from_db()
    if peer.state != PeerState.ACTIVE or (peer.next_try_at and peer.next_try_at > clock.now()):
        return False
    batch = _next_batch(peer)
    with clock.frozen(clock.now() + timedelta(seconds=peer.clock_offset)):
        ours = inbox.receipt(peer)
    body = frame(ours, *([outbox.made_anew(batch)] if batch else []))
    try:
        status, content = send(f"{peer.url.rstrip('/')}{PATH}", body)
    except (OSError, httpx.HTTPError) as error:
        wrong = next((one for one in _causes(error) if isinstance(one, ssl.SSLError)), None)
        if wrong is not None:
            reason = getattr(wrong, "verify_message", "") or wrong.reason or "TLS"
            return _failed(peer, "relay.certificate", {"reason": reason, "file": AUTHORITIES})
        return _failed(peer, "relay.unreachable", {"reason": type(error).__name__})
    if status != 200:
        return _refused(peer, status, content)
    try:
        told, *rest = parts_of(content)
        state = json.loads(told)
        epoch, has = int(state["epoch"]), int(state["has"])
    except (YifangError, ValueError, KeyError, TypeError):
        return _failed(peer, "relay.no_answer", {"status": status})
    moved = _sent(peer, batch, epoch, has)
    try:
        for data in rest:
            moved |= _heard(peer, data)
    except YifangError as error:
        return _failed(peer, error.code, error.params)
    Peer.objects.filter(id=peer.id).update(attempts=0, next_try_at=None, heard_at=clock.now())
    outbox.works_again(peer)
    return moved


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _next_batch(peer: Peer) -> Batch | None:
    """The oldest batch that the other side has not; made now where there is none."""
    waiting = Batch.objects.filter(peer=peer, epoch=peer.out_epoch, number__gt=peer.out_stored).order_by("number")
    return waiting.first() or outbox.make_batch(peer.id)


def _sent(peer: Peer, batch: Batch | None, epoch: int, has: int) -> bool:
    with transaction.atomic():
        now = Peer.objects.select_for_update().get(id=peer.id)
        if batch is not None:
            Batch.objects.filter(id=batch.id).update(sent_at=clock.now(), times=batch.times + 1)
            now.sent_at = clock.now()
        before = now.out_stored
        if epoch == now.out_epoch:
            now.out_stored = min(has, now.out_number)
        elif epoch < now.out_epoch:
            now.out_stored = 0
        now.save(update_fields=["sent_at", "out_stored"])
    return now.out_stored > before


def _heard(peer: Peer, data: bytes) -> bool:
    """A receipt or a batch of the answer."""
    if envelope.head_of(data).get("kind") == "receipt":
        before = peer.believed
        receipts.believe(peer.id, data)
        peer.refresh_from_db()
        return peer.believed != before
    return inbox.arrive(peer, data)


def _refused(peer: Peer, status: int, content: bytes) -> bool:
    try:
        told = json.loads(content)
        code, params = str(told["code"])[:40], dict(told.get("params", {}))
    except (ValueError, KeyError, TypeError):
        return _failed(peer, "relay.no_answer", {"status": status})
    if code == "relay.clock":
        there = datetime.fromisoformat(told["now"])
        offset = (there - clock.now()).total_seconds()
        Peer.objects.filter(id=peer.id).update(clock_offset=offset)
        params = {"minutes": round(-offset / 60)}
    if code == "relay.busy":
        later = clock.now() + timedelta(seconds=min(float(told.get("seconds", BUSY_SECONDS)), 60))
        Peer.objects.filter(id=peer.id).update(next_try_at=later, heard_at=clock.now())
        return False
    return _failed(peer, code, params)


def _failed(peer: Peer, code: str, params: Json) -> bool:
    wait = min(_FIRST_WAIT * 2 ** min(peer.attempts, 10), _LONGEST_WAIT)
    Peer.objects.filter(id=peer.id).update(
        error=code[:40], error_params=params, error_since=peer.error_since or clock.now(), attempts=peer.attempts + 1,
        next_try_at=clock.now() + wait,
    )  # fmt: skip
    return False


# -- the side that answers


class Busy(Exception):
    """Too much waits to be applied: come back later."""


def answer(body: bytes) -> bytes:
    """What a lower node asks: store its batch, say how far we have its stream, hand over what waits for it.

    Raises YifangError (nothing was taken), Busy.
    """
    try:
        ours, *batches = parts_of(body)
    except ValueError:
        raise UserError("relay.broken", reason="frame") from None
    peer = inbox.sender_of(ours)
    if peer.state != PeerState.ACTIVE:
        raise NotAllowed("relay.paused")
    head = receipts.check_request(peer, ours)
    _, _, _, waiting = inbox.stored(peer)
    if batches and waiting >= inbox.FULL:
        raise Busy
    for data in batches[:1]:
        inbox.arrive(peer, data)
    epoch, has, missing, _ = inbox.stored(peer)
    told = json.dumps({"epoch": epoch, "has": has, "missing": missing}).encode()
    receipt = [bytes(peer.receipt)] if peer.receipt else []
    return frame(told, *receipt, *_down(peer, head))


def _down(peer: Peer, head: envelope.Head) -> list[bytes]:
    """Our batches that the asking node has not: its own receipt says what it applied."""
    applied = int(head.get("applied", 0)) if head.get("epoch") == peer.out_epoch else 0
    rows = Batch.objects.filter(peer=peer, epoch=peer.out_epoch, number__gt=applied, content__isnull=False)
    found: list[bytes] = []
    for row in rows.order_by("number")[:16]:
        content = bytes(row.content or b"")
        if found and sum(map(len, found)) + len(content) > MOST_DOWN:
            break
        found.append(content)
    return found
