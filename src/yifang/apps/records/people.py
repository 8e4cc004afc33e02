"""Finding the person of a record, in bulk, while records come in.

By identity number on the whole node; else as the sending organisation knows them (name, sex and birth date, or its own
patient number); else by those rules of the `linkage` pack whose verdict is `same`, across organisations, where exactly
one person fits. What is less than sure is looked for afterwards (`linking`) and waits for a person. A number that comes
under another name (a borrowed card, a child under its mother's) overwrites nobody: both are kept and the hospital is
asked (`conflicts`). A person found to be another stays as an alias: found by it, the survivor is meant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import Q

from yifang import link
from yifang.apps.accounts.keys import sealing
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.records import conflicts, pairs
from yifang.apps.records import identity as identities
from yifang.apps.records.identity import Identity
from yifang.apps.records.models import Person, PersonIdentity, PersonKey
from yifang.kernel import clock
from yifang.kernel.ids import new_id
from yifang.kernel.sealing import Sealing

NOTED = "records.people_noted"


@dataclass(frozen=True, slots=True)
class Known:
    """What a source says of a person; `own_key` finds them again when nothing else does."""

    identity: Identity
    sex: str
    birth_date: date | None
    area_code: str
    own_key: str


@dataclass(frozen=True, slots=True)
class Whose:
    """The person a record belongs to, and the alias by which they were found, None where found as themselves."""

    person: UUID
    alias: UUID | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Whose each record is, in the order asked, and the persons who are new or of whom something new is known."""

    whose: Sequence[Whose]
    noted: Sequence[UUID]


def source_key(organisation: Organisation, known: Known, ring: Sealing | None = None) -> bytes:
    """The search key of a person without a number, within one organisation."""
    ring = ring or sealing()
    if known.identity.name and known.birth_date:
        name = known.identity.name
        return ring.index("source", f"{organisation.id}|{name}|{known.sex}|{known.birth_date.isoformat()}")
    return ring.index("source", f"{organisation.id}|{known.own_key}")


def find_or_make(people: Sequence[Known], organisation: Organisation) -> list[UUID]:
    """The person ids of `people`, in their order; makes those not known yet, adds what is newly known of the others.

    Runs in the caller's transaction. Two writers that make the same person at once: the later one's transaction fails
    on a unique key and is tried again by the caller.
    """
    found = find(people, organisation)
    if found.noted:
        append(Change(NOTED, "person", None, facts={"persons": found.noted}), NODE)
    return [whose.person for whose in found.whose]


def find(people: Sequence[Known], organisation: Organisation) -> Found:
    """As `find_or_make`; the caller's own ledger entry must say whom it `noted`, for `linking` to look at."""
    if not people:
        return Found((), ())
    ring = sealing()
    keys = [_Keys.of(known, organisation, ring) for known in people]
    index = _Index(keys, ring)
    found = [index.find(known, key, organisation) for known, key in zip(people, keys, strict=True)]
    return Found(found, index.write(organisation))


@dataclass(frozen=True, slots=True)
class _Keys:
    number: bytes | None
    fits: bool  # the number and the record's own birth date; not another generation's
    source: bytes
    receiving: tuple[bytes, ...]

    @classmethod
    def of(cls, known: Known, organisation: Organisation, ring: Sealing) -> _Keys:
        said = identities.facts_of(
            known.identity, known.sex, known.birth_date, known.area_code, organisation.id, whole=False
        )
        receiving = [
            identities.link_key(block, text, ring) for block, text in identities.linkage().keys(said, receiving=True)
        ]
        number = identities.number_key(known.identity, ring)
        return cls(number, said.valid, source_key(organisation, known, ring), tuple(receiving))


