"""Batch files in a folder, for a one-way gateway (网闸): `out` is carried away, what is carried to us lies in `in`.

A file is written under a hidden name and renamed, so that nobody carries half of one. Receipts are files too; where the
gateway lets nothing back, people carry them. A file that never arrives is missed by its number, named in the next
receipt and written again; one that comes twice is known by it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import structlog
from django.db import transaction

from yifang.apps.relay import envelope, inbox, outbox, receipts
from yifang.apps.relay.keys import node_keys
from yifang.apps.relay.models import Batch, Peer
from yifang.kernel import clock
from yifang.kernel.errors import YifangError

log = structlog.get_logger(__name__)
BATCH, RECEIPT = ".yfb", ".yfr"
_AT_ONCE = 200


def folders(peer: Peer) -> tuple[Path, Path]:
    """`out` and `in` of a peer, made where they are missing. Raises OSError."""
    root = Path(peer.url)
    found = root / "out", root / "in"
    for one in found:
        one.mkdir(parents=True, exist_ok=True)
    return found


def step(peer: Peer) -> bool:
    """Write what waits, read what lies there. Returns whether anything was. Raises OSError, which passes."""
    out, into = folders(peer)
    moved = read(peer, into)
    while outbox.make_batch(peer.id):
        moved = True
    unsent = Batch.objects.filter(peer=peer, epoch=peer.out_epoch, sent_at__isnull=True, acked_at__isnull=True)
    for batch in unsent.order_by("number")[:_AT_ONCE]:
        put(out / name_of(peer, batch.epoch, batch.number), outbox.made_anew(batch))
        with transaction.atomic():
            Batch.objects.filter(id=batch.id).update(sent_at=clock.now(), times=batch.times + 1)
            Peer.objects.filter(id=peer.id).update(sent_at=clock.now())
        moved = True
    return moved


def read(peer: Peer, into: Path) -> bool:
    """Take in the files of a peer; one that is none of its is laid aside with the reason in the log."""
    moved = False
    for path in sorted(into.iterdir()):
        if path.name.startswith(".") or path.suffix not in (BATCH, RECEIPT):
            continue
        moved = True
        try:
            take(path.read_bytes(), peer)
        except YifangError as error:
            log.warning("a batch file was refused", file=path.name, reason=str(error))
            aside = into / "refused"
            aside.mkdir(exist_ok=True)
            path.replace(aside / path.name)
            Peer.objects.filter(id=peer.id).update(
                error="relay.file_refused", error_params={"file": path.name[:100]}, error_since=clock.now()
            )
            continue
        path.unlink()
    return moved


def take(data: bytes, peer: Peer | None = None) -> Peer:
    """Take one file in, a batch or a receipt. Returns whose it is. Raises YifangError."""
    sender = inbox.sender_of(data)
    if peer is None or sender.id == peer.id:
        if envelope.head_of(data).get("kind") == "receipt":
            receipts.believe(sender.id, data)
        elif not inbox.arrive(sender, data):
            Peer.objects.filter(id=sender.id).update(told="")  # it comes again: our receipt was lost, and goes again
    return sender


def write_receipt(peer: Peer) -> None:
    """Lay our newest receipt into the folder, under a name of its own: a gateway may carry a name only once."""
    out, _ = folders(peer)
    put(
        out
        / f"{node_keys().node}-{peer.node}-{peer.in_epoch}-{peer.in_number:08d}-{clock.now():%Y%m%d%H%M%S%f}{RECEIPT}",
        bytes(peer.receipt),
    )


def name_of(peer: Peer, epoch: int, number: int) -> str:
    """What the file of a batch is called."""
    return f"{node_keys().node}-{peer.node}-{epoch}-{number:08d}{BATCH}"


def put(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all. Raises OSError (a full disk)."""
    hidden = path.with_name(f".{path.name}")
    try:
        with hidden.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        hidden.replace(path)
    except OSError:
        with suppress(OSError):
            hidden.unlink()
        raise
