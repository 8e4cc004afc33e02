"""What each measure of the `quality` pack says of one card. Pure: what is known of the card in, verdicts out.

A measure that is not in the answer has the card not in its denominator; true is its numerator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from yifang.kernel import identity_number

_UNKNOWN_GROUP = "28"
_WRONG = ("逻辑错误", "诊断不符")  # return reasons of the card that say something was not right
_COMPARED = ("name", "id_no", "sex", "birth_date", "diagnosis_datetime")
_ALIKE_RULE = "L28"  # “possible duplicate” is a question, no mistake


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction: its kind, and whether it and its audit kept their limits (None: no limit, or not due yet)."""

    kind: str
    in_time: bool | None
    audited_in_time: bool | None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a card. `answers` are those in force, `drafted` what the record filled in, empty for none."""

    now: datetime
    urgent: bool
    report_due_at: datetime | None
    entered_at: datetime | None
    audit_due_at: datetime | None
    audited_at: datetime | None
    late_reason: str
    merged: bool
    answers: Mapping[str, Any]
    drafted: Mapping[str, Any]
    remarks: Sequence[Mapping[str, Any]]
    returns: Sequence[str]  # reasons of the district
    revisions: Sequence[Corrected]
    first_class: str
    case_class: str
    settled_at: datetime | None  # when a suspected card became something else
    suspected_days: int
    checksummed: frozenset[str]  # kinds of papers whose number has a check digit


def judge(card: Known) -> dict[str, bool]:
    """Measure → verdict, for the measures whose denominator the card is in."""
    found = {name: measure(card) for name, measure in MEASURES.items()}
    return {name: verdict for name, verdict in found.items() if verdict is not None}


def timely(card: Known) -> bool | None:
    if card.entered_at is None or card.report_due_at is None:
        return None
    return card.entered_at <= card.report_due_at


def audit(card: Known) -> bool | None:
    if card.entered_at is None or card.audit_due_at is None:
        return None
    if card.audited_at is None:
        return False if card.now > card.audit_due_at else None
    return card.audited_at <= card.audit_due_at


def complete(card: Known) -> bool | None:
    missing = any(one["code"] in ("reporting.field_missing", "reporting.field_no_number") for one in card.remarks)
    return not missing and str(card.answers.get("population", "")) != _UNKNOWN_GROUP


def accurate(card: Known) -> bool | None:
    remarked = any(one["rule"].startswith("L") and one["rule"] != _ALIKE_RULE for one in card.remarks)
    returned = any(reason.startswith(wrong) for reason in card.returns for wrong in _WRONG)
    return not remarked and not returned


def consistent(card: Known) -> bool | None:
    compared = [name for name in _COMPARED if card.drafted.get(name)]
    if not compared:
        return None
    return all(_same(card.drafted[name], card.answers.get(name)) for name in compared)


def id_valid(card: Known) -> bool | None:
    number, kind = str(card.answers.get("id_no", "")), str(card.answers.get("id_type", ""))
    if kind in card.checksummed:
        return identity_number.is_valid(number)
    return len(number) >= 5  # 无, 不详


def corrected(card: Known) -> bool | None:
    return any(one.kind == "other" for one in card.revisions)


def revision(card: Known) -> bool | None:
    limits = [one.in_time for one in card.revisions if one.in_time is not None]
    return all(limits) if limits else None


def revision_audit(card: Known) -> bool | None:
    limits = [one.audited_in_time for one in card.revisions if one.audited_in_time is not None]
    return all(limits) if limits else None


def suspected(card: Known) -> bool | None:
    if "suspected" not in (card.first_class, card.case_class) or card.entered_at is None:
        return None
    until = card.entered_at + timedelta(days=card.suspected_days)
    if card.settled_at is not None:
        return card.settled_at <= until
    return False if card.now > until else None


def explained(card: Known) -> bool | None:
    return bool(card.late_reason) if timely(card) is False else None


def _urgent(measure: Callable[[Known], bool | None]) -> Callable[[Known], bool | None]:
    return lambda card: measure(card) if card.urgent else None


def _same(one: Any, other: Any) -> bool:
    """The same answer; a time by its day."""
    return str(one)[:10] == str(other or "")[:10] if "T" in str(one)[10:11] else str(one) == str(other or "")


MEASURES: Mapping[str, Callable[[Known], bool | None]] = {
    "timely": timely,
    "timely_urgent": _urgent(timely),
    "complete": complete,
    "accurate": accurate,
    "consistent": consistent,
    "id_valid": id_valid,
    "duplicate": lambda card: card.merged,
    "corrected": corrected,
    "returned": lambda card: bool(card.returns),
    "revision": revision,
    "suspected": suspected,
    "explained": explained,
    "audit": audit,
    "audit_urgent": _urgent(audit),
    "revision_audit": revision_audit,
}