@dataclass(slots=True)
class _Index:
    """The persons that a chunk may be about, and what changes of them; `write` stores it with a few statements."""

    keys: Sequence[_Keys]
    ring: Sealing
    rows: dict[UUID, PersonIdentity] = field(default_factory=dict)
    by_number: dict[bytes, PersonIdentity] = field(default_factory=dict)
    by_source: dict[bytes, PersonIdentity] = field(default_factory=dict)
    by_key: dict[bytes, dict[UUID, PersonIdentity]] = field(default_factory=lambda: defaultdict(dict))
    fresh: dict[UUID, PersonIdentity] = field(default_factory=dict)
    changed: dict[UUID, PersonIdentity] = field(default_factory=dict)
    fresh_keys: dict[tuple[UUID, bytes], None] = field(default_factory=dict)
    disputed: dict[UUID, UUID] = field(default_factory=dict)
    proven: dict[tuple[UUID, UUID], link.Verdict] = field(default_factory=dict)
    opened: dict[bytes, Identity] = field(default_factory=dict)

    def __post_init__(self) -> None:
        numbers = {each.number for each in self.keys if each.number}
        sources = {each.source for each in self.keys}
        wanted = {key for each in self.keys for key in each.receiving}
        keyed = list(PersonKey.objects.filter(key__in=wanted).values_list("key", "person_id")) if wanted else []
        self._read(Q(id_no_key__in=numbers) | Q(source_key__in=sources))
        self._read_persons({person for _, person in keyed})
        self._read_persons({row.person.merged_into_id for row in self.rows.values()} - {None})
        for key, person in keyed:
            if person in self.rows:
                self.by_key[bytes(key)][person] = self.rows[person]

    def _read_persons(self, persons: Iterable[UUID | None]) -> None:
        if missing := [person for person in persons if person not in self.rows]:
            self._read(Q(person_id__in=missing))

    def _read(self, which: Q) -> None:
        for row in PersonIdentity.objects.select_related("person").filter(which).order_by("person_id"):
            self.rows[row.person_id] = row
            if row.id_no_key:
                self.by_number[bytes(row.id_no_key)] = row
            if row.source_key:
                self.by_source.setdefault(bytes(row.source_key), row)

    def find(self, known: Known, keys: _Keys, organisation: Organisation) -> Whose:
        number = keys.number
        row = self.by_number.get(number) if number else None
        holder = row if row and not self._fits(row, known.identity.name) else None
        if holder:
            row = number = None
        by_number = row
        if row is None and not keys.fits:
            number = None
        own = self.by_source.get(keys.source)
        if row is not None and own is not None:
            self._prove(row, own, known, organisation)
        row = row or own
        if row is None or row is holder or (number and row is not by_number and self._has_another(row, number)):
            row = None if holder else self._alike(known, keys, organisation)
        if row is None:
            row = self._make(known, keys, number, organisation)
        else:
            self._learn(row, known, number)
        self._remember(row, keys, number)
        root = row.person.root_id
        if holder:
            self.disputed[root] = holder.person.root_id
        return Whose(root, row.person_id if root != row.person_id else None)

    def _fits(self, row: PersonIdentity, name: str) -> bool:
        root = self.rows.get(row.person.root_id, row)
        return any(identities.names_fit(self._identity(one), name) for one in (row, root))

    def _has_another(self, row: PersonIdentity, number: bytes) -> bool:
        """Whether the person of a row, or the row itself, holds another identity number."""
        root = self.rows.get(row.person.root_id, row)
        return any(one.id_no_key and bytes(one.id_no_key) != number for one in (row, root))

    def _alike(self, known: Known, keys: _Keys, organisation: Organisation) -> PersonIdentity | None:
        """The one person whom a rule of the pack says it is; None for nobody, and for more than one."""
        candidates = {person: row for key in keys.receiving for person, row in self.by_key.get(key, {}).items()}
        if not candidates:
            return None
        rules = identities.linkage()
        said = self._facts(known, organisation)
        same: dict[UUID, PersonIdentity] = {}
        for row in candidates.values():
            if keys.number and self._has_another(row, keys.number):
                continue
            verdict = link.compare(said, self._facts_of_row(row), rules)
            if verdict.is_same:
                same.setdefault(row.person.root_id, row)
        return next(iter(same.values())) if len(same) == 1 else None

    def _prove(self, row: PersonIdentity, own: PersonIdentity, known: Known, organisation: Organisation) -> None:
        """The number is one person's, the organisation knows this person as another without a number: they are one."""
        one, other = row.person.root_id, own.person.root_id
        if one == other or own.id_no_key or self._has_another(own, bytes(row.id_no_key or b"")):
            return
        verdict = link.compare(self._facts(known, organisation), self._facts_of_row(own), identities.linkage())
        if verdict.is_same:
            self.proven[min(one, other), max(one, other)] = verdict

    def _facts(self, known: Known, organisation: Organisation) -> link.Facts:
        return identities.facts_of(known.identity, known.sex, known.birth_date, known.area_code, organisation.id)

    def _facts_of_row(self, row: PersonIdentity) -> link.Facts:
        person = row.person
        return identities.facts_of(
            self._identity(row), person.sex, person.birth_date, person.area_code, person.organisation_id
        )

    def _identity(self, row: PersonIdentity) -> Identity:
        sealed = bytes(row.sealed)
        if sealed not in self.opened:
            self.opened[sealed] = identities.unseal(row.person_id, sealed, self.ring)
        return self.opened[sealed]

    def _make(self, known: Known, keys: _Keys, number: bytes | None, organisation: Organisation) -> PersonIdentity:
        person = Person(
            id=new_id(), sex=known.sex, birth_date=known.birth_date, area_code=known.area_code,
            organisation=None if number else organisation, created_at=clock.now(),
        )  # fmt: skip
        row = PersonIdentity(person=person, source_key=keys.source)
        self._say(row, known.identity, number)
        self.rows[person.id] = self.fresh[person.id] = row
        return row

    def _learn(self, row: PersonIdentity, known: Known, number: bytes | None) -> None:
        """Add what the newer record knows: an identity number, a telephone, an address."""
        person = row.person
        before, said = self._identity(row), known.identity
        if number is None and row.id_no_key:
            said = replace(said, id_no="", id_type="")  # mistyped or another's: it takes no good one's place
        after = before.merged(said)
        facts = (person.sex, person.birth_date, person.area_code)
        if known.sex in ("male", "female"):
            person.sex = known.sex
        person.birth_date = known.birth_date or person.birth_date
        person.area_code = known.area_code or person.area_code
        root = self.rows.get(person.root_id, row)
        number = bytes(row.id_no_key) if row.id_no_key else None if root.id_no_key else number
        if after == before and facts == (person.sex, person.birth_date, person.area_code):
            return
        self._say(row, after, number)
        if row.person_id not in self.fresh:
            self.changed[row.person_id] = row

    def _say(self, row: PersonIdentity, identity: Identity, number: bytes | None) -> None:
        person = row.person
        row.sealed = identities.seal(person.id, identity, self.ring)
        self.opened[row.sealed] = identity
        row.id_no_key = number
        row.name_key = identities.name_key(identity.name, self.ring)
        row.phone_key = identities.phone_key(identity.phone, self.ring)
        person.masked_name = identities.mask_name(identity.name)[:40]
        person.masked_id_no = identities.mask_number(identity.id_no)[:30]
        person.masked_phone = identities.mask_number(identity.phone)[:30]
        if number:
            person.organisation = None

    def _remember(self, row: PersonIdentity, keys: _Keys, number: bytes | None) -> None:
        if number:
            self.by_number[number] = row
        self.by_source.setdefault(keys.source, row)
        for key in keys.receiving:
            if row.person_id not in self.by_key[key]:
                self.by_key[key][row.person_id] = row
                self.fresh_keys[row.person_id, key] = None

    def write(self, organisation: Organisation) -> list[UUID]:
        """Store what is new. Returns who is new or changed."""
        _insert(list(self.fresh.values()))
        _update(list(self.changed.values()))
        add_keys([(person, key, True) for person, key in self.fresh_keys])
        for person, of in self.disputed.items():
            conflicts.note(person, of, organisation)
        for (one, other), verdict in self.proven.items():
            pairs.prove(one, other, verdict)
        return [*self.fresh, *self.changed]


