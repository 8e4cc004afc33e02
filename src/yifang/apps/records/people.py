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
from operator import attrgetter
from uuid import UUID

from django.db import connection

from yifang import link
from yifang.apps.accounts.keys import sealing
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.records import conflicts, pairs
from yifang.apps.records import identity as identities
from yifang.apps.records.identity import Identity
from yifang.apps.records.models import Person
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
class _Entry:
    """A `Person` with their `PersonIdentity`: a plain object, as a county's export asks for 200,000 at once."""

    id: UUID
    sex: str
    birth_date: date | None
    area_code: str
    organisation: UUID | None
    merged_into: UUID | None = None
    sealed: bytes = b""
    id_no_key: bytes | None = None
    source_key: bytes | None = None
    name_key: bytes | None = None
    phone_key: bytes | None = None
    masked_name: str = ""
    masked_id_no: str = ""
    masked_phone: str = ""

    @property
    def root(self) -> UUID:
        """The person that this one is now."""
        return self.merged_into or self.id


@dataclass(slots=True)
class _Index:
    """The persons that a chunk may be about, and what changes of them; `write` stores it with a few statements."""

    keys: Sequence[_Keys]
    ring: Sealing
    rows: dict[UUID, _Entry] = field(default_factory=dict)
    by_number: dict[bytes, _Entry] = field(default_factory=dict)
    by_source: dict[bytes, _Entry] = field(default_factory=dict)
    by_key: dict[bytes, dict[UUID, _Entry]] = field(default_factory=lambda: defaultdict(dict))
    fresh: dict[UUID, _Entry] = field(default_factory=dict)
    changed: dict[UUID, _Entry] = field(default_factory=dict)
    fresh_keys: dict[tuple[UUID, bytes], None] = field(default_factory=dict)
    disputed: dict[UUID, UUID] = field(default_factory=dict)
    proven: dict[tuple[UUID, UUID], link.Verdict] = field(default_factory=dict)
    opened: dict[bytes, Identity] = field(default_factory=dict)

    def __post_init__(self) -> None:
        numbers = {each.number for each in self.keys if each.number}
        sources = {each.source for each in self.keys}
        wanted = {key for each in self.keys for key in each.receiving}
        keyed = _keyed(wanted)
        self._read("i.id_no_key = ANY (%b::bytea[]) OR i.source_key = ANY (%b::bytea[])", list(numbers), list(sources))
        self._read_persons({person for _, person in keyed})
        self._read_persons({row.merged_into for row in self.rows.values() if row.merged_into})
        for key, person in keyed:
            if person in self.rows:
                self.by_key[key][person] = self.rows[person]

    def _read_persons(self, persons: Iterable[UUID]) -> None:
        if missing := [person for person in persons if person not in self.rows]:
            self._read("i.person_id = ANY (%b::uuid[])", missing)

    def _read(self, which: str, *values: list[bytes] | list[UUID]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"{_ENTRY} WHERE {which} ORDER BY p.id", values)
            found = [_Entry(*columns) for columns in cursor.fetchall()]
        for row in found:
            self.rows[row.id] = row
            if row.id_no_key:
                self.by_number[row.id_no_key] = row
            if row.source_key:
                self.by_source.setdefault(row.source_key, row)

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
        if holder:
            self.disputed[row.root] = holder.root
        return Whose(row.root, row.id if row.merged_into else None)

    def _fits(self, row: _Entry, name: str) -> bool:
        root = self.rows.get(row.root, row)
        return any(identities.names_fit(self._identity(one), name) for one in (row, root))

    def _has_another(self, row: _Entry, number: bytes) -> bool:
        """Whether the person of a row, or the row itself, holds another identity number."""
        root = self.rows.get(row.root, row)
        return any(one.id_no_key and one.id_no_key != number for one in (row, root))

    def _alike(self, known: Known, keys: _Keys, organisation: Organisation) -> _Entry | None:
        """The one person whom a rule of the pack says it is; None for nobody, and for more than one."""
        candidates = {person: row for key in keys.receiving for person, row in self.by_key.get(key, {}).items()}
        if not candidates:
            return None
        rules = identities.linkage()
        said = self._facts(known, organisation)
        same: dict[UUID, _Entry] = {}
        for row in candidates.values():
            if keys.number and self._has_another(row, keys.number):
                continue
            verdict = link.compare(said, self._facts_of_row(row), rules)
            if verdict.is_same:
                same.setdefault(row.root, row)
        return next(iter(same.values())) if len(same) == 1 else None

    def _prove(self, row: _Entry, own: _Entry, known: Known, organisation: Organisation) -> None:
        """The number is one person's, the organisation knows this person as another without a number: they are one."""
        one, other = row.root, own.root
        if one == other or own.id_no_key or self._has_another(own, row.id_no_key or b""):
            return
        verdict = link.compare(self._facts(known, organisation), self._facts_of_row(own), identities.linkage())
        if verdict.is_same:
            self.proven[min(one, other), max(one, other)] = verdict

    def _facts(self, known: Known, organisation: Organisation) -> link.Facts:
        return identities.facts_of(known.identity, known.sex, known.birth_date, known.area_code, organisation.id)

    def _facts_of_row(self, row: _Entry) -> link.Facts:
        return identities.facts_of(self._identity(row), row.sex, row.birth_date, row.area_code, row.organisation)

    def _identity(self, row: _Entry) -> Identity:
        if row.sealed not in self.opened:
            self.opened[row.sealed] = identities.unseal(row.id, row.sealed, self.ring)
        return self.opened[row.sealed]

    def _make(self, known: Known, keys: _Keys, number: bytes | None, organisation: Organisation) -> _Entry:
        at = None if number else organisation.id
        row = _Entry(new_id(), known.sex, known.birth_date, known.area_code, at, source_key=keys.source)
        self._say(row, known.identity, number)
        self.rows[row.id] = self.fresh[row.id] = row
        return row

    def _learn(self, row: _Entry, known: Known, number: bytes | None) -> None:
        """Add what the newer record knows: an identity number, a telephone, an address."""
        before, said = self._identity(row), known.identity
        if number is None and row.id_no_key:
            said = replace(said, id_no="", id_type="")  # mistyped or another's: it takes no good one's place
        after = before.merged(said)
        facts = (row.sex, row.birth_date, row.area_code)
        if known.sex in ("male", "female"):
            row.sex = known.sex
        row.birth_date = known.birth_date or row.birth_date
        row.area_code = known.area_code or row.area_code
        root = self.rows.get(row.root, row)
        number = row.id_no_key or (None if root.id_no_key else number)
        if after == before and facts == (row.sex, row.birth_date, row.area_code):
            return
        self._say(row, after, number)
        if row.id not in self.fresh:
            self.changed[row.id] = row

    def _say(self, row: _Entry, identity: Identity, number: bytes | None) -> None:
        row.sealed = identities.seal(row.id, identity, self.ring)
        self.opened[row.sealed] = identity
        row.id_no_key = number
        row.name_key = identities.name_key(identity.name, self.ring)
        row.phone_key = identities.phone_key(identity.phone, self.ring)
        row.masked_name = identities.mask_name(identity.name)[:40]
        row.masked_id_no = identities.mask_number(identity.id_no)[:30]
        row.masked_phone = identities.mask_number(identity.phone)[:30]
        if number:
            row.organisation = None

    def _remember(self, row: _Entry, keys: _Keys, number: bytes | None) -> None:
        if number:
            self.by_number[number] = row
        self.by_source.setdefault(keys.source, row)
        for key in keys.receiving:
            if row.id not in self.by_key[key]:
                self.by_key[key][row.id] = row
                self.fresh_keys[row.id, key] = None

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


