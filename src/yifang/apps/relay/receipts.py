"""What a peer says of our batches, under its signature: which it has applied, which it misses, what it can take.

Only a signed receipt lets go of a batch. One that lies behind what we knew says that the peer was restored from a
backup: what it lost is built from the records again. One that lies before what we ever sent says that we were: a new
epoch begins, and the peer gives back what it has of what we lost.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max, Q

from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.relay import envelope, inbox, outbox
from yifang.apps.relay.models import Batch, Nonce, Outgoing, Peer, Shared
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, UserError

BELIEVED = timedelta(minutes=10)  # how far the clocks of two nodes may differ for a request
Head = envelope.Head


def check_request(peer: Peer, data: bytes) -> Head:
    """The receipt that a request begins with: signed, of now, and never shown before.

    Raises UserError `relay.signature`, NotAllowed `relay.clock` (with our time), `relay.replayed`.
    """
    head = envelope.read(data, inbox.ring_of(peer, data)).head
    at, now = _moment(head), clock.now()
    if abs(now - at) > BELIEVED:
        raise NotAllowed("relay.clock", minutes=round((at - now).total_seconds() / 60))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO relay_nonce (peer_id, nonce, at, receipt) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [peer.id, str(head.get("nonce"))[:32], now, data],
        )
        if not cursor.rowcount:
            raise NotAllowed("relay.replayed")
    return head


def take_in(peer_id: UUID) -> bool:
    """Believe the newest receipt that requests of the peer began with. Returns whether it let go of anything."""
    waiting = Nonce.objects.filter(peer_id=peer_id, receipt__isnull=False).order_by("-id")
    newest = waiting.first()
    if newest is None:
        return False
    stood = Peer.objects.filter(id=peer_id).values_list("out_epoch", "out_acked")
    before = stood.get()
    believe(peer_id, bytes(newest.receipt or b""))
    waiting.filter(id__lte=newest.id).update(receipt=None)
    return stood.get() != before


def believe(peer_id: UUID, data: bytes) -> list[int]:
    """Take a receipt in. Returns the numbers that the peer misses. Raises UserError where it is forged or broken."""
    with transaction.atomic():
        peer = Peer.objects.select_for_update().get(id=peer_id)
        inbox.learn_keys(peer, data)
        head = envelope.read(data, peer.keys).head
        count = head.get("count")
        if head.get("kind") != "receipt" or not isinstance(count, int) or count <= peer.believed:
            return []  # overtaken by a newer one
        epoch, applied = int(head.get("epoch", 0)), int(head.get("applied", 0))
        if _is_beyond_us(peer, epoch, applied, str(head.get("mark") or "")):
            _begin_anew(peer, epoch)
        else:
            reached = applied if epoch == peer.out_epoch else 0  # of this stream it has nothing yet
            ours = Batch.objects.filter(peer=peer, epoch=peer.out_epoch)
            if reached < peer.out_acked:  # it was restored: what it lost goes once more
                peer.out_stored = reached
                peer.told = ""  # and hears again what we have of its own
                ours.filter(number__gt=reached).update(sent_at=None, acked_at=None)
                append(Change("relay.peer_restored", "peer", peer.id, facts={"applied": reached}), NODE)
            peer.out_acked = reached
            peer.out_stored = max(peer.out_stored, reached)
            ours.filter(number__lte=reached, acked_at__isnull=True).update(acked_at=clock.now(), content=None)
        peer.believed, peer.heard_at = count, clock.now()
        peer.knows = str(head.get("knows", ""))[:16]
        peer.kinds = [str(one)[:20] for one in head.get("kinds", [])][:50]
        peer.release = str(head.get("release", ""))[:40]
        peer.waiting_there = min(int(head.get("waiting", 0)), 2_000_000_000)
        stream, known = head.get("stream"), head.get("known")
        if isinstance(stream, int) and isinstance(known, int) and stream > peer.given_back:
            peer.given_back = stream
            number = outbox.give_back(peer, stream, known)
            append(Change("relay.given_back", "peer", peer.id, facts={"epoch": stream, "subjects": number}), NODE)
        missing = [int(one) for one in head.get("missing", [])[:200]] if epoch == peer.out_epoch else []
        Batch.objects.filter(peer=peer, epoch=peer.out_epoch, number__in=missing).update(sent_at=None)
        peer.save()
    return missing


def _is_beyond_us(peer: Peer, epoch: int, applied: int, mark: str) -> bool:
    """Whether it has applied what we do not know to have sent: a later number, or one that said another thing."""
    if epoch != peer.out_epoch or applied > peer.out_number:
        return epoch >= peer.out_epoch
    ours = Batch.objects.filter(peer=peer, epoch=epoch, number=applied).values_list("mark", flat=True).first()
    return bool(ours and mark and ours != mark)


def _begin_anew(peer: Peer, epoch: int) -> None:
    """We know less of what we sent than the peer has applied: what still waits leaves in a new stream."""
    before = Outgoing.objects.filter(peer=peer, epoch=peer.out_epoch, batch__lte=peer.out_acked)
    peer.out_known = before.aggregate(last=Max("seq"))["last"] or 0
    peer.out_epoch = max(epoch + 1, int(time.time()))
    again = Outgoing.objects.filter(peer=peer).filter(Q(batch__gt=peer.out_acked) | Q(batch=None))
    Shared.objects.filter(peer=peer, subject__in=again.values("subject")).update(sent_epoch=peer.out_epoch)
    again.update(batch=None, epoch=None)
    Batch.objects.filter(peer=peer, acked_at__isnull=True).delete()
    peer.out_number = peer.out_acked = peer.out_stored = 0
    append(Change("relay.begun_anew", "peer", peer.id, facts={"epoch": peer.out_epoch}), NODE)


def forget() -> None:
    """Nonces older than the time in which a request would be believed."""
    Nonce.objects.filter(at__lt=clock.now() - 3 * BELIEVED).delete()


def _moment(head: Head) -> datetime:
    try:
        at = datetime.fromisoformat(str(head.get("at")))
    except ValueError:
        raise UserError("relay.broken", reason="at") from None
    if at.tzinfo is None:
        raise UserError("relay.broken", reason="at")
    return at
