"""What comes from a peer: taken in as it is, applied in the order of its numbers, each batch in one transaction.

`arrive` only looks at the signature and stores; it may run in the web process. `apply_next` opens the next batch, hands
the entries to their kinds, and moves the peer's number: a batch that comes twice is known by its number, a killed
process leaves it unapplied. An entry that cannot be applied is set aside with its reason, and later ones of its subject
behind it; the others go on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError, connection, transaction

from yifang.apps.accounts.keys import sealing
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.relay import envelope, outbox
from yifang.apps.relay.keys import believed, node_keys
from yifang.apps.relay.models import Arrival, Batch, Peer, PeerState, Shared, Waiting
from yifang.kernel import clock, protocols
from yifang.kernel.errors import NotFound, UserError, place_of
from yifang.kernel.ids import new_id
from yifang.kernel.protocols import RelayEntry

log = structlog.get_logger(__name__)
FULL = 64  # batches of a peer that wait to be applied: it is asked to wait
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
_SUMMARY = timedelta(days=35)
Refused = tuple[RelayEntry, str, Mapping[str, Any]]
Json = dict[str, Any]


def sender_of(data: bytes) -> Peer:
    """The peer that an envelope says it is from, if it is for us. Raises NotFound `relay.no_peer`, UserError."""
    head = envelope.head_of(data)
    peer = Peer.objects.filter(node=str(head.get("from"))[:32]).first()
    if peer is None or head.get("to") != node_keys().node:
        raise NotFound("relay.no_peer", node=str(head.get("from"))[:32])
    return peer


def ring_of(peer: Peer, data: bytes) -> list[Json]:
    """The peer's keys, with those that the envelope announces and a known one vouches for."""
    ring = list(peer.keys)
    for announced in envelope.head_of(data).get("keys", ()):
        key = believed(announced, ring)
        if key is not None and all(one["id"] != key["id"] for one in ring):
            ring.append(key)
    return ring


def learn_keys(peer: Peer, data: bytes) -> None:
    """Take up keys that are new; what waits is sealed for them, for a restored node may have lost those before."""
    ring = ring_of(peer, data)
    if len(ring) > len(peer.keys):
        Batch.objects.filter(peer=peer, acked_at__isnull=True).update(content=None, sent_at=None)
    peer.keys = ring


def arrive(peer: Peer, data: bytes) -> bool:
    """Store a batch as it came. False where it is there already. Raises UserError where it is none, or forged."""
    head = envelope.read(data, ring_of(peer, data)).head
    epoch, number = head.get("epoch"), head.get("number")
    if head.get("kind") != "batch" or not isinstance(epoch, int) or not isinstance(number, int) or number < 1:
        raise UserError("relay.broken", reason="batch")
    if (epoch, number) <= (peer.in_epoch, peer.in_number):
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO relay_arrival (peer_id, epoch, number, content, size, received_at, entries)
            VALUES (%s, %s, %s, %s, %s, %s, 0) ON CONFLICT DO NOTHING""",
            [peer.id, epoch, number, data, len(data), clock.now()],
        )
        return bool(cursor.rowcount == 1)


def stored(peer: Peer) -> tuple[int, int, list[int], int]:
    """Epoch and number up to which nothing of the peer's is missing here, what is missing above, how much waits."""
    rows = Arrival.objects.filter(peer=peer, applied_at__isnull=True).order_by("epoch", "number")
    held = [(epoch, number) for epoch, number in rows.values_list("epoch", "number")]
    epoch = max([peer.in_epoch, *(one for one, _ in held)])
    reached = peer.in_number if epoch == peer.in_epoch else 0
    numbers = sorted(number for one, number in held if one == epoch and number > reached)
    missing = []
    expected = reached + 1
    contiguous = reached
    for number in numbers:
        missing += range(expected, min(number, expected + 200))
        if not missing:
            contiguous = number
        expected = number + 1
    return epoch, contiguous, missing[:200], len(held)


