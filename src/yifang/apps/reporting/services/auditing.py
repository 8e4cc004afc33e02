"""The district: audit one card or many, or send one back.

A card is audited once it stands in the national system. Bulk audit leaves aside, with the reason, every card that a
person must look at by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting import clocks, policy
from yifang.apps.reporting.models import NO_REPORT, Card, CardState
from yifang.apps.reporting.rules import form_of
from yifang.apps.reporting.services import cards, revising
from yifang.kernel import clock, messages
from yifang.kernel.errors import NotAllowed, UserError, WrongState, YifangError
from yifang.knowledge import load
from yifang.knowledge.models.thresholds import ClusterThreshold

_PUPILS = ("1", "3")
UNDO = timedelta(minutes=10)  # ours: long enough to notice, too short for anybody to have built on it


def audit(card_id: UUID, viewer: Viewer) -> Card:
    """Final audit (终审). Raises WrongState `reporting.audit_before_entry` for a card without its national number."""
    with transaction.atomic():
        card = cards.taken(card_id)
        policy.check(card, "audit", viewer)
        _audit(card, viewer)
    return card


def return_by_district(card_id: UUID, code: str, note: str, viewer: Viewer) -> Card:
    """Send a card back to hospital and doctor. `code` is one of the pack's return reasons.

    Raises UserError `reporting.return_reason` for another, or for 其他 in no words.
    """
    reasons = form_of(load()).fields["return_reason"].codes or {}
    with transaction.atomic():
        card = cards.taken(card_id)
        policy.check(card, "return_by_district", viewer)
        if code not in reasons or (code == "其他" and not note.strip()):
            raise UserError("reporting.return_reason", reasons=list(reasons))
        card.state = CardState.RETURNED_BY_DISTRICT
        card.reason = f"{code}:{note.strip()}"[:300] if note.strip() else code
        card.save()
        cards.follow(card, viewer)
        cards.tell(card, "returned", viewer, said=cards.say(card, "returned", card.reason, viewer))
    return card


def undo_audit(card_ids: Sequence[UUID], viewer: Viewer) -> list[Card]:
    """Take back audits that were a slip: one's own, within `UNDO`, of cards that nothing has happened to since.

    All or none. Raises NotAllowed `reporting.undo_not_yours`, WrongState `reporting.undo_too_late`.
    """
    with transaction.atomic():
        found = [cards.taken(card_id) for card_id in sorted(set(card_ids))]
        for card in found:
            policy.check(card, "undo_audit", viewer)
            if card.audited_by_id != viewer.user_id:
                raise NotAllowed("reporting.undo_not_yours")
            if not may_undo(card, viewer):
                raise WrongState("reporting.undo_too_late", minutes=UNDO // timedelta(minutes=1))
            card.state, card.audited_at, card.audited_by = CardState.SUBMITTED, None, None
            card.save()
            cards.follow(card, viewer)
            cards.tell(card, "audit_undone", viewer)
    return found


def may_undo(card: Card, viewer: Viewer) -> bool:
    """Whether the audit is the viewer's own, fresh, and nothing was written since."""
    if card.audited_at is None or card.audited_by_id != viewer.user_id or clock.now() - card.audited_at > UNDO:
        return False
    return not card.versions.filter(made_at__gt=card.audited_at).exists()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a card cannot be audited in bulk: message code and parameters."""

    card: UUID
    card_no: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)

    def says(self, lang: str = "zh") -> str:
        """The reason in words."""
        return messages.render(self.code, self.params, lang)


@dataclass(frozen=True, slots=True)
class BulkPreview:
    """`ready` would be audited, each of `blocked` says why not."""

    ready: tuple[UUID, ...]
    blocked: tuple[Verdict, ...]

    def says(self, lang: str = "zh") -> str:
        """“12 rows change, 3 blocked because …”, each reason once with its count."""
        counted: dict[str, int] = {}
        for verdict in self.blocked:
            reason = verdict.says(lang)
            counted[reason] = counted.get(reason, 0) + 1
        reasons = [f"{reason} ({count})" for reason, count in counted.items()]
        code = "reporting.bulk_blocked" if reasons else "reporting.bulk_ready"
        return messages.render(code, {"ready": len(self.ready), "blocked": len(self.blocked), "reasons": reasons}, lang)


def bulk_audit_preview(card_ids: Sequence[UUID], viewer: Viewer) -> BulkPreview:
    """What a bulk audit of these cards would do; cards that the viewer cannot see count as blocked."""
    viewer.check("card.audit")
    found = {card.id: card for card in Card.objects.filter(id__in=card_ids)}
    return _sorted_out([(id, found.get(id)) for id in dict.fromkeys(card_ids)], viewer)


def bulk_audit(card_ids: Sequence[UUID], viewer: Viewer) -> BulkPreview:
    """Audit those that may be audited in bulk, leave the others; the answer says which and why."""
    viewer.check("card.audit")
    with transaction.atomic():
        rows = Card.objects.select_for_update(of=("self",)).filter(id__in=card_ids).order_by("id")
        found = {card.id: card for card in rows.select_related("organisation", "school")}
        outcome = _sorted_out([(id, found.get(id)) for id in dict.fromkeys(card_ids)], viewer)
        for card_id in outcome.ready:
            _audit(found[card_id], viewer)
    return outcome


def _audit(card: Card, viewer: Viewer) -> None:
    if card.entered_at is None:
        raise WrongState("reporting.audit_before_entry")
    card.state, card.reason = CardState.AUDITED, ""
    card.audited_at, card.audited_by_id = clock.now(), viewer.user_id
    card.save()
    revising.settle(card, viewer)
    cards.follow(card, viewer)
    cards.tell(card, "audited", viewer)


def _sorted_out(rows: Sequence[tuple[UUID, Card | None]], viewer: Viewer) -> BulkPreview:
    ready, blocked = [], []
    for card_id, card in rows:
        verdict = Verdict(card_id, "", "reporting.no_card") if card is None else _obstacle(card, viewer)
        if verdict is None:
            ready.append(card_id)
        else:
            blocked.append(verdict)
    return BulkPreview(tuple(ready), tuple(blocked))


def _obstacle(card: Card, viewer: Viewer) -> Verdict | None:
    """The first reason why a person must look at this card by itself."""
    try:
        policy.check(card, "audit", viewer)
    except YifangError as error:
        return Verdict(card.id, card.card_no, error.code, error.params)
    if card.entered_at is None:
        return Verdict(card.id, card.card_no, "reporting.audit_before_entry")
    if card.merged_into_id is not None:
        return Verdict(card.id, card.card_no, "reporting.bulk_merged")
    disease = load().disease(card.disease).for_subtype(card.subtype)
    if clocks.is_urgent(disease):
        return Verdict(card.id, card.card_no, "reporting.bulk_class_a")
    if card.died_on is not None:
        return Verdict(card.id, card.card_no, "reporting.bulk_death")
    if card.group == "hiv":
        return Verdict(card.id, card.card_no, "reporting.bulk_hiv")
    if card.group == "tb" and card.population in _PUPILS:
        return Verdict(card.id, card.card_no, "reporting.bulk_tb_pupil")
    if rule := cluster_of(card):
        params = {"rule": rule.id, "cases": rule.cases, "days": rule.window_days}
        return Verdict(card.id, card.card_no, "reporting.bulk_cluster", params)
    return None


def cluster_of(card: Card) -> ClusterThreshold | None:
    """The pack's rule for clusters, outbreaks or events that the card and others of its school or class fulfil.

    Counts the cards that the viewer sees, by onset date within the rule's window around this one's.
    """
    if card.school_id is None or card.onset_date is None:
        return None
    for rule in load().thresholds.cluster:
        if rule.disease not in (card.disease, "any"):
            continue
        units = {rule.unit} if isinstance(rule.unit, str) else set(rule.unit)
        same = Card.objects.filter(disease=card.disease, school_id=card.school_id, merged_into=None)
        if "class" in units and card.school_class:
            same = same.filter(school_class=card.school_class)
        elif not {"school", "kindergarten", "any_collective"} & units:
            continue
        span = timedelta(days=rule.window_days - 1)
        near = same.filter(onset_date__range=(card.onset_date - span, card.onset_date + span))
        if near.exclude(state__in=NO_REPORT).count() >= rule.cases:
            return rule
    return None