def add_keys(keys: Sequence[tuple[UUID, bytes, bool]]) -> set[UUID]:
    """Store (person, key, receiving) where not there yet; the persons who gained one."""
    if not keys:
        return set()
    persons, hashed, receiving = zip(*keys, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO records_personkey (person_id, key, receiving)
            SELECT * FROM unnest(%s::uuid[], %s::bytea[], %s::boolean[]) ON CONFLICT DO NOTHING RETURNING person_id""",
            [list(persons), list(hashed), list(receiving)],
        )
        return {person for (person,) in cursor.fetchall()}


_PERSON = """unnest(%s::uuid[], %s::text[], %s::date[], %s::text[], %s::text[], %s::text[], %s::text[], %s::uuid[])
AS n(id, sex, birth, area, name, number, phone, organisation)"""
_IDENTITY = """unnest(%s::uuid[], %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[])
AS n(id, sealed, name, number, phone, source)"""


def _insert(rows: Sequence[PersonIdentity]) -> None:
    """Two statements for a chunk; the models' own bulk_create takes three times as long."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO records_person (id, sex, birth_date, area_code, masked_name, masked_id_no, masked_phone,
            organisation_id, created_at) SELECT n.*, %s FROM {_PERSON}""",
            [clock.now(), *_person_columns(rows)],
        )
        cursor.execute(
            f"""INSERT INTO records_personidentity (person_id, sealed, name_key, id_no_key, phone_key, source_key)
            SELECT n.* FROM {_IDENTITY}""",
            _identity_columns(rows),
        )


def _update(rows: Sequence[PersonIdentity]) -> None:
    """Write what changed of many people; locked in the order of their ids, as whoever merges them does."""
    if not rows:
        return
    ids = [row.person_id for row in rows]
    list(Person.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id").values_list("id"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE records_person p SET sex = n.sex, birth_date = n.birth, area_code = n.area,
            masked_name = n.name, masked_id_no = n.number, masked_phone = n.phone, organisation_id = n.organisation
            FROM {_PERSON} WHERE p.id = n.id""",
            _person_columns(rows),
        )
        cursor.execute(
            f"""UPDATE records_personidentity p SET sealed = n.sealed, name_key = n.name, id_no_key = n.number,
            phone_key = n.phone FROM {_IDENTITY} WHERE p.person_id = n.id""",
            _identity_columns(rows),
        )


def _person_columns(rows: Sequence[PersonIdentity]) -> list[list[object]]:
    people = [row.person for row in rows]
    names = ("id", "sex", "birth_date", "area_code", "masked_name", "masked_id_no", "masked_phone", "organisation_id")
    return [[getattr(one, name) for one in people] for name in names]


def _identity_columns(rows: Sequence[PersonIdentity]) -> list[list[object]]:
    names = ("person_id", "sealed", "name_key", "id_no_key", "phone_key", "source_key")
    return [[getattr(row, name) for row in rows] for name in names]
