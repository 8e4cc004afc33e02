"""Suspicions, cards and cases of a person who turns out to be another, and back again. Jobs only.

Nothing is judged here: two cases of one illness stay two until the district merges their cards (`subscribers.persons`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from yifang.apps.reporting.models import AbnormalResult, AuditLine, Card, Case, ClinicSign, Interruption, Suspicion
from yifang.kernel import protocols

_EPISODE = 64
_OF_RECORDS = (AuditLine, AbnormalResult, ClinicSign)


def register() -> None:
    """Called once, when the app is ready."""
    protocols.person_rows.add(protocols.PersonRows("reporting", move, restore))


def move(alias: UUID, survivor: UUID) -> dict[str, Any]:
    """Everything of `alias` becomes the survivor's; what is needed to bring it back."""
    suspicions = list(Suspicion.objects.select_for_update().filter(person=alias).order_by("id"))
    taken = set(Suspicion.objects.filter(person=survivor).values_list("disease", "episode"))
    episodes = {str(one.id): one.episode for one in suspicions}
    for one in suspicions:
        if (one.disease, one.episode) in taken:  # one hospital asked about both that day: both questions stay
            one.episode = f"{one.episode[: _EPISODE - 13]}~{one.id.hex[-12:]}"
        one.person_id = survivor
        one.save(update_fields=["person", "episode"])
    moved = {"suspicions": episodes, "cards": _ids(Card, alias), "cases": _ids(Case, alias)}
    # One of the same day stays as it is: its questions moved, and that day was asked about already.
    days = Interruption.objects.filter(person=survivor, organisation=OuterRef("organisation"), began=OuterRef("began"))
    Interruption.objects.filter(person=alias).exclude(Exists(days)).update(person=survivor)
    for model in _OF_RECORDS:
        model.objects.filter(person=alias).update(person=survivor)
    Card.objects.filter(person=alias).update(person=survivor)
    Case.objects.filter(person=alias).update(person=survivor)
    return moved


def restore(alias: UUID, survivor: UUID, moved: dict[str, Any], records: Sequence[UUID]) -> list[UUID]:
    """What was the alias's, and what has come of their `records` since. A case follows when all of its cards do."""
    back: list[UUID] = []
    for model in _OF_RECORDS:  # whose they are follows from their record
        model.objects.filter(record__in=records, person=survivor).update(person=alias)
    of_alias = Suspicion.objects.filter(id__in=moved["suspicions"]) | Suspicion.objects.filter(record__in=records)
    for one in of_alias.filter(person=survivor):
        one.person_id, one.episode = alias, moved["suspicions"].get(str(one.id), one.episode)
        one.save(update_fields=["person", "episode"])
        back.append(one.id)
    Interruption.objects.filter(person=survivor, lead__in=back).update(person=alias)
    cards = Card.objects.filter(id__in=moved["cards"]) | Card.objects.filter(suspicion__in=back)
    returned = list(cards.filter(person=survivor))
    Card.objects.filter(id__in=[card.id for card in returned]).update(person=alias)
    cases = Case.objects.filter(id__in=moved["cases"]) | Case.objects.filter(cards__in=returned)
    for case in cases.filter(person=survivor).distinct():
        if str(case.id) in moved["cases"] or not case.cards.exclude(person=alias).exists():
            case.person_id = alias
            case.save(update_fields=["person"])
            back.append(case.id)
    return [*back, *(card.id for card in returned)]


def _ids(model: type[Card] | type[Case], person: UUID) -> list[str]:
    return [str(one) for one in model.objects.filter(person=person).order_by("id").values_list("id", flat=True)]