def apply_next(peer_id: UUID) -> int | None:
    """Apply the next batch of a peer. Returns its number of entries, None where none can be applied now."""
    with transaction.atomic():
        peer = Peer.objects.select_for_update().get(id=peer_id)
        arrival = _next(peer)
        if arrival is None or peer.state != PeerState.ACTIVE:
            return None
        data = bytes(arrival.content or b"")
        learn_keys(peer, data)
        read = envelope.read(data, peer.keys)
        pair = node_keys().pair(str(read.head.get("sealed_for")))
        if pair is None:  # of a pair that was made after the backup this node was restored from
            Peer.objects.filter(id=peer.id).exclude(error="relay.key_lost").update(
                error="relay.key_lost", error_params={}, error_since=clock.now()
            )
            if arrival.received_at < clock.now() - _FIRST_WAIT:
                arrival.delete()  # asked for again, and by then perhaps sealed for a key that is here
            return None
        entries = [_entry(one) for one in envelope.open_body(read, pair.opener)]
        refused = _take(entries, peer, arrival.epoch)
        arrival.entries, arrival.applied_at, arrival.content = len(entries), clock.now(), None
        arrival.save(update_fields=["entries", "applied_at", "content"])
        if arrival.epoch > peer.in_epoch:
            Arrival.objects.filter(peer=peer, epoch__lt=arrival.epoch, applied_at__isnull=True).delete()
        peer.in_epoch, peer.in_number = arrival.epoch, arrival.number
        peer.in_mark = str(read.head.get("mark", ""))[:16]
        peer.release = str(read.head.get("release", ""))[:40]
        peer.heard_at = clock.now()
        if peer.error in ("relay.key_lost", "relay.file_refused"):  # what came in its stead is whole
            peer.error, peer.error_since = "", None
        peer.save(
            update_fields=["keys", "in_epoch", "in_number", "in_mark", "release", "heard_at", "error", "error_since"]
        )
        facts = {
            "node": peer.node, "epoch": arrival.epoch, "number": arrival.number, "entries": len(entries),
            "waiting": len(refused),
        }  # fmt: skip
        append(Change("relay.batch_applied", "peer", peer.id, facts=facts), NODE)
    return len(entries)


def retry_waiting(peer_id: UUID, *, now: bool = False) -> int:
    """Try again what was set aside and is due, each subject in its order. Returns how many were applied."""
    due = Waiting.objects.filter(peer_id=peer_id).order_by("kind", "subject", "order").distinct("kind", "subject")
    done = 0
    for first in [one for one in due if now or one.next_try_at <= clock.now()][:200]:
        with transaction.atomic():
            peer = Peer.objects.select_for_update().get(id=peer_id)
            rows = Waiting.objects.filter(peer=peer, kind=first.kind, subject=first.subject).order_by("order")
            for row in rows:
                entry = _entry(json.loads(sealing().open(bytes(row.sealed), context(row.id))))
                refused = _offer([entry], peer)
                if refused:
                    _, row.code, row.params = refused[0][0], refused[0][1][:40], dict(refused[0][2])
                    row.attempts += 1
                    row.next_try_at = clock.now() + min(_FIRST_WAIT * 2 ** min(row.attempts, 10), _LONGEST_WAIT)
                    row.save()
                    break
                row.delete()
                _note_seen([entry], peer, peer.in_epoch)
                done += 1
    return done


def forget() -> None:
    """Let go of the traces of what was applied long ago."""
    Arrival.objects.filter(applied_at__lt=clock.now() - _SUMMARY).delete()


def context(waiting: UUID) -> str:
    """What the sealed bytes of a set-aside entry are bound to."""
    return f"relay.waiting:{waiting}"


def _next(peer: Peer) -> Arrival | None:
    rows = Arrival.objects.filter(peer=peer, applied_at__isnull=True)
    after = rows.filter(epoch=peer.in_epoch, number=peer.in_number + 1).first()
    if after is not None and _follows(after, peer):
        return after
    return rows.filter(epoch__gt=peer.in_epoch, number=1).order_by("epoch").first()


def _follows(arrival: Arrival, peer: Peer) -> bool:
    """Whether it was made after the one that was applied last: else its sender was restored, and begins anew."""
    after = envelope.head_of(bytes(arrival.content or b"")).get("after")
    return not after or not peer.in_mark or after == peer.in_mark


