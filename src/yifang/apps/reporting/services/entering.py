"""The entry in the national system: its number and time stop the report clock and start the audit clock.

Typed by the desk, or reconciled from the county's export by the node (then without a viewer). What is late is recorded
late, with its reason; nothing else stops the clock.
"""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import Actor
from yifang.apps.reporting import clocks, policy
from yifang.apps.reporting.models import Card
from yifang.apps.reporting.services import cards
from yifang.kernel import clock
from yifang.kernel.errors import UserError, WrongState
from yifang.knowledge import load

_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{5,39}", re.ASCII)


def record_entry(
    card_id: UUID, by: Actor, *, national_card_id: str, entered_at: datetime | None, late_reason: str = ""
) -> Card:
    """Record that the card stands in the national system. The same entry again does nothing.

    Raises UserError: `reporting.entry_number` (form), `reporting.entry_taken` (another card has it),
    `reporting.entry_time` (missing, in the future, before diagnosis), `reporting.late_reason_needed`;
    WrongState `reporting.entered_already` for another number than the one recorded.
    """
    with transaction.atomic():
        card = cards.taken(card_id)
        if (viewer := cards.as_viewer(by)) is not None:
            policy.check(card, "enter", viewer)
        if card.entered_at is not None:
            if card.national_card_id == national_card_id.strip():
                return card
            raise WrongState("reporting.entered_already", number=card.national_card_id)
        enter(card, national_card_id, entered_at, late_reason, reconciled=viewer is None)
        cards.follow(card, by)
        cards.tell(card, "entered", by)
    return card


def enter(
    card: Card, number: str, entered_at: datetime | None, late_reason: str = "", *, reconciled: bool = False
) -> None:
    """Check the number and time and write them to the card (saved). Raises as `record_entry`."""
    number = number.strip()
    if not _NUMBER.fullmatch(number):
        raise UserError("reporting.entry_number")
    at = cards.moment_in_utc(entered_at) if entered_at else None
    if at is None or at > clock.now() or (card.diagnosed_at and at < card.diagnosed_at):
        raise UserError("reporting.entry_time")
    late_reason = late_reason.strip() or card.late_reason
    if clocks.is_late(card.report_due_at, at, at) and not late_reason and not reconciled:
        raise UserError("reporting.late_reason_needed")
    disease = load().disease(card.disease).for_subtype(card.subtype)
    card.national_card_id, card.entered_at, card.late_reason = number, at, late_reason[:200]
    card.audit_due_at = clocks.audit_due(disease, at, load())
    try:
        with transaction.atomic():
            card.save()
    except IntegrityError:  # the other card may be one that this viewer must not know of
        raise UserError("reporting.entry_taken") from None


def explain_late(card_id: UUID, reason: str, viewer: Viewer) -> Card:
    """Give the reason of a late card afterwards. Raises WrongState `reporting.not_late` for one that is not."""
    with transaction.atomic():
        card = cards.taken(card_id)
        policy.check(card, "explain", viewer)
        if not clocks.is_late(card.report_due_at, card.entered_at, clock.now()):
            raise WrongState("reporting.not_late")
        card.late_reason = cards.reason_given(reason)[:200]
        card.save(update_fields=["late_reason"])
        cards.tell(card, "late_explained", viewer, fields=["late_reason"])
    return card
