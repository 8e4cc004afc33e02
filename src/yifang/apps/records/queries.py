"""Reads of people and their records, scoped by the viewer: masked facts freely, identity only on purpose.

What later apps know of a person comes from the providers of `kernel.protocols.timeline`. Every look leaves an entry
in the access stream.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.models import Visibility
from yifang.apps.accounts.viewers import Viewer, enter, list_scope
from yifang.apps.ledger.services import looked
from yifang.apps.records import identity
from yifang.apps.records.models import PairState, Person, PersonIdentity, PersonMerge, PersonPair, Record
from yifang.apps.records.pairs import KIND as PAIR
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


@dataclass(frozen=True, slots=True)
class PairOpened:
    """Two persons side by side; `merge` is what became of them, None while they are two."""

    pair: PersonPair
    merge: PersonMerge | None


def person_pairs(
    viewer: Viewer,
    state: str = PairState.OPEN,
    *,
    after: tuple[datetime, UUID] | None = None,
    backwards: bool = False,
    limit: int = 50,
) -> list[PersonPair]:
    """Up to `limit` + 1 pairs in `state` of which the viewer sees both, the longest waiting first, from `after` on."""
    viewer.check("person.link")
    rows = _pairs_of(viewer, state).select_related("one", "other", "answered_by")
    if after is not None:
        at, key = after
        sign = "lt" if backwards else "gt"
        rows = rows.filter(Q(**{f"found_at__{sign}": at}) | Q(**{"found_at": at, f"id__{sign}": key}))
    order = ("-found_at", "-id") if backwards else ("found_at", "id")
    return list(rows.order_by(*order)[: limit + 1])


def person_pair_counts(viewer: Viewer, most: int) -> dict[str, int]:
    """How many pairs there are in each state, counted up to one beyond `most`."""
    viewer.check("person.link")
    return {state: _pairs_of(viewer, state)[: most + 1].count() for state in PairState.values}


def person_pairs_waiting(viewer: Viewer) -> int:
    """How many pairs wait for the viewer, at most a thousand: the number beside the menu."""
    return _pairs_of(viewer, PairState.OPEN)[:1000].count() if viewer.can("person.link") else 0


def person_pair(pair_id: UUID, viewer: Viewer) -> PairOpened:
    """One pair. Raises NotAllowed, NotFound `records.no_pair`; leaves an access entry that names both persons."""
    viewer.check("person.link")
    with transaction.atomic():
        pair = PersonPair.objects.select_related("one", "other", "answered_by").filter(id=pair_id).first()
        if pair is None:
            raise NotFound("records.no_pair")
        looked("person.compared", PAIR, pair_id, viewer, one=pair.one_id, other=pair.other_id)
    return PairOpened(pair, PersonMerge.objects.filter(pair=pair, undone_at=None).first())


def pairs_about(person_id: UUID, viewer: Viewer) -> list[PersonPair]:
    """The pairs of a person that wait, and those by which another name became theirs."""
    if not viewer.can("person.link"):
        return []
    family = [person_id, *Person.objects.filter(merged_into=person_id).values_list("id", flat=True)]
    rows = PersonPair.objects.filter(Q(one__in=family) | Q(other__in=family), state=PairState.OPEN)
    return list(rows.select_related("one", "other").order_by("found_at")[:20])


def aliases(person_id: UUID) -> list[PersonMerge]:
    """Under which other names the person is known, as far as the entered viewer sees them, the latest first."""
    rows = PersonMerge.objects.filter(alias__merged_into=person_id, undone_at=None)
    return list(rows.select_related("alias", "pair").order_by("-merged_at"))


def _pairs_of(viewer: Viewer, state: str) -> QuerySet[PersonPair]:
    """Pairs listed at the viewer's place; the rows' own policy asks whether both persons are seen."""
    listed = Visibility.objects.filter(scope=list_scope(viewer), kind=PAIR).values("subject")
    return PersonPair.objects.filter(id__in=listed, state=state)


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
            rows = PersonIdentity.objects.filter(**{column: key}).select_related("person__merged_into").only("person")
            people = [row.person.merged_into or row.person for row in rows[:limit]]
            found |= {one.id: one for one in people}
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
