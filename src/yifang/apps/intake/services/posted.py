"""What machine clients post: read, stored in one transaction with what waits beside it, and accounted for one by one.

Bodies that read whole go into one batch together; one with anything unreadable is a batch of its own, named by its
bytes, so that a client who repeats it for ever adds nothing. As over MLLP (`wire`), but every record hears of itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import Any, Literal
from uuid import UUID

from django.db import transaction

from yifang import formats
from yifang.apps.intake.models import Batch, BatchState, Feed
from yifang.apps.intake.services.batches import close, open_batch, patiently, store
from yifang.apps.intake.services.keys import mark_used
from yifang.apps.intake.services.outcomes import new_ones
from yifang.apps.ledger.services import Actor
from yifang.apps.places.models import Organisation
from yifang.apps.records.models import Record
from yifang.formats import canonical
from yifang.formats.canonical import Item

MOST = 500  # records in one body
Door = Literal["records", "fhir"]
Json = dict[str, Any]
_READERS = {"records": formats.read_records, "fhir": formats.read_fhir}
_NAMES = {"records": "HTTP", "fhir": "FHIR"}
_ENTRY = re.compile(r"entry\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Posted:
    """One body; `first_of` is the key that it came with, where the key was not used yet today."""

    door: Door
    body: bytes
    first_of: UUID | None = None


def take_posted(feed: Feed, posted: Sequence[Posted], by: Actor) -> list[Json]:
    """Store bodies that came through `feed`. For each what became of it, as plain JSON:

    `{"batch": id, "items": [{"status": "stored" | "repeat" | "refused", "records": [{"status", "entries"}],
    "errors": [{"code", "place", "params"}], "issues": […]}]}`, or `{"too_many": true}` and nothing is stored.
    """
    read = [list(islice(_READERS[one.door](_NAMES[one.door], one.body), MOST + 1)) for one in posted]
    outcome: list[Json] = [{"too_many": True} for _ in posted]
    together: dict[Door, list[int]] = defaultdict(list)
    for place, (one, items) in enumerate(zip(posted, read, strict=True)):
        if len(items) > MOST:
            continue
        if any(item.refusal is not None for item in items):
            outcome[place] = patiently(partial(_store, feed, [one], [items], by))[0]
        else:
            together[one.door].append(place)
    for places in together.values():
        bodies, items = [posted[place] for place in places], [read[place] for place in places]
        told = patiently(partial(_store, feed, bodies, items, by))
        for place, one in zip(places, told, strict=True):
            outcome[place] = one
    return outcome


def _store(feed: Feed, bodies: Sequence[Posted], read: Sequence[Sequence[Item]], by: Actor) -> list[Json]:
    """Bodies of one door, whole, in one transaction."""
    digests = [sha256(one.body).digest() for one in bodies]
    digest = digests[0] if len(digests) == 1 else sha256(b"".join(digests)).digest()
    items = [item for each in read for item in each]
    numbered = [replace(item, index=index) for index, item in enumerate(items)]
    with transaction.atomic():
        if first := {one.first_of for one in bodies if one.first_of}:
            mark_used(first)
        batch = open_batch(feed, _NAMES[bodies[0].door], digest)
        fresh = batch.state != BatchState.DONE
        if fresh:
            batch = close(store(batch, numbered, 0, by), by)
        refused = _refused(batch) if batch.refused else {}
        stored = _stored(numbered, batch, feed.organisation) if fresh else set()
    told = iter([_told(item, refused.get(item.index), stored) for item in numbered])
    return [{"batch": str(batch.id), "items": list(islice(told, len(each)))} for each in read]


def _refused(batch: Batch) -> dict[int, Json]:
    kept = batch.quarantined.values_list("index", "code", "params", "place")
    return {index: {"code": code, "place": place, "params": params} for index, code, params, place in kept}


def _stored(items: Sequence[Item], batch: Batch, organisation: Organisation) -> set[int]:
    """Which records (by their identity as objects) became versions in this batch; the others said nothing new."""
    records = [record for item in items for record in item.records]
    if not batch.repeats:
        return {id(record) for record in records}
    versions = Record.objects.filter(batch=batch.id).order_by("version").values_list("key", "digest")
    return new_ones(records, versions, organisation)


def _told(item: Item, refused: Mapping[str, Any] | None, stored: set[int]) -> Json:
    issues = [*item.issues, *(issue for record in item.records for issue in record.issues)]
    shown = [{"code": one.code, "place": one.path, "params": dict(one.params)} for one in issues]
    if item.refusal is not None:
        first = {"code": item.refusal.code, "place": item.refusal.place, "params": dict(item.refusal.params)}
        strict = item.format == "json" and shown  # the canonical reader's issues are the errors themselves
        return {"status": "refused", "records": [], "errors": shown if strict else [first], "issues": []}
    if refused is not None:
        return {"status": "refused", "records": [], "errors": [dict(refused)], "issues": shown}
    records = [
        {"status": "stored" if id(one) in stored else "repeat", "entries": sorted(set(_entries(one)))}
        for one in item.records
    ]
    status = "stored" if any(one["status"] == "stored" for one in records) else "repeat"
    return {"status": status, "records": records, "errors": [], "issues": shown}


def _entries(record: canonical.Record) -> Iterator[int]:
    """The entries of a Bundle that a record was read from."""
    for part in (record.diagnoses, record.results, record.drugs, record.immunizations, record.notes):
        for one in part:
            if match := _ENTRY.match(one.path):
                yield int(match[1])
