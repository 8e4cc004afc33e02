"""When a work item falls due and when it climbs its ladder. Pure: rules and times in, times out."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from yifang.kernel.clock import CHINA
from yifang.knowledge import load
from yifang.knowledge.models.work import Clock, Rung


def due(clock: Clock, starts: datetime) -> datetime:
    """`hours` run through nights and holidays; `working_days` end at the close of the last one (17:30)."""
    if clock.hours is not None:
        return starts + timedelta(hours=clock.hours)
    day = load().calendar.add_working_days(starts.astimezone(CHINA).date(), clock.working_days or 0)
    return datetime.combine(day, time(17, 30), tzinfo=CHINA)


def escalation(ladder: Sequence[Rung], rung: int, starts: datetime, due_at: datetime) -> datetime | None:
    """When rung number `rung` (from 0) of the ladder is climbed; None above the last one."""
    if rung >= len(ladder):
        return None
    step = ladder[rung]
    if step.after_hours is not None:
        return starts + timedelta(hours=step.after_hours)
    return starts + (due_at - starts) * (step.after_fraction or 0.0)
