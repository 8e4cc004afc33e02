"""What happens to a card that was sent on: correction (订正), death correction, deletion.

A correction is a new version, never a state: the card keeps its number and its place. Nothing is removed from the
database; a deleted card stays with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting import policy, versions
from yifang.apps.reporting.models import Card, CardState
from yifang.apps.reporting.rules import blocking
from yifang.apps.reporting.services import cards, revising
from yifang.apps.reporting.services.errors import CardErrors
from yifang.apps.reporting.services.hospital import check_reporter
from yifang.kernel.errors import UserError
from yifang.knowledge import load

_NOT_CORRECTED = ("card_no", "report_org", "report_area")


def correct(card_id: UUID, changes: Mapping[str, Any], reason: str, viewer: Viewer) -> Card:
    """Correct a submitted or audited card: `changes` are the fields that differ. The old version stays.

    A new disease names the one it replaces (订正病名); its old case is excluded and a new one made. What kind of
    correction it was, and its own clocks, stand in `Revision`. The card's clocks only become stricter. Raises UserError
    `reporting.nothing_changed`, CardErrors with every finding.
    """
    with transaction.atomic():
        card = cards.taken(card_id)
        policy.check(card, "correct", viewer)
        why = cards.reason_given(reason)
        standing = versions.current(card)
        before = versions.answers_of(standing)
        given = {**before, **{name: value for name, value in changes.items() if name not in _NOT_CORRECTED}}
        changed = versions.changed_fields(before, given)
        if not changed:
            raise UserError("reporting.nothing_changed")
        given["card_type"] = "2"
        if card.disease and given.get("disease") != card.disease:
            given["revised_from_disease"] = load().disease(card.disease).name
        findings = cards.findings_of(card, given)
        if blocking(findings):
            raise CardErrors(findings)
        check_reporter(card, given)
        was = revising.Was(card)
        cards.apply(card, given)
        version = cards.add_version(card, given, viewer, before=standing, findings=findings, reported=True, reason=why)
        card.sent_version = card.version
        card.save()
        made = revising.record(card, version, was)
        cards.follow(card, viewer)
        cards.tell(card, "corrected", viewer, fields=changed, digest=versions.digest(version), kind=made.kind)
    return card


def delete(card_id: UUID, reason: str, viewer: Viewer) -> Card:
    """Delete a card with a reason; it stays readable. A draft is nobody's business yet and cannot be deleted."""
    with transaction.atomic():
        card = cards.taken(card_id)
        policy.check(card, "delete", viewer)
        card.state, card.reason = CardState.DELETED, cards.reason_given(reason)
        card.save()
        cards.follow(card, viewer)
        cards.tell(card, "deleted", viewer, said=cards.say(card, "deleted", card.reason, viewer))
    return card
