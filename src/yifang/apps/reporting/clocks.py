"""The two legal clocks of a card. Pure: diseases and times in, times out.

The first runs from diagnosis to the entry in the national system, hospital review inside it; the second from entry to
audit. Both count hours through nights, weekends and holidays.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from yifang.knowledge import Knowledge
from yifang.knowledge.models.diseases import Disease


def report_due(disease: Disease, diagnosed_at: datetime) -> datetime:
    """When the card must stand in the national system; `disease` has its subtype's limits in force (`for_subtype`)."""
    return diagnosed_at + timedelta(hours=disease.report_hours)


def audit_due(disease: Disease, entered_at: datetime, knowledge: Knowledge) -> datetime:
    """When the audit must be done: the urgent clock of `card_audit` for class A and the like, else the plain one."""
    clock, _ = knowledge.work.kind("card_audit").for_urgency(is_urgent(disease))
    return entered_at + timedelta(hours=clock.hours or 0)


def stricter(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier of two limits: what is typed later never moves a legal limit outwards."""
    return min((at for at in (one, other) if at is not None), default=None)


def is_urgent(disease: Disease) -> bool:
    """Class A and what is treated as such, and what is new or of unknown cause: due within two hours."""
    return disease.is_class_a_like or disease.is_urgent


def is_late(due_at: datetime | None, entered_at: datetime | None, now: datetime) -> bool:
    """Whether the entry came after the limit, or is missing although the limit has passed."""
    return due_at is not None and (entered_at or now) > due_at
