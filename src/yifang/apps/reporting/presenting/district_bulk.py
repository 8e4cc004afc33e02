"""What a bulk audit would do and what it would leave aside, card by card and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from yifang.apps.accounts.words import message_language
from yifang.apps.reporting.models import Card
from yifang.apps.reporting.presenting import district, words
from yifang.apps.reporting.services import BulkPreview


@dataclass(frozen=True, slots=True)
class Named:
    """A card as a person knows it again; `url` is empty for one that the viewer cannot see."""

    number: str
    who: str
    disease: str
    url: str


def ready(preview: BulkPreview, cards: Mapping[UUID, Card]) -> list[Named]:
    """The cards that would be audited."""
    return [_named(id, cards) for id in preview.ready]


def blocked(preview: BulkPreview, cards: Mapping[UUID, Card]) -> list[tuple[str, Sequence[Named]]]:
    """Each reason with its cards, the commonest first."""
    found: dict[str, list[Named]] = {}
    for verdict in preview.blocked:
        found.setdefault(verdict.says(message_language()), []).append(_named(verdict.card, cards))
    return sorted(found.items(), key=lambda one: -len(one[1]))


def reasons(outcome: BulkPreview) -> str:
    """Every reason once, with its count."""
    counted = Counter(verdict.says(message_language()) for verdict in outcome.blocked)
    return "；".join(f"{reason} ({count})" for reason, count in counted.most_common())


def _named(id: UUID, cards: Mapping[UUID, Card]) -> Named:
    card = cards.get(id)
    if card is None:
        return Named(_("看不到的卡"), "", "", "")
    return Named(
        card.card_no, district.who(card.group, card.id, card.masked_name), words.disease(card.disease, card.subtype),
        reverse("reporting:audit_card", args=[id]),
    )  # fmt: skip
