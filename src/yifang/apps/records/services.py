"""Taking canonical records in: whose they are, whether they are new, a repeat, a correction or a withdrawal.

A record is known by its organisation and its own key. The same content again does nothing, even after a correction;
other content is a new version; `cancelled` withdraws. One ledger entry tells of a whole chunk.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.models import Seat, SubjectKind
from yifang.apps.accounts.visibility import Subject, show_many
from yifang.apps.ledger.services import Actor, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.records import people
from yifang.apps.records.identity import identity_of
from yifang.apps.records.models import Record
from yifang.apps.records.moments import day_of, instant_of
from yifang.formats import canonical
from yifang.formats.storage import to_json
from yifang.kernel import clock
from yifang.kernel.digest import digest_of
from yifang.kernel.ids import new_id


@dataclass(slots=True)
class Received:
    """What became of a chunk: ids of the stored versions, and how many were repeats of what is there."""

    stored: list[UUID] = field(default_factory=list)
    repeats: int = 0


def receive(records: Sequence[canonical.Record], organisation: Organisation, batch: UUID, by: Actor) -> Received:
    """Store a chunk of records of one organisation in one transaction. Returns what became of them."""
    outcome = Received()
    if not records:
        return outcome
    with transaction.atomic():
        keys = [sealing().index("record", f"{organisation.id}|{record.key}") for record in records]
        versions = _versions(keys)
        fresh: list[tuple[bytes, bytes, canonical.Record]] = []
        for key, record in zip(keys, records, strict=True):
            digest = _content_digest(record)
            seen = versions.setdefault(key, _Seen())
            if digest in seen.digests:
                outcome.repeats += 1
                continue
            seen.digests.add(digest)
            fresh.append((key, digest, record))
        persons = people.find_or_make([_known(record, key) for key, _, record in fresh], organisation)
        rows, superseded = _rows(fresh, persons, versions, organisation, batch)
        Record.objects.filter(id__in=superseded).update(current=False)
        Record.objects.bulk_create(rows, batch_size=1000)
        _show(rows, organisation)
        outcome.stored = [row.id for row in rows]
        if rows:
            append(
                Change(
                    "records.received", "batch", batch,
                    facts={"records": outcome.stored, "superseded": superseded, "organisation": organisation.id},
                    scopes=[organisation.scope],
                ),
                by,
            )  # fmt: skip
    return outcome


@dataclass(slots=True)
class _Seen:
    """What is known under one key: digests of all versions, the number of the last and the id of the current one."""

    digests: set[bytes] = field(default_factory=set)
    last: int = 0
    current: UUID | None = None


def _versions(keys: Sequence[bytes]) -> dict[bytes, _Seen]:
    found: dict[bytes, _Seen] = {}
    rows = Record.objects.select_for_update().filter(key__in=set(keys)).order_by("version")
    for row in rows.only("id", "key", "version", "current", "digest"):
        seen = found.setdefault(bytes(row.key), _Seen())
        seen.digests.add(bytes(row.digest))
        seen.last = row.version
        if row.current:
            seen.current = row.id
    return found


def _rows(
    fresh: Sequence[tuple[bytes, bytes, canonical.Record]],
    persons: Sequence[UUID],
    versions: dict[bytes, _Seen],
    organisation: Organisation,
    batch: UUID,
) -> tuple[list[Record], list[UUID]]:
    now = clock.now()
    rows: dict[UUID, Record] = {}
    superseded: list[UUID] = []
    for (key, digest, record), person in zip(fresh, persons, strict=True):
        seen = versions[key]
        if seen.current in rows:
            rows[seen.current].current = False
        elif seen.current is not None:
            superseded.append(seen.current)
        at, precision = _when(record, now)
        payload = to_json(record)
        payload.pop("person", None)
        row = Record(
            id=new_id(), organisation=organisation, key=key, version=seen.last + 1, digest=digest, state=record.status,
            kind=record.kind, person_id=person, batch=batch, department=record.encounter.department[:60],
            clinician_no=record.encounter.clinician_id[:30], at=at, at_precision=precision, received_at=now,
            payload=payload,
        )  # fmt: skip
        seen.last, seen.current = row.version, row.id
        rows[row.id] = row
    return list(rows.values()), superseded


def _content_digest(record: canonical.Record) -> bytes:
    """The digest of what the record says, whatever file or message carried it."""
    content = to_json(record)
    content.pop("source", None)
    return bytes.fromhex(digest_of(content))


def _known(record: canonical.Record, key: bytes) -> people.Known:
    person = record.person
    identity = identity_of(person)
    own = next((f"mrn|{one.assigner}|{one.value}" for one in person.identifiers if one.kind == "mrn"), key.hex())
    return people.Known(identity, person.sex, day_of(person.birth), person.area_code, own)


def _when(record: canonical.Record, now: datetime) -> tuple[datetime, str]:
    """The time of the event: of the record, its visit or its first result; the time of receipt where it names none."""
    candidates = [record.at, record.encounter.start, *(one.at for one in record.results)]
    for moment in candidates:
        if moment is not None and (at := instant_of(moment)) is not None:
            return at, moment.precision
    return now, "second"


def _show(rows: Sequence[Record], organisation: Organisation) -> None:
    """The public-health desk sees every record of its hospital, the doctor their own."""
    staff = {row.clinician_no for row in rows if row.clinician_no}
    users = dict(Seat.objects.filter(organisation=organisation, staff_no__in=staff).values_list("staff_no", "user_id"))
    pairs: list[tuple[Subject, str]] = []
    for row in rows:
        scopes = [organisation.scope]
        if user := users.get(row.clinician_no):
            scopes.append(f"user:{user}")
        day: date = row.at.astimezone(clock.CHINA).date()
        for scope in scopes:
            pairs.append((Subject(SubjectKind.RECORD, row.id, day, person=row.person_id), scope))
    show_many(pairs, "record")
