"""The number of a card in a specialist system, typed by the hospital's desk; mended by typing it again."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting import desks, policy
from yifang.apps.reporting.models import RegisterEntry
from yifang.apps.reporting.services import cards
from yifang.apps.work import services as work
from yifang.kernel import clock
from yifang.kernel.errors import UserError
from yifang.kernel.ids import new_id
from yifang.knowledge import load

_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{3,39}", re.ASCII)


def register(card_id: UUID, register_id: str, number: str, at: datetime | None, viewer: Viewer) -> RegisterEntry:
    """Record the number and time; the same again changes nothing.

    Raises UserError `reporting.register_unknown` for a system that does not want the disease, `reporting.entry_number`,
    `reporting.register_time` (missing, in the future, before diagnosis), `reporting.register_taken`.
    """
    number = number.strip()
    with transaction.atomic():
        card = cards.taken(card_id)
        policy.check(card, "register", viewer)
        if register_id not in {one.id for one in load().quality.registers_of(card.disease)}:
            raise UserError("reporting.register_unknown")
        if not _NUMBER.fullmatch(number):
            raise UserError("reporting.entry_number")
        when = cards.moment_in_utc(at) if at else None
        if when is None or when > clock.now() or (card.diagnosed_at and when < card.diagnosed_at):
            raise UserError("reporting.register_time")
        entry = card.registered.filter(register=register_id).first()
        if entry is not None and (entry.number, entry.registered_at) == (number, when):
            return entry
        before = {} if entry is None else {"number": entry.number, "registered_at": str(entry.registered_at)}
        entry = entry or RegisterEntry(id=new_id(), card=card, register=register_id)
        entry.number, entry.registered_at, entry.made_at, entry.made_by_id = number, when, clock.now(), viewer.user_id
        try:
            with transaction.atomic():
                entry.save()
        except IntegrityError:
            raise UserError("reporting.register_taken") from None
        work.end("card_register", card.id, viewer, outcome="registered", proof=number)
        desks.follow_card(card, viewer)
        said = cards.say(card, "registered", register_id, viewer, before=before) if before else ""
        cards.tell(card, "registered", viewer, register=register_id, said=said)
    return entry