def _keyed(keys: Iterable[bytes]) -> list[tuple[bytes, UUID]]:
    """The persons that are found by these keys."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, person_id FROM records_personkey WHERE key = ANY (%b::bytea[])", [list(keys)])
        return cursor.fetchall()


def add_keys(keys: Sequence[tuple[UUID, bytes, bool]]) -> set[UUID]:
    """Store (person, key, receiving) where not there yet; the persons who gained one."""
    if not keys:
        return set()
    persons, hashed, receiving = zip(*keys, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO records_personkey (person_id, key, receiving)
            SELECT * FROM unnest(%b::uuid[], %b::bytea[], %b::boolean[]) ON CONFLICT DO NOTHING RETURNING person_id""",
            [list(persons), list(hashed), list(receiving)],
        )
        return {person for (person,) in cursor.fetchall()}


# One person looked up for each identity: the planner would rather read all people, who are more with every batch.
_ENTRY = """SELECT p.id, p.sex, p.birth_date, p.area_code, p.organisation_id, p.merged_into_id, i.sealed, i.id_no_key,
i.source_key FROM records_personidentity i
CROSS JOIN LATERAL (SELECT * FROM records_person WHERE id = i.person_id OFFSET 0) p"""
_PERSON = """unnest(%b::uuid[], %b::text[], %b::date[], %b::text[], %b::text[], %b::text[], %b::text[], %b::uuid[])
AS n(id, sex, birth, area, name, number, phone, organisation)"""
_IDENTITY = """unnest(%b::uuid[], %b::bytea[], %b::bytea[], %b::bytea[], %b::bytea[], %b::bytea[])
AS n(id, sealed, name, number, phone, source)"""


def _insert(rows: Sequence[_Entry]) -> None:
    """Two statements for a chunk; the models' own bulk_create takes three times as long."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO records_person (id, sex, birth_date, area_code, masked_name, masked_id_no, masked_phone,
            organisation_id, created_at) SELECT n.*, %s FROM {_PERSON}""",
            [clock.now(), *_columns(rows, _PERSON_OF)],
        )
        cursor.execute(
            f"""INSERT INTO records_personidentity (person_id, sealed, name_key, id_no_key, phone_key, source_key)
            SELECT n.* FROM {_IDENTITY}""",
            _columns(rows, _IDENTITY_OF),
        )


def _update(rows: Sequence[_Entry]) -> None:
    """Write what changed of many people; locked in the order of their ids, as whoever merges them does."""
    if not rows:
        return
    ids = [row.id for row in rows]
    list(Person.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id").values_list("id"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE records_person p SET sex = n.sex, birth_date = n.birth, area_code = n.area,
            masked_name = n.name, masked_id_no = n.number, masked_phone = n.phone, organisation_id = n.organisation
            FROM {_PERSON} WHERE p.id = n.id""",
            _columns(rows, _PERSON_OF),
        )
        cursor.execute(
            f"""UPDATE records_personidentity p SET sealed = n.sealed, name_key = n.name, id_no_key = n.number,
            phone_key = n.phone FROM {_IDENTITY} WHERE p.person_id = n.id""",
            _columns(rows, _IDENTITY_OF),
        )


_PERSON_OF = attrgetter(
    "id", "sex", "birth_date", "area_code", "masked_name", "masked_id_no", "masked_phone", "organisation"
)
_IDENTITY_OF = attrgetter("id", "sealed", "name_key", "id_no_key", "phone_key", "source_key")


def _columns(rows: Sequence[_Entry], of: attrgetter[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*map(of, rows), strict=True)]
