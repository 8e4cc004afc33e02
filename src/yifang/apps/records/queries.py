"""Reads of people and their records, scoped by the viewer: masked facts freely, identity only on purpose.

What later apps know of a person comes from the providers of `kernel.protocols.timeline`. Every look leaves an entry
in the access stream.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.viewers import Viewer, enter
from yifang.apps.ledger.services import looked
from yifang.apps.records import identity
from yifang.apps.records.models import Person, PersonIdentity, Record
from yifang.formats import canonical
from yifang.formats.storage import from_json
from yifang.kernel import identity_number, protocols
from yifang.kernel.errors import NotFound

SEARCHING = "look-up"  # the purpose of a look-up: it reads keyed hashes, never an identity
MOST_RECORDS = 200


@dataclass(frozen=True, slots=True)
class Opened:
    """A stored version and the canonical record it holds (without its person)."""

    row: Record
    record: canonical.Record
    versions: Sequence[Record]


def person(person_id: UUID, viewer: Viewer) -> Person:
    """One person: facts and masked forms. Raises NotFound `records.no_person`; leaves an access entry."""
    viewer.check("person.open")
    with transaction.atomic():
        found = Person.objects.filter(id=person_id).first()
        if found is None:
            raise NotFound("records.no_person")
        looked("person.viewed", "person", person_id, viewer)
    return found


def time_line(person_id: UUID, viewer: Viewer) -> list[protocols.TimelineEntry]:
    """What every app knows of the person and the viewer may see, the latest first."""
    entries = [entry for source in protocols.timeline for entry in source.call(viewer, person_id)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def records_of(person_id: UUID) -> list[Record]:
    """The current records of a person that the entered viewer may see, the latest first."""
    rows = Record.objects.filter(person=person_id, current=True).select_related("organisation")
    return list(rows.order_by("-at")[:MOST_RECORDS])


def record(record_id: UUID, viewer: Viewer) -> Opened:
    """One version of a record. Raises NotAllowed, NotFound `records.no_record`; leaves an access entry."""
    viewer.check("record.view")
    with transaction.atomic():
        row = Record.objects.select_related("organisation", "person").filter(id=record_id).first()
        if row is None:
            raise NotFound("records.no_record")
        looked("record.viewed", "record", record_id, viewer)
    versions = list(Record.objects.filter(key=row.key).defer("payload").order_by("-version"))
    return Opened(row, from_json(row.payload), versions)


def look_up(viewer: Viewer, text: str, limit: int = 20) -> list[Person]:
    """The people whose name, identity number or telephone is exactly `text`, as far as the viewer may see them.

    Found by keyed hash.
    """
    if not viewer.can("person.open"):
        return []
    keys = _keys(text)
    if not keys:
        return []
    found: dict[UUID, Person] = {}
    with enter(viewer.acting_for(SEARCHING)):
        for column, key in keys:
            rows = PersonIdentity.objects.filter(**{column: key}).select_related("person").only("person")
            found |= {row.person_id: row.person for row in rows[:limit]}
    return list(found.values())[:limit]


def searched(viewer: Viewer, found: int) -> None:
    """A search through all apps leaves one entry in the access stream: how much it found, never its text."""
    with transaction.atomic():
        looked("person.searched", "person", None, viewer.acting_for(viewer.purpose or SEARCHING), found=found)


def _keys(text: str) -> list[tuple[str, bytes]]:
    """Which keyed hashes a text may stand for: a number looks like one, anything else is a name."""
    text = text.strip()
    if len(text) < 2:
        return []
    keys: list[tuple[str, bytes | None]] = [("name_key", identity.name_key(text))]
    if identity_number.is_valid(text):
        keys = [("id_no_key", sealing().index("id", identity_number.parse(text).number))]
    elif sum(one.isdigit() for one in text) >= 7:
        keys = [
            ("phone_key", identity.phone_key(text)),
            *(("id_no_key", sealing().index("id", f"{kind}:{text}")) for kind in ("03", "99")),
        ]
    return [(column, key) for column, key in keys if key is not None]
