"""追踪复诊提醒: a card reported as suspected or clinical that later evidence makes surer asks to be corrected.

The result may come after discharge and from another hospital: the reminder goes to whoever reported, without the value.
It ends when the card's class is as sure, when the card is gone, or when a person says why it stays as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from yifang.apps.ledger.services import NODE
from yifang.apps.reporting import desks
from yifang.apps.reporting.identifying import Kept, evidence_from_json
from yifang.apps.reporting.models import NO_REPORT, Card, Suspicion
from yifang.apps.work import services as work
from yifang.apps.work.models import WorkItem
from yifang.apps.work.services import DeskAt
from yifang.identify.case_classes import ClassBook

KIND = "card_follow_up"
UNSURE = ("suspected", "clinical")
_RANK = {"suspected": 1, "clinical": 2, "confirmed": 3}


def remind(later: Mapping[tuple[UUID, str], Sequence[Kept]], classes: ClassBook) -> list[Card]:
    """Ask for the correction of cards that this evidence, of persons and diseases reported before, makes surer."""
    if not later:
        return []
    people, diseases = {person for person, _ in later}, {disease for _, disease in later}
    cards = Card.objects.filter(person_id__in=people, disease__in=diseases, case_class__in=UNSURE, merged_into=None)
    known: dict[tuple[UUID, str], list[Kept]] = defaultdict(list)
    raised = Suspicion.objects.filter(person_id__in=people, disease__in=diseases)
    for one in raised.only("person_id", "disease", "evidence"):
        known[one.person_id, one.disease] += one.evidence
    asked = []
    settled = WorkItem.objects.filter(kind=KIND, outcome="kept", subject__in=cards.values("id"))
    for card in cards.exclude(state__in=NO_REPORT).exclude(id__in=settled.values("subject")):
        key = (card.person_id, card.disease)
        if key not in later:
            continue
        said = [evidence_from_json(item) for item in [*known[key], *later[key]]]
        proposed = classes.of(card.disease, said)
        if proposed in _RANK and _RANK[proposed] > _RANK[card.case_class]:
            _ask(card)
            asked.append(card)
    return asked


def follow(cards: Iterable[Card]) -> None:
    """End what a correction or a deletion has answered."""
    for card in cards:
        if card.case_class not in UNSURE or card.state in NO_REPORT:
            work.end(KIND, card.id, NODE, outcome="corrected")


def _ask(card: Card) -> None:
    doctor = (DeskAt(f"user:{card.doctor_id}", "clinician"),) if card.doctor_id else ()
    desk = DeskAt(f"org:{card.organisation_id}", "hospital_desk")
    title, title_en = desks.title_of(card), desks.title_of(card, "en")
    work.open_item(KIND, "card", card.id, (*doctor, desk), NODE, title=title, title_en=title_en)
