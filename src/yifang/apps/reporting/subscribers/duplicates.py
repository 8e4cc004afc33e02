"""A card was reported or changed: other cards of the same person and disease within one illness are put beside it.

Candidates are found by equal keyed hashes across all hospitals, then compared; the district judges each pair. A pair
that no longer looks alike after a correction is taken away while nobody has judged it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import QuerySet

from yifang.apps.accounts.keys import sealing
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.ledger.subscriptions import Heard
from yifang.apps.reporting import likeness, pairing, versions, visible
from yifang.apps.reporting.models import NO_REPORT, Card, CardKey, CardState, Duplicate, DuplicateState
from yifang.apps.reporting.rules import illness_days
from yifang.apps.reporting.subscribers.cards import taken
from yifang.kernel import clock
from yifang.knowledge import load

KINDS = tuple(f"reporting.card_{step}" for step in ("reported", "approved", "corrected", "deleted"))
_CANDIDATES = 200  # a telephone of an institution may stand on many cards


def on_cards(heard: Sequence[Heard]) -> None:
    """Renew the keys of these cards and look for their duplicates."""
    for card in taken(heard):
        CardKey.objects.filter(card=card).delete()
        if card.state == CardState.DELETED:
            _take_away(_open_pairs(card), card)
            continue
        person = pairing.who(card, versions.in_force(card))
        hashed = {kind: sealing().index(f"card.{kind}", text) for kind, text in likeness.keys(person).items()}
        CardKey.objects.bulk_create(
            [CardKey(card=card, kind=kind, disease=card.disease, key=key) for kind, key in hashed.items()]
        )
        _pair(card, person, list(hashed.values()))


def _pair(card: Card, person: likeness.Who, keys: Sequence[bytes]) -> None:
    alike = CardKey.objects.filter(key__in=keys, disease=card.disease).exclude(card=card).values("card_id")
    of_one_person = Card.objects.filter(person__isnull=False, person=card.person_id, disease=card.disease)
    others = (Card.objects.filter(id__in=alike) | of_one_person.exclude(id=card.id)).exclude(state__in=NO_REPORT)
    days = illness_days(card.disease, load())
    if days is not None and card.onset_date is not None:
        span = timedelta(days=days)
        others = others.filter(onset_date__range=(card.onset_date - span, card.onset_date + span))
    found = set()
    candidates = list(others.order_by("-created_at")[:_CANDIDATES])
    standing = versions.all_in_force(candidates)
    for other in candidates:
        scored = likeness.compare(person, pairing.who(other, standing[other.id]))
        if not scored.is_suspected and (card.person_id is None or other.person_id != card.person_id):
            continue
        earlier, later = sorted((card, other), key=lambda one: (one.created_at, one.id))
        pair, made = Duplicate.objects.get_or_create(
            earlier=earlier, later=later, defaults={"scores": dict(scored.scores), "found_at": clock.now()}
        )
        found.add(pair.id)
        if made:
            scopes = list(visible.of_card(later))
            append(Change("reporting.duplicate_found", "card", later.id, facts={"pair": pair.id}, scopes=scopes), NODE)
        elif pair.state == DuplicateState.OPEN:
            pair.scores = dict(scored.scores)
            pair.save(update_fields=["scores"])
        elif pair.state == DuplicateState.KEPT and pair.judged_by not in ("", pairing.judged_by(earlier, later)):
            # “Not a duplicate” is remembered for what it was said of; these are other answers.
            pair.state, pair.scores, pair.judged_by = DuplicateState.OPEN, dict(scored.scores), ""
            pair.save(update_fields=["state", "scores", "judged_by"])
            scopes = list(visible.of_card(later))
            facts = {"pair": pair.id, "again": True}
            append(Change("reporting.duplicate_found", "card", later.id, facts=facts, scopes=scopes), NODE)
    _take_away(_open_pairs(card).exclude(id__in=found), card)


def _take_away(pairs: QuerySet[Duplicate], card: Card) -> None:
    """Nobody need judge these any more: the card changed or is gone."""
    for pair in pairs.select_related("later__school"):
        change = Change(
            "reporting.duplicate_gone", "card", pair.later_id,
            facts={"pair": pair.id, "earlier": pair.earlier_id, "because": card.id},
            scopes=list(visible.of_card(pair.later)),
        )  # fmt: skip
        pair.delete()
        append(change, NODE)


def _open_pairs(card: Card) -> QuerySet[Duplicate]:
    return (Duplicate.objects.filter(earlier=card) | Duplicate.objects.filter(later=card)).filter(
        state=DuplicateState.OPEN
    )
