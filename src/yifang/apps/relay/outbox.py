"""What concerns a peer: heard from the ledger, kept as a pointer, built from the records when a batch can be sent.

The ledger's subscriber gives every peer the subjects that it may have, in sealed order; a step that came from the peer
itself does not go back to it. `make_batch` takes the oldest, asks each kind to build its subjects as they stand, and
seals them; that, the numbers and the batch are one transaction, so that a killed process leaves either all or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Q

from yifang.apps.accounts.keys import sealing
from yifang.apps.ledger.models import Entry, Seal, Stream
from yifang.apps.ledger.queries import head as ledger_head
from yifang.apps.ledger.subscriptions import Heard, subscribe
from yifang.apps.relay import envelope
from yifang.apps.relay.keys import node_keys
from yifang.apps.relay.models import Batch, Outgoing, Peer, PeerState, Shared, Transport
from yifang.kernel import clock, protocols
from yifang.kernel.ids import new_id
from yifang.kernel.protocols import Relayed

log = structlog.get_logger(__name__)
MOST_ENTRIES = 1000  # of the ledger whose subjects make one batch
_WINDOW = {Transport.HTTPS: 8, Transport.FOLDER: 400}  # batches that a peer has not said to have applied
_KEPT = timedelta(days=35)
_BROUGHT = "relay.brought"
FACTS = ("said", "into", "source", "kind")
Json = dict[str, Any]


def carry(kind: Relayed) -> None:
    """Let a kind of subject go from node to node; called by its app when that is ready."""
    protocols.relayed.add(kind)
    subscribe(f"relay.{kind.name}", sorted(kind.ledger), partial(on_ledger, kind), batch=1000)


def on_ledger(kind: Relayed, heard: Sequence[Heard]) -> None:
    """Queue what these entries name for every peer that it concerns."""
    peers = list(Peer.objects.all())
    if not peers:
        return
    when = _moments([one.seq for one in heard])
    told = [(one, _subjects(kind, one)) for one in heard]
    every = list(dict.fromkeys(subject for _, subjects in told for subject in subjects))
    for peer in peers:
        wanted = set(kind.concerned(every, peer))
        _queue(
            Outgoing(peer=peer, seq=one.seq, kind=kind.name, what=one.kind, subject=subject,
                     at=when[one.seq][0], role=when[one.seq][1],
                     facts={name: one.facts[name] for name in FACTS if name in one.facts})
            for one, subjects in told if one.facts.get("node") != peer.node
            for subject in subjects if subject in wanted
        )  # fmt: skip


def bring_everything(peer: Peer) -> int:
    """Queue all that a new peer lacks. Returns how much."""
    seq, now, number = ledger_head(), clock.now(), 0
    for kind in protocols.relayed:
        if kind.everything is None:
            continue
        wanted = list(kind.concerned(list(kind.everything(peer)), peer))
        number += len(wanted)
        _queue(
            Outgoing(peer=peer, seq=seq, kind=kind.name, what=_BROUGHT, subject=subject, at=now, role="node")
            for subject in wanted
        )
    return number


def _queue(rows: Iterable[Outgoing]) -> None:
    """Store the rows, and note of each subject up to which of our steps the peer will have been told."""
    made = list(rows)
    if not made:
        return
    Outgoing.objects.bulk_create(made, batch_size=2000, ignore_conflicts=True)
    sent: dict[tuple[UUID, str, UUID], int] = {}
    for row in made:
        key = (row.peer_id, row.kind, row.subject)
        sent[key] = max(row.seq, sent.get(key, 0))
    columns = list(zip(*((*key, seq) for key, seq in sent.items()), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO relay_shared (peer_id, kind, subject, local, sent, sent_epoch, epoch, seen)
            SELECT t.p, k, s, s, n, peer.out_epoch, 0, 0
            FROM unnest(%b::uuid[], %b::text[], %b::uuid[], %b::bigint[]) AS t (p, k, s, n)
            JOIN relay_peer peer ON peer.id = t.p
            ON CONFLICT (peer_id, kind, subject) DO UPDATE SET sent_epoch = excluded.sent_epoch, sent = CASE
                WHEN excluded.sent_epoch > relay_shared.sent_epoch THEN excluded.sent
                ELSE greatest(relay_shared.sent, excluded.sent) END""",
            [list(column) for column in columns],
        )


def window(peer: Peer) -> int:
    """How many more batches may be made before the peer has applied some."""
    return _WINDOW[Transport(peer.transport)] - (peer.out_number - peer.out_acked)


