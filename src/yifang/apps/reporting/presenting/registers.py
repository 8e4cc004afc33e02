"""How the specialist systems of a card are told: the number in each, or since when it is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import translation

from yifang.apps.reporting.models import Card, RegisterEntry
from yifang.knowledge import load


@dataclass(frozen=True, slots=True)
class Shown:
    """A specialist system that wants the card, its entry if there is one, and when it is due."""

    id: str
    name: str
    entry: RegisterEntry | None
    due_at: datetime | None


def of_card(card: Card) -> list[Shown]:
    """The systems that want a card of this disease."""
    wanted = load().quality.registers_of(card.disease)
    if not wanted:
        return []
    entries = {one.register: one for one in card.registered.all()}
    english = (translation.get_language() or "").startswith("en")
    return [
        Shown(
            one.id, one.en if english else one.zh, entries.get(one.id),
            card.entered_at + timedelta(hours=one.hours) if card.entered_at else None,
        )
        for one in wanted
    ]  # fmt: skip
