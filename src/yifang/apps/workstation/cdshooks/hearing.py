"""What the doctor did with a card in the other system comes back: accepted, or overridden with a reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from yifang.apps.accounts.viewers import Viewer, enter, viewer_of
from yifang.apps.ledger.services import Change, append
from yifang.apps.reporting.models import DismissReason
from yifang.apps.workstation.cdshooks.asking import BadQuestion
from yifang.apps.workstation.models import Outcome, Prompt, Reminder
from yifang.apps.workstation.services.prompted import dismiss, doctors_seat, prompt_user
from yifang.apps.workstation.services.reminding import close_reminder
from yifang.kernel import clock
from yifang.kernel.errors import UserError

_MOST = 100


@dataclass(frozen=True, slots=True)
class Said:
    """One item of feedback."""

    card: UUID
    outcome: str
    code: str
    comment: str


def read(body: bytes) -> list[Said]:
    """The items of a feedback body. Raises BadQuestion 400."""
    try:
        root = json.loads(body)
        items = root["feedback"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadQuestion(400, "feedback_shape", field="feedback") from None
    if not isinstance(items, list) or not 0 < len(items) <= _MOST:
        raise BadQuestion(400, "feedback_shape", field="feedback")
    return list(_items(items))


def _items(items: list[Any]) -> Iterator[Said]:
    for number, one in enumerate(items):
        place = f"feedback[{number}]"
        if not isinstance(one, dict):
            raise BadQuestion(400, "feedback_shape", field=place)
        try:
            card = UUID(str(one.get("card")))
        except ValueError:
            raise BadQuestion(400, "feedback_shape", field=f"{place}.card") from None
        outcome = one.get("outcome")
        if outcome not in (Outcome.ACCEPTED, Outcome.OVERRIDDEN):
            raise BadQuestion(400, "feedback_shape", field=f"{place}.outcome")
        if not isinstance(one.get("outcomeTimestamp"), str):
            raise BadQuestion(400, "feedback_shape", field=f"{place}.outcomeTimestamp")
        why = one.get("overrideReason") or {}
        if not isinstance(why, dict):
            raise BadQuestion(400, "feedback_shape", field=f"{place}.overrideReason")
        reason = why.get("reason") or {}
        code = reason.get("code", "") if isinstance(reason, dict) else ""
        comment = why.get("userComment", "")
        yield Said(card, str(outcome), code if isinstance(code, str) else "", str(comment or "")[:200])


def take(said: list[Said], organisation: UUID) -> int:
    """Keep what was said of cards that this hospital was shown. Returns of how many; the others are nobody's here."""
    kept = 0
    for one in said:
        user = prompt_user(one.card, organisation)
        seat = doctors_seat(user, organisation) if user is not None else None
        if seat is None:
            continue
        with enter(viewer_of(seat)) as viewer:
            prompt = Prompt.objects.select_for_update().filter(id=one.card, organisation_id=organisation).first()
            if prompt is None:
                kept += _reminder_closed(one, viewer)
                continue
            kept += 1
            if prompt.outcome == Outcome.OVERRIDDEN:  # said once: a second word changes nothing
                continue
            prompt.outcome, prompt.answered_at = one.outcome, clock.now()
            prompt.reason_code = one.code if one.code in DismissReason.values else ""
            prompt.reason = one.comment.strip()
            prompt.save(update_fields=["outcome", "answered_at", "reason_code", "reason"])
            append(
                Change(
                    "workstation.prompt_answered", "suspicion", prompt.suspicion_id,
                    facts={"outcome": one.outcome, "reason": prompt.reason_code},
                    scopes=[f"org:{organisation}"],
                ),
                viewer,
            )  # fmt: skip
            if one.outcome == Outcome.OVERRIDDEN and prompt.suspicion_id is not None:
                dismiss(prompt, viewer)
    return kept


def _reminder_closed(one: Said, viewer: Viewer) -> bool:
    """Close a reminder of care by what the client says; without a reason of ours it stays open. True for one shown."""
    if not Reminder.objects.filter(id=one.card, user_id=viewer.user_id).exists():
        return False
    with suppress(UserError):
        close_reminder(one.card, viewer, code=one.code, note=one.comment)
    return True
