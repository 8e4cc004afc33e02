"""Two persons became one, or two again: their cards may report one illness, their cases may have to part.

A merge makes no case vanish: cards of one disease within one illness are put before the district as duplicates. After a
split each card finds its own person's case again, and what the records of the one said about the other is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from yifang.apps.ledger.subscriptions import Heard
from yifang.apps.reporting.models import NO_REPORT, Card
from yifang.apps.reporting.subscribers import cases, duplicates

MERGED, SPLIT = "records.persons_merged", "records.persons_split"
KINDS = (MERGED, SPLIT)


def on_persons(heard: Sequence[Heard]) -> None:
    """Look at the cards of these persons again."""
    for entry in heard:
        cards = _cards(entry.facts[who] for who in ("alias", "survivor"))
        if entry.kind == SPLIT:
            cases.on_cards(cards)
        duplicates.on_cards(cards)


def _cards(persons: Iterable[str]) -> list[Heard]:
    """The cards of these persons, each as if it had been told of."""
    wanted = Card.objects.filter(person__in=[UUID(person) for person in persons]).exclude(state__in=NO_REPORT)
    found = wanted.order_by("id").values_list("id", flat=True)
    return [Heard(0, "reporting.card_linked", "card", one, None, {}) for one in found]