def make_batch(peer_id: UUID) -> Batch | None:
    """Make the next batch for a peer. None where nothing waits, or its window is full, or it is paused."""
    with transaction.atomic():
        peer = Peer.objects.select_for_update().get(id=peer_id)
        if peer.state != PeerState.ACTIVE or window(peer) <= 0:
            return None
        waiting = Outgoing.objects.filter(peer=peer, batch__isnull=True).exclude(_held()).order_by("id")
        rows = list(waiting[:MOST_ENTRIES])
        if not rows:
            return None
        # All that waits of these subjects goes along: only within a subject does the order count, and one that
        # changed ten times while the link was cut is built, and applied, once.
        rows = list(waiting.filter(subject__in={row.subject for row in rows})[: 4 * MOST_ENTRIES])
        number, entries, content, mark = peer.out_number + 1, rows, b"", new_id().hex[-16:]
        while not content:
            content, entries = _content(peer, peer.out_epoch, number, mark, entries)
            if not entries:
                return None
            if len(content) > envelope.MOST // 2 and len(entries) > 1:
                entries, content = entries[: len(entries) // 2], b""
        Outgoing.objects.filter(id__in=[row.id for row in entries]).update(batch=number, epoch=peer.out_epoch)
        batch = Batch(
            peer=peer, epoch=peer.out_epoch, number=number, mark=mark, content=content, size=len(content),
            entries=len(entries), made_at=clock.now(),
        )  # fmt: skip
        batch.save(force_insert=True)
        peer.out_number = number
        peer.save(update_fields=["out_number"])
    return batch


def made_anew(batch: Batch) -> bytes:
    """The bytes of a batch that the peer asks for again: as they were, or built from the records as they stand now."""
    if batch.content is not None:
        return bytes(batch.content)
    rows = list(Outgoing.objects.filter(peer=batch.peer, epoch=batch.epoch, batch=batch.number).order_by("id"))
    with transaction.atomic():
        content, _ = _content(batch.peer, batch.epoch, batch.number, batch.mark, rows)
        Batch.objects.filter(id=batch.id).update(content=content, size=len(content), acked_at=None)
    return content


def build_again(peer: Peer) -> bool:
    """Build those batches anew that the peer has not and whose bytes are gone: it was restored. Returns whether any."""
    gone = Batch.objects.filter(peer=peer, epoch=peer.out_epoch, number__gt=peer.out_acked, content__isnull=True)
    rows = list(gone.order_by("number")[: _WINDOW[Transport.HTTPS]])
    for batch in rows:
        made_anew(batch)
    return bool(rows)


def give_back(peer: Peer, epoch: int, known: int) -> int:
    """Queue what a restored peer may have lost: the subjects of which we have later steps of its than it has itself.

    `epoch` is its new stream, `known` the last of its steps that it still knows to have sent. Returns how many.
    """
    seq, now, number = ledger_head(), clock.now(), 0
    lost = Shared.objects.filter(peer=peer, epoch__gt=0, epoch__lt=epoch, seen__gt=known)
    for kind in protocols.relayed:
        subjects = kind.concerned(list(lost.filter(kind=kind.name).values_list("subject", flat=True)), peer)
        number += len(subjects)
        _queue(
            Outgoing(peer=peer, seq=seq, kind=kind.name, what=_BROUGHT, subject=subject, at=now, role="node")
            for subject in subjects
        )
    return number


def works_again(peer: Peer) -> None:
    """The way to the peer works: what was wrong with it is past. What somebody must mend stays told."""
    wrong = Peer.objects.filter(id=peer.id).exclude(error__in=("", "relay.key_lost", "relay.file_refused"))
    wrong.update(error="", error_params={}, error_since=None)


def _held() -> Q:
    """What may not leave yet, and waits without holding up the rest."""
    found = Q(pk__in=())
    for kind in protocols.relayed:
        if kind.held is not None and (subjects := kind.held()):
            found |= Q(kind=kind.name, subject__in=subjects)
    return found


def forget() -> None:
    """Let go of what every peer has applied long ago."""
    before = clock.now() - _KEPT
    old = Batch.objects.filter(acked_at__lt=before, content__isnull=True)
    for peer, epoch, number in old.values_list("peer", "epoch", "number")[:200]:
        Outgoing.objects.filter(peer=peer, epoch=epoch, batch=number).delete()
        Batch.objects.filter(peer=peer, epoch=epoch, number=number).delete()


def _content(peer: Peer, epoch: int, number: int, mark: str, rows: Sequence[Outgoing]) -> tuple[bytes, list[Outgoing]]:
    """The batch of these rows, and those that are in it: what cannot be built waits, and does not hold up the rest."""
    entries, failed = _entries(peer, rows)
    told = [row for row in rows if (row.kind, row.subject) not in failed]
    keys = node_keys()
    pair = keys.known_to(peer.knows)
    head: Json = {
        "kind": "batch", "from": keys.node, "to": peer.node, "epoch": epoch, "number": number,
        "mark": mark, "after": _mark(peer, epoch, number - 1),
        "made_at": clock.now().isoformat(), "entries": len(told), "release": release(),
        "keys": keys.after(peer.knows or keys.pairs[0].id),
    }  # fmt: skip
    head, body = envelope.seal(head, entries, peer.keys[-1], settings.YIFANG.cipher)
    return envelope.write(head, body, pair.signer, pair.id), told


def _entries(peer: Peer, rows: Sequence[Outgoing]) -> tuple[list[Json], set[tuple[str, UUID]]]:
    """One entry a subject, at the place of its first step, and what could not be built.

    What a kind no longer has to say is left out.
    """
    steps: dict[tuple[str, UUID], list[tuple[int, str, str, str, Json]]] = {}
    for row in rows:
        steps.setdefault((row.kind, row.subject), []).append(
            (row.seq, row.what, row.at.isoformat(), row.role, row.facts)
        )
    subjects: dict[str, list[UUID]] = {}
    for kind, subject in steps:
        subjects.setdefault(kind, []).append(subject)
    bodies: dict[tuple[str, UUID], Mapping[str, Any]] = {}
    failed: set[tuple[str, UUID]] = set()
    for kind in protocols.relayed:
        for built, wrong in _built(kind, subjects.get(kind.name, []), peer):
            bodies |= {(kind.name, subject): body for subject, body in built.items()}
            failed |= {(kind.name, subject) for subject in wrong}
    shared = {
        (one.kind, one.subject): one
        for one in Shared.objects.filter(peer=peer, subject__in=[subject for _, subject in steps])
    }
    ring = sealing()
    entries = []
    for (name, subject), taken in steps.items():
        if (name, subject) not in bodies:
            continue
        one = shared.get((name, subject))
        body = bodies[name, subject]
        if one is not None and one.extra:
            body = {**open_extra(one, ring), **body}
        seen, of = (one.seen, one.epoch) if one else (0, 0)
        entries.append({"k": name, "s": str(subject), "steps": taken, "seen": seen, "seen_epoch": of, "body": body})
    return entries, failed


def _mark(peer: Peer, epoch: int, number: int) -> str:
    rows = Batch.objects.filter(peer=peer, epoch=epoch, number=number)
    return rows.values_list("mark", flat=True).first() or ""


def _built(kind: Relayed, wanted: Sequence[UUID], peer: Peer) -> list[tuple[Mapping[UUID, Any], Sequence[UUID]]]:
    """Bodies, and the subjects that have none because the program fails on them, halved until they are found."""
    if not wanted:
        return []
    try:
        with transaction.atomic():
            return [(kind.build(wanted, peer), ())]
    except Exception as error:
        if isinstance(error, DatabaseError) and not connection.is_usable():
            raise
        if len(wanted) == 1:
            log.exception("a subject could not be written for a peer", kind=kind.name, peer=peer.node)
            return [({}, wanted)]
    middle = len(wanted) // 2
    return _built(kind, wanted[:middle], peer) + _built(kind, wanted[middle:], peer)


def open_extra(one: Shared, ring: Any = None) -> Json:
    """What a body held beyond this release."""
    found: Json = json.loads((ring or sealing()).open(bytes(one.extra or b""), extra_context(one.subject)))
    return found


def extra_context(subject: UUID) -> str:
    """What the sealed rest of a body is bound to."""
    return f"relay.extra:{subject}"


def context_of_extra(id: int) -> str:
    """The same for the row that holds it."""
    return extra_context(Shared.objects.values_list("subject", flat=True).get(id=id))


def release() -> str:
    """The release of this program, as peers are told it."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("yifang")
    except PackageNotFoundError:  # run from the tree
        return "tree"


def _subjects(kind: Relayed, heard: Heard) -> Sequence[UUID]:
    if kind.subjects is not None:
        return kind.subjects(heard)
    return [heard.subject] if heard.subject is not None else []


def _moments(seqs: Sequence[int]) -> dict[int, tuple[Any, str]]:
    """When each of these ledger entries was written, and in which role."""
    entry_of = dict(Seal.objects.filter(stream=Stream.CHANGE, seq__in=seqs).values_list("seq", "entry_id"))
    rows = {
        id: (at, role)
        for id, at, role in Entry.objects.filter(id__in=entry_of.values()).values_list("id", "at", "role")
    }
    return {seq: rows[entry] for seq, entry in entry_of.items()}
