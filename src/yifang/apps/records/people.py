"""Finding the person of a record, in bulk: by identity number on the whole node, else within the sending organisation.

Without a number a person is the same when name, sex and birth date agree in one organisation; with nothing to go by,
the organisation's own patient number, and at last the record itself. A number that comes under another name (a
borrowed card, a child under its mother's) overwrites nobody: both are kept and the hospital is asked (`conflicts`).
The full person index comes with `link`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q

from yifang.apps.accounts.keys import sealing
from yifang.apps.places.models import Organisation
from yifang.apps.records import conflicts
from yifang.apps.records import identity as identities
from yifang.apps.records.identity import Identity
from yifang.apps.records.models import Person, PersonIdentity
from yifang.kernel import clock
from yifang.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class Known:
    """What a source says of a person; `own_key` finds them again when nothing else does."""

    identity: Identity
    sex: str
    birth_date: date | None
    area_code: str
    own_key: str


def source_key(organisation: Organisation, known: Known) -> bytes:
    """The search key of a person without a number, within one organisation."""
    if known.identity.name and known.birth_date:
        name = known.identity.name
        return sealing().index("source", f"{organisation.id}|{name}|{known.sex}|{known.birth_date.isoformat()}")
    return sealing().index("source", f"{organisation.id}|{known.own_key}")


def find_or_make(people: Sequence[Known], organisation: Organisation) -> list[UUID]:
    """The person ids of `people`, in their order; makes those not known yet, adds what is newly known of the others.

    Runs in the caller's transaction. Two writers that make the same person at once: the later one's transaction fails
    on a unique key and is tried again by the caller.
    """
    keys = [(identities.number_key(known.identity), source_key(organisation, known)) for known in people]
    by_number, by_source = _existing(keys)
    found: list[UUID] = []
    fresh: dict[UUID, tuple[Person, PersonIdentity]] = {}
    disputed: dict[UUID, UUID] = {}
    for known, (number, source) in zip(people, keys, strict=True):
        row = by_number.get(number) if number else None
        holder = row if row and not identities.same_name(_name(row), known.identity.name) else None
        if holder:
            row = number = None
        row = row or by_source.get(source)
        if row is None or row is holder or (number and row.id_no_key and bytes(row.id_no_key) != number):
            row = _make(known, number, source, organisation, fresh)
        else:
            _learn(row, known, number, is_fresh=row.person_id in fresh)
        if number:
            by_number[number] = row
        by_source.setdefault(source, row)
        if holder:
            disputed[row.person_id] = holder.person_id
        found.append(row.person_id)
    Person.objects.bulk_create([person for person, _ in fresh.values()], batch_size=1000)
    PersonIdentity.objects.bulk_create([identity for _, identity in fresh.values()], batch_size=1000)
    for person, of in disputed.items():
        conflicts.note(person, of, organisation)
    return found


def _existing(
    keys: Sequence[tuple[bytes | None, bytes]],
) -> tuple[dict[bytes, PersonIdentity], dict[bytes, PersonIdentity]]:
    numbers = {number for number, _ in keys if number}
    sources = {source for _, source in keys}
    rows = PersonIdentity.objects.select_related("person").filter(Q(id_no_key__in=numbers) | Q(source_key__in=sources))
    by_number: dict[bytes, PersonIdentity] = {}
    by_source: dict[bytes, PersonIdentity] = {}
    for row in rows.order_by("person_id"):
        if row.id_no_key:
            by_number[bytes(row.id_no_key)] = row
        if row.source_key:
            by_source.setdefault(bytes(row.source_key), row)
    return by_number, by_source


def _make(
    known: Known,
    number: bytes | None,
    source: bytes,
    organisation: Organisation,
    fresh: dict[UUID, tuple[Person, PersonIdentity]],
) -> PersonIdentity:
    person = Person(
        id=new_id(), sex=known.sex, birth_date=known.birth_date, area_code=known.area_code,
        organisation=None if number else organisation, created_at=clock.now(),
    )  # fmt: skip
    row = PersonIdentity(person=person, source_key=source)
    _write(row, known.identity, number)
    fresh[person.id] = (person, row)
    return row


def _learn(row: PersonIdentity, known: Known, number: bytes | None, *, is_fresh: bool) -> None:
    """Add what the newer record knows: an identity number, a telephone, an address."""
    person = row.person
    before = identities.unseal(row.person_id, row.sealed)
    after = before.merged(known.identity)
    facts = (person.sex, person.birth_date, person.area_code)
    if known.sex in ("male", "female"):
        person.sex = known.sex
    person.birth_date = known.birth_date or person.birth_date
    person.area_code = known.area_code or person.area_code
    number = bytes(row.id_no_key) if row.id_no_key else number
    if after == before and facts == (person.sex, person.birth_date, person.area_code):
        return
    _write(row, after, number)
    if not is_fresh:
        person.save()
        row.save()


def _name(row: PersonIdentity) -> str:
    return identities.unseal(row.person_id, row.sealed).name


def _write(row: PersonIdentity, identity: Identity, number: bytes | None) -> None:
    person = row.person
    row.sealed = identities.seal(person.id, identity)
    row.id_no_key = number
    row.name_key = identities.name_key(identity.name)
    row.phone_key = identities.phone_key(identity.phone)
    person.masked_name = identities.mask_name(identity.name)[:40]
    person.masked_id_no = identities.mask_number(identity.id_no)[:30]
    person.masked_phone = identities.mask_number(identity.phone)[:30]
    if number:
        person.organisation = None
