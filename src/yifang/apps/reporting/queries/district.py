"""What the district's pages read beside their lists: persons and duplicates of a page of cards, who reports, pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from yifang.apps.accounts.viewers import Viewer, list_scope
from yifang.apps.places.models import Organisation, OrganisationKind
from yifang.apps.records.models import Person
from yifang.apps.reporting.models import Card, Duplicate, DuplicateState
from yifang.kernel import areas

_REPORTERS = (OrganisationKind.HOSPITAL, OrganisationKind.PRIMARY)
MOST_REPORTERS = 400


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a page of cards: their persons by id, and how many pairs wait by card."""

    persons: dict[UUID, Person]
    pairs: Counter[UUID]


def around(cards: Sequence[Card]) -> Around:
    """Persons and unjudged duplicates of these cards, in two reads."""
    ids = [card.id for card in cards]
    persons = Person.objects.in_bulk({card.person_id for card in cards if card.person_id})
    pairs: Counter[UUID] = Counter()
    if ids:
        waiting = Duplicate.objects.filter(Q(earlier__in=ids) | Q(later__in=ids), state=DuplicateState.OPEN)
        for earlier, later in waiting.values_list("earlier_id", "later_id"):
            pairs.update({earlier, later})
    return Around(persons, pairs)


def cards_of(ids: Sequence[UUID]) -> dict[UUID, Card]:
    """Those of the cards that the viewer sees."""
    return Card.objects.in_bulk(ids)


def pairs(card: Card) -> list[Duplicate]:
    """Every pair of the card that the viewer sees both sides of: what waits first, then what was judged."""
    found = Duplicate.objects.filter(Q(earlier=card) | Q(later=card)).select_related(
        "earlier__organisation", "later__organisation", "answered_by"
    )
    return sorted(found, key=lambda one: (one.state != DuplicateState.OPEN, one.found_at))


def reporters(viewer: Viewer) -> list[Organisation]:
    """The institutions that report in the viewer's area: the choices of a filter. None for who looks from one place."""
    if not list_scope(viewer).startswith("area:"):
        return []
    level = areas.level(viewer.area_code)
    prefix = {"province": viewer.area_code[:2], "city": viewer.area_code[:4]}.get(level, viewer.area_code)
    rows = Organisation.objects.filter(kind__in=_REPORTERS, area_code__startswith=prefix, active=True)
    return list(rows.only("id", "name", "area_code").order_by("code")[:MOST_REPORTERS])
