"""Taking a file in: the same bytes through the same feed are one batch, stored in chunks that cannot be half done.

A chunk's records, its quarantine rows, the batch's progress and the ledger entry are one transaction, and the progress
is read under a lock inside it. So a batch that was killed goes on where it stopped, and two takers share it.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from uuid import UUID

import structlog
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction

from yifang import formats
from yifang.apps.accounts.keys import sealing
from yifang.apps.intake.models import Batch, BatchState, Feed, Quarantined
from yifang.apps.intake.services import days, names
from yifang.apps.ledger.services import Actor, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.records.services import Received, receive
from yifang.formats.canonical import Item, Refusal
from yifang.kernel import clock, protocols
from yifang.kernel.errors import place_of
from yifang.kernel.ids import new_id

CHUNK = 2000
_TRIES, _FIRST_WAIT, _LAST_WAIT = 10, 0.1, 5.0  # seconds; a killed database answers again after some
_TO_TRY_AGAIN = (IntegrityError, OperationalError, InterfaceError)
Prepared = Mapping[str, object]  # by the receivers' names
NOTHING: Prepared = MappingProxyType({})
T = TypeVar("T")
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch has come: items stored of it so far, by what became of them."""

    items: int
    records: int
    repeats: int
    refused: int


Tell = Callable[[Progress], None]


def open_batch(feed: Feed, name: str, digest: bytes) -> Batch:
    """The batch of these bytes (SHA-256) through `feed`, made where it is not known. `name` is the file's."""
    batch, _ = Batch.objects.get_or_create(
        feed=feed, digest=digest, defaults={"name": name[-300:], "received_at": clock.now()}
    )
    return batch


def take_path(path: Path, feed: Feed, by: Actor, *, name: str = "", tell: Tell | None = None) -> Batch:
    """Take a file in. Returns its batch, done. Raises OSError where the file cannot be opened."""
    return take_bytes(path.read_bytes(), name or path.name, feed, by, tell=tell)


def take_bytes(data: bytes, name: str, feed: Feed, by: Actor, *, tell: Tell | None = None) -> Batch:
    """Take bytes in that arrived under `name`; does nothing where they are a batch that is done."""
    batch = patiently(partial(open_batch, feed, name, sha256(data).digest()))
    if batch.state == BatchState.DONE:
        return batch
    return take(batch, formats.read((name, data)), by, tell=tell)


def take_unopened(path: Path, feed: Feed, reason: OSError, by: Actor) -> Batch:
    """Account for a file that cannot be opened: a batch of one quarantined item without bytes."""
    refusal = Refusal("intake.unopened", path.name, (("reason", reason.strerror or type(reason).__name__),))
    digest = sha256(f"unopened\x1f{path.name}".encode()).digest()
    batch = patiently(partial(open_batch, feed, path.name, digest))
    return take(batch, [Item(0, "unknown", (), refusal, b"")], by)


def take(batch: Batch, items: Iterable[Item], by: Actor, *, tell: Tell | None = None, chunk: int = CHUNK) -> Batch:
    """Store the items of a batch from where it stands, then close it. Must not run inside a longer transaction."""
    position = 0
    for part, prepared in _ahead(_parts(items, chunk), batch.feed.organisation):
        if position + len(part) > batch.next_index:
            batch = patiently(partial(store, batch, part, position, by, prepared))
            if tell is not None:
                tell(Progress(batch.items, batch.records, batch.repeats, batch.refused))
        position += len(part)
    return patiently(partial(close, batch, by))


def patiently(step: Callable[[], T]) -> T:
    """Run a step that is one transaction, again where another writer got in between or the database went away."""
    wait = _FIRST_WAIT
    for last in (*(False,) * (_TRIES - 1), True):
        try:
            return step()
        except _TO_TRY_AGAIN as error:
            if last or connection.in_atomic_block:
                raise
            if isinstance(error, IntegrityError):
                log.info("intake tries again", reason=place_of(error), wait=wait)
            else:
                log.warning("intake tries again", reason=place_of(error), wait=wait)
                connection.close()
            time.sleep(wait)
            wait = min(wait * 2, _LAST_WAIT)
    raise AssertionError("the last try returns or raises")


def store(batch: Batch, part: Sequence[Item], start: int, by: Actor, prepared: Prepared = NOTHING) -> Batch:
    """One chunk in one transaction; `start` is the place of its first item in the batch. Returns the batch as it is."""
    with transaction.atomic():
        batch = Batch.objects.select_for_update(of=("self",)).select_related("feed__organisation").get(id=batch.id)
        part = part[max(0, batch.next_index - start) :]
        if not part:
            return batch
        started = batch.next_index > 0
        received, refusals = receive_items(part, batch, by, prepared)
        refusals += [(item, item.refusal) for item in part if item.refusal is not None]
        batch.next_index += len(part)
        batch.items += len(part)
        batch.records += len(received.stored)
        batch.repeats += received.repeats
        batch.refused += len(refusals)
        batch.save(update_fields=["next_index", "items", "records", "repeats", "refused"])
        if refusals:
            _quarantine(refusals, batch, by)
        unread = {id(item) for item, _ in refusals}
        records = [record for item in part if id(item) not in unread for record in item.records]
        names.count(batch.feed.organisation_id, records)
        days.count(batch.feed, records, received, arrivals=int(not started), items=len(part), refused=len(refusals))
    return batch


