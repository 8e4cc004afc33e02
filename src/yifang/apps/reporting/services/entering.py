"""The entry in the national system: its number and time stop the report clock and start the audit clock.

Typed by the desk, or reconciled with an export of that system (`reconcile`). What is late is recorded late, with its
reason; nothing else stops the clock.
"""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import Actor
from yifang.apps.reporting import clocks, policy
from yifang.apps.reporting.models import Card, EntrySource
from yifang.apps.reporting.services import cards
from yifang.kernel import clock
from yifang.kernel.errors import UserError, WrongState
from yifang.knowledge import load

_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{5,39}", re.ASCII)


def record_entry(
    card_id: UUID,
    by: Actor,
    *,
    national_card_id: str,
    entered_at: datetime | None,
    late_reason: str = "",
    source: EntrySource = EntrySource.TYPED,
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
        if is_entered(card, national_card_id):
            return card
        enter(card, national_card_id, entered_at, late_reason, source=source)
        cards.follow(card, by)
        cards.tell(card, "entered", by, source=source)
    return card


def is_entered(card: Card, number: str) -> bool:
    """Whether the card bears this number already. Raises WrongState `reporting.entered_already` where another."""
    if card.entered_at is not None and card.national_card_id != number.strip():
        raise WrongState("reporting.entered_already", number=card.national_card_id)
    return card.entered_at is not None


def correct_entry(
    card_id: UUID, viewer: Viewer, *, national_card_id: str, entered_at: datetime | None, reason: str
) -> Card:
    """Mend a mistyped national number or entry time; the old pair is kept with the reason.

    The audit limit follows the entry time, for that is a fact of the national system. Raises WrongState
    `reporting.not_entered`, UserError `reporting.reason_needed`, `reporting.nothing_changed`, and as `record_entry`.
    """
    with transaction.atomic():
        card = cards.taken(card_id)
        policy.check(card, "correct_entry", viewer)
        if card.entered_at is None:
            raise WrongState("reporting.not_entered")
        why = cards.reason_given(reason)
        before = {"national_card_id": card.national_card_id, "entered_at": card.entered_at}
        # A late entry is recorded late; its reason may be given afterwards.
        enter(card, national_card_id, entered_at, source=EntrySource.TYPED, ask_late=False)
        changed = [name for name, value in before.items() if getattr(card, name) != value]
        if not changed:
            raise UserError("reporting.nothing_changed")
        kept = {name: str(value) for name, value in before.items()}
        said = cards.say(card, "entry_corrected", why, viewer, before=kept)
        cards.follow(card, viewer)
        cards.tell(card, "entry_corrected", viewer, fields=changed, said=said)
    return card


def enter(
    card: Card,
    number: str,
    entered_at: datetime | None,
    late_reason: str = "",
    *,
    source: EntrySource = EntrySource.TYPED,
    ask_late: bool = True,
) -> None:
    """Check the number and time and write them to the card (saved). Raises as `record_entry`.

    What was read from the system's own file is recorded late where it is, without asking why.
    """
    number, at = check_entry(card, number, entered_at)
    late_reason = late_reason.strip() or card.late_reason
    asked = ask_late and source == EntrySource.TYPED
    if asked and clocks.is_late(card.report_due_at, at, at) and not late_reason:
        raise UserError("reporting.late_reason_needed")
    disease = load().disease(card.disease).for_subtype(card.subtype)
    card.national_card_id, card.entered_at, card.late_reason = number, at, late_reason[:200]
    card.entry_source, card.audit_due_at = source, clocks.audit_due(disease, at, load())
    try:
        with transaction.atomic():
            card.save()
    except IntegrityError:  # the other card may be one that this viewer must not know of
        raise UserError("reporting.entry_taken") from None


def check_entry(card: Card, number: str, entered_at: datetime | None) -> tuple[str, datetime]:
    """The number, stripped, and the time, in UTC. Raises UserError `reporting.entry_number`, `reporting.entry_time`."""
    number = number.strip()
    if not _NUMBER.fullmatch(number):
        raise UserError("reporting.entry_number")
    at = cards.moment_in_utc(entered_at) if entered_at else None
    if at is None or at > clock.now() or (card.diagnosed_at and at < card.diagnosed_at):
        raise UserError("reporting.entry_time")
    return number, at


def explain_late(card_id: UUID, reason: str, viewer: Viewer) -> Card:
    """Give the reason of a late card afterwards. Raises WrongState `reporting.not_late` for one that is not."""
    with transaction.atomic():
        card = cards.taken(card_id)
        policy.check(card, "explain", viewer)
        if not clocks.is_late(card.report_due_at, card.entered_at, clock.now()):
            raise WrongState("reporting.not_late")
        card.late_reason = cards.reason_given(reason)[:200]
        card.save(update_fields=["late_reason"])
        said = cards.say(card, "late_explained", card.late_reason, viewer)
        cards.tell(card, "late_explained", viewer, fields=["late_reason"], said=said)
    return card
