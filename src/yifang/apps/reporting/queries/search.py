"""Looking up by exact name, identity number, telephone or card number; nothing is found that the viewer may not see."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from yifang.apps.accounts.viewers import Viewer, enter
from yifang.apps.records import identity as identities
from yifang.apps.records.identity import Identity
from yifang.apps.records.models import PersonIdentity
from yifang.apps.records.queries import SEARCHING
from yifang.apps.reporting.models import Card, Case, Suspicion

_PERSONS = 50


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What a text stands for among what the viewer sees."""

    cards: list[Card]
    cases: list[Case]
    suspicions: list[Suspicion]


def look_up(viewer: Viewer, text: str, limit: int = 20) -> LookedUp:
    """Cards, cases and suspicions of the persons that `text` names exactly, and the card whose number it is."""
    text = text.strip()
    if not text:
        return LookedUp([], [], [])
    persons = _persons(viewer, text)
    cards: list[Card] = []
    if viewer.can("card.view"):
        wanted = Q(card_no=text) | Q(national_card_id=text, national_card_id__gt="") | Q(person_id__in=persons)
        rows = Card.objects.filter(wanted).select_related("organisation", "person")
        cards = list(rows.order_by("-created_at")[:limit])
    cases: list[Case] = []
    if viewer.can("case.list"):
        rows = Case.objects.filter(person_id__in=persons).select_related("report_org", "person")
        cases = list(rows.order_by("-entered_on")[:limit])
    suspicions: list[Suspicion] = []
    if viewer.can("suspicion.list"):
        rows = Suspicion.objects.filter(person_id__in=persons).select_related("person")
        suspicions = list(rows.order_by("-evidence_at")[:limit])
    return LookedUp(cards, cases, suspicions)


def _persons(viewer: Viewer, text: str) -> list[UUID]:
    """Persons shown to the viewer whose name, number or telephone is exactly the text."""
    keys = Q(name_key=identities.name_key(text))
    for kind in ("01", "03"):
        if number := identities.number_key(Identity(id_type=kind, id_no=text)):
            keys |= Q(id_no_key=number)
    if phone := identities.phone_key(text):
        keys |= Q(phone_key=phone)
    # The purpose of a search is the search: what it finds is shown masked.
    with enter(viewer if viewer.purpose else viewer.acting_for(SEARCHING)):
        found = PersonIdentity.objects.filter(keys).select_related("person").only("person")
        return [row.person.root_id for row in found[:_PERSONS]]
