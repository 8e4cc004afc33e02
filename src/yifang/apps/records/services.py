"""Taking canonical records in: whose they are, whether they are new, a repeat, a correction or a withdrawal.

A record is known by its organisation and its own key. What the current version says already, and a message that was
heard before, does nothing; anything else is a new version; `cancelled` withdraws. One ledger entry tells of a chunk.
What a table's row says nothing about, for its table has no such column, stays as the version before it told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.models import Seat, SubjectKind, Visibility
from yifang.apps.accounts.visibility import Subject, show_many
from yifang.apps.ledger.bulk import copy_in
from yifang.apps.ledger.services import Actor, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.records import people
from yifang.apps.records.identity import identity_of
from yifang.apps.records.models import Record
from yifang.apps.records.moments import day_of, instant_of
from yifang.formats import canonical
from yifang.formats.identity import message_key
from yifang.formats.joining import joined
from yifang.formats.storage import from_json, to_json
from yifang.kernel import clock
from yifang.kernel.digest import digest_of
from yifang.kernel.ids import new_id

_FACTS = ("occupation", "age_text")  # of a person as the record says it; whoever they are is kept apart


@dataclass(slots=True)
class Received:
    """What became of a chunk: ids of the stored versions, and how many were repeats of what is there."""

    stored: list[UUID] = field(default_factory=list)
    repeats: int = 0


Annotate = Callable[[canonical.Record], canonical.Record]


def receive(
    records: Sequence[canonical.Record],
    organisation: Organisation,
    batch: UUID,
    by: Actor,
    annotate: Annotate | None = None,
    told: Sequence[Collection[str] | None] = (),
) -> Received:
    """Store a chunk of records of one organisation in one transaction. Returns what became of them.

    `annotate` adds what we know of a source's own words; whether a record is a repeat goes by what the source said.
    `told`: for each record the columns of its table (`Item.told`), None or left out where it is the whole report.
    """
    outcome = Received()
    if not records:
        return outcome
    with transaction.atomic():
        keys = [sealing().index("record", f"{organisation.id}|{record.key}") for record in records]
        known = _versions(keys)
        heard = [_Version.of(record, key, annotate) for key, record in zip(keys, records, strict=True)]
        whole: Sequence[Collection[str] | None] = told or [None] * len(records)
        _load(known, [one for one, columns in zip(heard, whole, strict=True) if columns is not None])
        fresh: list[tuple[_Version, canonical.Record]] = []
        for said, record, columns in zip(heard, records, whole, strict=True):
            versions = known.setdefault(said.key, [])
            repeated = said.repeats(versions)
            kept = record
            if repeated is None and versions and columns is not None:
                kept = said.join(versions[-1], record, columns, annotate)
                repeated = versions[-1] if said.adds_nothing_to(versions[-1]) else None
            if repeated:
                repeated.hear(said)
                outcome.repeats += 1
            else:
                said.number = len(versions) + 1
                versions.append(said)
                fresh.append((said, kept))
        superseded = [one.id for versions in known.values() for one in versions[:-1] if one.is_current]
        found = people.find([_known(record, one.key, organisation) for one, record in fresh], organisation)
        last = {versions[-1].id for versions in known.values() if versions}
        rows = [
            _row(one, record, whose, organisation, batch, current=one.id in last)
            for (one, record), whose in zip(fresh, found.whose, strict=True)
        ]
        Record.objects.filter(id__in=superseded).update(current=False)
        copy_in(rows)
        for one in (one for versions in known.values() for one in versions if one.is_stored and one.heard_more):
            Record.objects.filter(id=one.id).update(messages=one.messages)
        _show(rows, organisation, superseded)
        outcome.stored = [row.id for row in rows]
        if rows:
            append(
                Change(
                    "records.received", "batch", batch,
                    facts={
                        "records": outcome.stored, "superseded": superseded, "organisation": organisation.id,
                        "persons": found.noted,
                    },
                    scopes=[organisation.scope],
                ),
                by,
            )  # fmt: skip
    return outcome


def annotate_stored(rows: Iterable[Record], annotate: Annotate, by: Actor) -> int:
    """Annotate records that are there already, and have whoever hears of records look at them again.

    What the source said stays as it is; so do digest and version. Returns how many had something added.
    """
    with transaction.atomic():
        changed: list[Record] = []
        for row in rows:
            before = from_json(row.payload)
            if (after := annotate(before)) is not before:
                row.payload = to_json(after)
                changed.append(row)
        Record.objects.bulk_update(changed, ["payload"], batch_size=200)
        if changed:
            organisation = changed[0].organisation
            facts = {
                "records": [row.id for row in changed], "superseded": [], "organisation": organisation.id,
                "persons": [],
            }  # fmt: skip
            append(Change("records.received", "batch", changed[0].batch, facts=facts, scopes=[organisation.scope]), by)
    return len(changed)


@dataclass(slots=True)
class _Version:
    """One version under a key, stored already or about to be; `messages` are those that said exactly this."""

    id: UUID
    key: bytes
    number: int
    digest: bytes
    message: str
    messages: list[str] = field(default_factory=list)
    payload: dict[str, Any] = field(default_factory=dict)  # the record as it is kept, without its person
    is_current: bool = False
    is_stored: bool = False
    heard_more: bool = False

    @classmethod
    def of(cls, record: canonical.Record, key: bytes, annotate: Annotate | None = None) -> _Version:
        """One about to be stored. Its digest is of what the record says, whatever file or message carried it."""
        payload = to_json(record)
        digest = bytes.fromhex(digest_of({name: value for name, value in payload.items() if name != "source"}))
        if annotate is not None and (known := annotate(record)) is not record:
            payload = to_json(known)
        return cls(new_id(), key, 0, digest, message_key(record.source), payload=_kept(payload))

    def join(
        self, before: _Version, record: canonical.Record, columns: Collection[str], annotate: Annotate | None
    ) -> canonical.Record:
        """Say also what the version before told and `record`, for want of a column, says nothing about."""
        whole = joined(record, from_json(before.payload), columns)
        self.payload = _kept(to_json(whole if annotate is None else annotate(whole)))
        return whole

    def adds_nothing_to(self, before: _Version) -> bool:
        """Whether both say the same, wherever in a file it stood: a view read again between two of another."""
        return _content(self.payload) == _content(before.payload)

    def __post_init__(self) -> None:
        if self.message:
            self.messages = [*self.messages, self.message]

    def repeats(self, versions: Sequence[_Version]) -> _Version | None:
        """The version that this one only says again: the current one, or an earlier one by the same message.

        Another message that says what an earlier version said takes the later one back: a value corrected and then
        restored, a report withdrawn and reinstated.
        """
        if versions and versions[-1].digest == self.digest:
            return versions[-1]
        return next(
            (one for one in versions if one.digest == self.digest and self.message and self.message in one.messages),
            None,
        )

    def hear(self, said: _Version) -> None:
        """Remember a message that said this version again, so that its own repeats are known after a correction."""
        if said.message and said.message not in self.messages:
            self.messages.append(said.message)
            self.heard_more = True


def _kept(payload: dict[str, Any]) -> dict[str, Any]:
    person = payload.pop("person", {})
    if kept := {name: person[name] for name in _FACTS if name in person}:
        payload["person"] = kept
    return payload


def _content(value: Any) -> Any:
    """What is said, whatever its order and wherever in its source it stood."""
    if isinstance(value, list):
        return sorted((_content(one) for one in value), key=repr)
    if isinstance(value, dict):
        kept = {name: one for name, one in sorted(value.items()) if name not in ("source", "path", "issues")}
        return {name: _content(one) for name, one in kept.items()}
    return value


def _load(known: dict[bytes, list[_Version]], rows: Iterable[_Version]) -> None:
    """Read what the current versions say to which rows of tables are joined."""
    current = {last.id: last for one in rows if (last := known.get(one.key, [one])[-1]).digest != one.digest}
    if current:
        for id, payload in Record.objects.filter(id__any=set(current)).values_list("id", "payload"):
            current[id].payload = payload


def _versions(keys: Sequence[bytes]) -> dict[bytes, list[_Version]]:
    found: dict[bytes, list[_Version]] = {}
    rows = Record.objects.select_for_update().filter(key__any=set(keys)).order_by("version")
    for row in rows.only("id", "key", "version", "current", "digest", "messages"):
        key = bytes(row.key)
        found.setdefault(key, []).append(
            _Version(
                row.id, key, row.version, bytes(row.digest), "", row.messages, is_current=row.current, is_stored=True
            )
        )
    return found


def _row(
    one: _Version,
    record: canonical.Record,
    whose: people.Whose,
    organisation: Organisation,
    batch: UUID,
    *,
    current: bool,
) -> Record:
    now = clock.now()
    at, precision = _when(record, now)
    return Record(
        id=one.id, organisation=organisation, key=one.key, version=one.number, current=current, digest=one.digest,
        messages=one.messages, state=record.status, kind=record.kind, person_id=whose.person,
        found_as=whose.alias, batch=batch,
        department=record.encounter.department[:60], clinician_no=record.encounter.clinician_id[:30], at=at,
        at_precision=precision, received_at=now, payload=one.payload,
    )  # fmt: skip


def _known(record: canonical.Record, key: bytes, organisation: Organisation) -> people.Known:
    person = record.person
    identity = identity_of(person, organisation.id)
    own = next((f"mrn|{one.assigner}|{one.value}" for one in person.identifiers if one.kind == "mrn"), key.hex())
    return people.Known(identity, person.sex, day_of(person.birth), person.area_code, own)


def _when(record: canonical.Record, now: datetime) -> tuple[datetime, str]:
    """The time of the event: of the record, its visit or its first result; the time of receipt where it names none."""
    candidates = [record.at, record.encounter.start, *(one.at for one in record.results)]
    for moment in candidates:
        if moment is not None and (at := instant_of(moment)) is not None:
            return at, moment.precision
    return now, "second"


def _show(rows: Sequence[Record], organisation: Organisation, superseded: Sequence[UUID]) -> None:
    """The public-health desk sees every record of its hospital, the doctor their own.

    A new version is guarded as the one before it: what took a result back still tells what it was.
    """
    guarded = dict(
        Visibility.objects.filter(subject__in=superseded).exclude(group="ordinary").values_list("subject", "group")
    )
    before = {bytes(one.key): one.id for one in Record.objects.filter(id__in=guarded).only("id", "key")}
    staff = {row.clinician_no for row in rows if row.clinician_no}
    users = dict(Seat.objects.filter(organisation=organisation, staff_no__in=staff).values_list("staff_no", "user_id"))
    shown: list[tuple[Subject, dict[str, str]]] = []
    for row in rows:
        scopes = {organisation.scope: "record"}
        if user := users.get(row.clinician_no):
            scopes[f"user:{user}"] = "record"
        day: date = row.at.astimezone(clock.CHINA).date()
        group = guarded.get(before.get(row.key), "ordinary")
        shown.append((Subject(SubjectKind.RECORD, row.id, day, group=group, person=row.person_id), scopes))
    show_many(shown, new=True)
