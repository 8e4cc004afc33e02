"""How often a series is counted, found from its dates: every day, week or month; and the date of each step.

A month is one step whatever its length; a week is seven days, from whichever weekday the series has.
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

_SHARE = 0.5  # of the gaps, and more, fit: the others are slips, to be named and not taken for a finer cadence


@dataclass(frozen=True, slots=True)
class Cadence:
    """A cadence: its name and how many steps make a year."""

    name: str
    freq: float

    def place(self, day: date, start: date) -> int | None:
        """The 0-based step of `day` counted from `start`; None when it lies before it or between two steps."""
        if day < start:
            return None
        if self.name == "month":
            months = 12 * (day.year - start.year) + day.month - start.month
            return months if _same_day_of_month(start, day) else None
        steps, rest = divmod((day - start).days, 7 if self.name == "week" else 1)
        return None if rest else steps

    def start(self, days: Sequence[date]) -> date:
        """The first of the days that keeps to the cadence as most of them do, so that a slip is not what counts."""
        keys = [_last(day) or day.day if self.name == "month" else day.toordinal() % 7 for day in days]
        if self.name == "day":
            return min(days)
        usual = Counter(keys).most_common(1)[0][0]
        return min(day for day, key in zip(days, keys, strict=True) if key == usual)

    def day(self, start: date, step: int) -> date:
        """The date of a step counted from `start`."""
        if self.name == "month":
            years, month = divmod(start.month - 1 + step, 12)
            year, last = start.year + years, calendar.monthrange(start.year + years, month + 1)[1]
            return date(year, month + 1, last if _last(start) else min(start.day, last))
        return start + timedelta(days=step * (7 if self.name == "week" else 1))


DAY = Cadence("day", 365.25)
WEEK = Cadence("week", 365.25 / 7)
MONTH = Cadence("month", 12.0)


def found(days: Sequence[date]) -> Cadence:
    """The cadence of days in order: of months or weeks where most gaps are whole ones, else of days.

    One day alone shows nothing and counts as a week.
    """
    gaps = [(a, b) for a, b in pairwise(days) if a != b]
    if not gaps:
        return WEEK
    least = _SHARE * len(gaps)
    if sum(_months_apart(a, b) for a, b in gaps) > least:
        return MONTH
    return WEEK if sum((b - a).days % 7 == 0 for a, b in gaps) > least else DAY


def _months_apart(a: date, b: date) -> bool:
    return (a.year, a.month) != (b.year, b.month) and _same_day_of_month(a, b)


def _same_day_of_month(a: date, b: date) -> bool:
    return a.day == b.day or (_last(a) and _last(b))


def _last(day: date) -> bool:
    """It is the last of its month."""
    return day.day == calendar.monthrange(day.year, day.month)[1]
