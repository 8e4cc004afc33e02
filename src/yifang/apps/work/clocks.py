"""When a work item falls due and when it climbs its ladder. Pure: rules and times in, times out."""

from datetime import datetime, time, timedelta

from yifang.kernel.clock import CHINA
from yifang.knowledge import load


def due(rule, starts: datetime) -> datetime | None:
    """`hours` run through nights and holidays; `working_days` end at the close of the last one (17:30)."""
    if rule.hours is not None:
        return starts + timedelta(hours=rule.hours)
    if rule.working_days is not None:
        day = load().calendar.add_working_days(starts.astimezone(CHINA).date(), rule.working_days)
        return datetime.combine(day, time(17, 30), tzinfo=CHINA)
    return None


def escalation(rule, rung: int, starts: datetime, due_at: datetime | None) -> datetime | None:
    """When rung number `rung` (from 0) of the ladder is climbed; None above the last one."""
    if rung >= len(rule.escalation):
        return None
    step = rule.escalation[rung]
    if step.after_hours is not None:
        return starts + timedelta(hours=step.after_hours)
    if due_at is None:
        return None
    return starts + (due_at - starts) * step.after_fraction