def receive_items(
    part: Sequence[Item], batch: Batch, by: Actor, prepared: Prepared = NOTHING, *, whole: bool = False
) -> tuple[Received, list[tuple[Item, Refusal]]]:
    """Store the items' records; an item that cannot be stored is refused and, unless `whole`, the others are stored."""
    organisation = batch.feed.organisation
    try:
        with transaction.atomic():
            records = [record for item in part for record in item.records]
            told = [item.told for item in part for _ in item.records]
            received = receive(records, organisation, batch.id, by, names.annotating(organisation.id, records), told)
            for receiver in protocols.receivers:
                if things := [one for item in part for one in getattr(item, receiver.name)]:
                    ready = {"prepared": prepared[receiver.name]} if receiver.name in prepared else {}
                    stored, repeats = receiver.call(things, organisation, batch.id, by, **ready)
                    received.stored += stored
                    received.repeats += repeats
            return received, []
    except _TO_TRY_AGAIN:
        raise
    except Exception as error:  # whatever it is: one record must not hold up the feed, and none may be lost
        if whole or len(part) == 1:
            log.exception("intake could not store", batch=str(batch.id))
            reason = type(error).__name__
            return Received(), [(part[0], Refusal("intake.not_storable", "", (("reason", reason),)))]
    whole, refusals = Received(), []
    middle = len(part) // 2
    for half in (part[:middle], part[middle:]):
        received, refused = receive_items(half, batch, by, prepared)
        whole.stored += received.stored
        whole.repeats += received.repeats
        refusals += refused
    return whole, refusals


def _quarantine(refusals: Sequence[tuple[Item, Refusal]], batch: Batch, by: Actor) -> None:
    organisation, now = batch.feed.organisation, clock.now()
    rows = []
    for item, refusal in refusals:
        number, original = new_id(), item.head + item.raw
        rows.append(
            Quarantined(
                id=number, batch=batch, organisation=organisation, index=item.index, format=item.format[:10],
                code=refusal.code, params=dict(refusal.params), place=refusal.place[:200],
                sealed=sealing().seal(original, context(number)), size=len(original), arrived_at=now,
            )
        )  # fmt: skip
    Quarantined.objects.bulk_create(rows, batch_size=500)
    append(
        Change(
            "intake.quarantined", "batch", batch.id, facts={"items": [row.id for row in rows], "feed": batch.feed_id},
            scopes=[organisation.scope],
        ),
        by,
    )  # fmt: skip


def close(batch: Batch, by: Actor) -> Batch:
    """Mark the batch done and tell the ledger; nothing where it is."""
    with transaction.atomic():
        batch = Batch.objects.select_for_update(of=("self",)).select_related("feed__organisation").get(id=batch.id)
        if batch.state == BatchState.DONE:
            return batch
        batch.state, batch.done_at = BatchState.DONE, clock.now()
        batch.save(update_fields=["state", "done_at"])
        facts = {
            "feed": batch.feed_id, "items": batch.items, "records": batch.records, "repeats": batch.repeats,
            "refused": batch.refused,
        }  # fmt: skip
        scopes = [batch.feed.organisation.scope]
        append(Change("intake.batch_done", "batch", batch.id, facts=facts, scopes=scopes), by)
    return batch


def context(quarantined: UUID) -> str:
    """What the sealed bytes of a quarantined item are bound to."""
    return f"quarantine:{quarantined}"


def _ahead(parts: Iterator[list[Item]], organisation: Organisation) -> Iterator[tuple[list[Item], Prepared]]:
    """The parts, each read and prepared while the two before it are stored."""

    def read() -> tuple[list[Item] | None, Prepared]:
        part = next(parts, None)
        return part, prepare(part, organisation) if part and apart else NOTHING

    def submit() -> Future[tuple[list[Item] | None, Prepared]]:
        return reader.submit(copy_context().run, read)

    apart = not connection.in_atomic_block  # the thread would not see what this transaction wrote
    part, prepared = next(parts, None), NOTHING
    with ThreadPoolExecutor(1) as reader:
        following = deque([submit(), submit()])
        try:
            while part is not None:
                yield part, prepared
                part, prepared = following.popleft().result()
                following.append(submit())
        finally:
            for one in following:
                one.cancel()
            reader.submit(lambda: connection.close())  # asked for there, it is the thread's own


def prepare(part: Sequence[Item], organisation: Organisation) -> Prepared:
    """What the receivers prepare of a part; where they fail, storing it fails as well and says which item it was."""
    found: dict[str, object] = {}
    for receiver in protocols.receivers:
        if receiver.prepare is None:
            continue
        if things := [one for item in part for one in getattr(item, receiver.name)]:
            try:
                found[receiver.name] = patiently(partial(receiver.prepare, things, organisation))
            except Exception:
                log.exception("intake could not prepare", receiver=receiver.name)
    return found


def _parts(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while part := list(islice(iterator, size)):
        yield part