def _entry(one: Any) -> RelayEntry:
    try:
        steps = [
            (int(seq), str(what)[:60], str(at)[:40], str(role)[:30], dict(facts))
            for seq, what, at, role, facts in one["steps"]
        ]
        of = one.get("seen_epoch")
        return RelayEntry(
            str(one["k"])[:20], UUID(one["s"]), steps, int(one["seen"]), dict(one["body"]),
            int(of) if of is not None else None,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise UserError("relay.broken", reason=type(error).__name__) from None


def _take(entries: Sequence[RelayEntry], peer: Peer, epoch: int) -> list[Refused]:
    """Apply what can be; the rest is set aside. A step that was applied already is not taken again."""
    subjects = [one.subject for one in entries]
    behind = set(Waiting.objects.filter(peer=peer, subject__in=subjects).values_list("kind", "subject"))
    seen = {
        (one.kind, one.subject): (one.epoch, one.seen) for one in Shared.objects.filter(peer=peer, subject__in=subjects)
    }
    fresh = [
        one for one in entries
        if not one.steps or (epoch, one.steps[-1][0]) > seen.get((one.kind, one.subject), (0, 0))
    ]  # fmt: skip
    held = [(one, "relay.behind", {}) for one in fresh if (one.kind, one.subject) in behind]
    free = [one for one in fresh if (one.kind, one.subject) not in behind]
    refused = [*held]
    runs: list[list[RelayEntry]] = []
    for one in free:
        if not runs or runs[-1][0].kind != one.kind:
            runs.append([])
        runs[-1].append(one)
    for run in runs:
        refused += _offer(run, peer)
    aside = {id(one) for one, _, _ in refused}
    _note_seen([one for one in free if id(one) not in aside], peer, epoch)
    _set_aside(refused, peer)
    return refused


def _offer(run: Sequence[RelayEntry], peer: Peer) -> list[Refused]:
    """Hand entries of one kind over; where one breaks the others, halves are tried until it is found."""
    kind = next((one for one in protocols.relayed if one.name == run[0].kind), None)
    if kind is None:
        return [(one, "relay.unknown_kind", {"kind": one.kind}) for one in run]
    try:
        with transaction.atomic():
            return list(kind.take(run, peer))
    except Exception as error:
        if isinstance(error, DatabaseError) and not connection.is_usable():
            raise
        if len(run) == 1:
            log.exception("an entry of a peer could not be applied", kind=kind.name, peer=peer.node)
            return [(run[0], "relay.failed", {"reason": place_of(error)[:120]})]
    middle = len(run) // 2
    return _offer(run[:middle], peer) + _offer(run[middle:], peer)


def _note_seen(entries: Sequence[RelayEntry], peer: Peer, epoch: int) -> None:
    rows = {(one.kind, one.subject): one.steps[-1][0] for one in entries if one.steps}
    if not rows:
        return
    kinds, subjects, seqs = zip(*((kind, subject, seq) for (kind, subject), seq in rows.items()), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO relay_shared (peer_id, kind, subject, local, sent, sent_epoch, epoch, seen)
            SELECT %s, k, s, s, 0, 0, %s, n FROM unnest(%b::text[], %b::uuid[], %b::bigint[]) AS t (k, s, n)
            ON CONFLICT (peer_id, kind, subject) DO UPDATE SET epoch = excluded.epoch, seen = excluded.seen""",
            [peer.id, epoch, list(kinds), list(subjects), list(seqs)],
        )


def _set_aside(refused: Sequence[Refused], peer: Peer) -> None:
    if not refused:
        return
    last = Waiting.objects.filter(peer=peer).order_by("-order").values_list("order", flat=True).first() or 0
    now, rows = clock.now(), []
    for place, (one, code, params) in enumerate(refused, last + 1):
        number = new_id()
        plain = {
            "k": one.kind, "s": str(one.subject), "steps": one.steps, "seen": one.seen, "seen_epoch": one.seen_epoch,
            "body": one.body,
        }  # fmt: skip
        sealed = sealing().seal(json.dumps(plain, ensure_ascii=False).encode(), context(number))
        rows.append(
            Waiting(
                id=number, peer=peer, kind=one.kind, subject=one.subject, order=place, sealed=sealed, code=code[:40],
                params=dict(params), first_at=now, next_try_at=now + _FIRST_WAIT,
            )
        )  # fmt: skip
    Waiting.objects.bulk_create(rows, batch_size=500)


def receipt(peer: Peer) -> bytes:
    """What we say to a peer of its batches, signed: up to which number they are applied, which are missing."""
    keys = node_keys()
    pair = keys.known_to(peer.knows)
    epoch, _, missing, _ = stored(peer)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE relay_peer SET said = greatest(said + 1, %s) WHERE id = %s RETURNING said",
            [int(clock.now().timestamp() * 1000), peer.id],
        )
        (count,) = cursor.fetchone()
    head = {
        "kind": "receipt", "from": keys.node, "to": peer.node, "at": clock.now().isoformat(), "nonce": new_id().hex,
        "count": count,
        "epoch": peer.in_epoch, "applied": peer.in_number, "mark": peer.in_mark,
        "stream": peer.out_epoch, "known": peer.out_known, "missing": missing if epoch == peer.in_epoch else [],
        "waiting": Waiting.objects.filter(peer=peer).count(), "kinds": [one.name for one in protocols.relayed],
        "release": outbox.release(), "knows": peer.keys[-1]["id"],
        "keys": keys.after(peer.knows or keys.pairs[0].id),
    }  # fmt: skip
    return envelope.write(head, b"", pair.signer, pair.id)
