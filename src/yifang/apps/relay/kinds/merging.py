"""What holds of a card that two nodes changed before they heard of each other. The same at both ends, whoever asks.

The state: the higher rank wins (deleted, audited, returned, submitted, under review), between equals the later step.
The answers: both versions are kept, the later made is in force. The national number: one that only one side has holds;
of two that differ, the one entered later (a correction comes after what it corrects). Nothing is lost, and people are
told (`Conflict`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from yifang.apps.relay.models import Conflict, Peer
from yifang.apps.reporting.models import Card, CardState, CardVersion
from yifang.kernel import clock

RANK = {
    CardState.DELETED: 6, CardState.AUDITED: 5, CardState.RETURNED_BY_DISTRICT: 4, CardState.SUBMITTED: 3,
    CardState.HOSPITAL_REVIEW: 2, CardState.RETURNED_BY_HOSPITAL: 1,
}  # fmt: skip
_STEP = ("state", "reason", "reviewed_at", "audited_at")
_ENTRY = ("national_card_id", "entered_at", "entry_source")
_EITHER = ("late_reason", "died_on")


def both_changed(
    card: Card, theirs: Mapping[str, Any], versions: Sequence[CardVersion], peer: Peer
) -> tuple[dict[str, Any], Conflict | None]:
    """The columns that hold, and what people are told; None where both sides say the same."""
    ours = {name: getattr(card, name) for name in theirs}
    if all(ours[name] == theirs[name] for name in (*_STEP, *_ENTRY, "sent_version")):
        return dict(theirs), None
    made = {one.number: (one.made_at, str(one.id)) for one in versions if one.card_id == card.id}
    answers = theirs if _later(made, theirs["sent_version"], ours["sent_version"]) else ours
    steps = theirs if _outranks(theirs, ours) else ours
    entry = theirs if _entered_later(theirs, ours) else ours
    settled = dict(answers)
    settled |= {name: steps[name] for name in _STEP} | {name: entry[name] for name in _ENTRY}
    settled |= {name: settled[name] or ours[name] or theirs[name] for name in _EITHER}
    settled["audit_due_at"] = min(filter(None, (ours["audit_due_at"], theirs["audit_due_at"])), default=None)
    conflict = Conflict(
        peer=peer, kind="card", subject=card.id, ours=_said(ours), theirs=_said(theirs), kept=_said(settled),
        found_at=clock.now(),
    )  # fmt: skip
    return settled, conflict


def _later(made: Mapping[int, Any], one: int | None, other: int | None) -> bool:
    return one is not None and (other is None or (made.get(one) or ()) > (made.get(other) or ()))


def _outranks(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    first, second = (RANK.get(each["state"], 0) for each in (one, other))
    if first != second:
        return first > second
    return _moment(one) > _moment(other)


def _moment(side: Mapping[str, Any]) -> str:
    return max(str(at.isoformat()) if at else "" for at in (side["audited_at"], side["reviewed_at"]))


def _entered_later(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if one["entered_at"] is None or other["entered_at"] is None:
        return one["entered_at"] is not None
    return (one["entered_at"], one["national_card_id"]) > (other["entered_at"], other["national_card_id"])


def _said(side: Mapping[str, Any]) -> dict[str, Any]:
    """State, version and whether it is entered: nothing of what the card says."""
    return {"state": side["state"], "version": side["sent_version"], "entered": side["entered_at"] is not None}
