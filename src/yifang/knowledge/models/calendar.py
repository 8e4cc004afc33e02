"""The calendar of working days: statutory days off, and weekend days worked in exchange, year by year.

Only for clocks that may stop for holidays. A year the pack does not hold falls back to Monday to Friday, and says so.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property
from typing import ClassVar

from yifang.knowledge.models.base import Entry, Model, Pack


class Holiday(Model):
    """A holiday: the days off from `first` to `last`, both included, and the weekend days `worked` for it."""

    name: str
    en: str
    first: date
    last: date
    worked: tuple[date, ...] = ()


class Year(Entry):
    """The arrangement of one year as the State Council's office announced it."""

    year: int
    holidays: tuple[Holiday, ...]


class CalendarPack(Pack):
    """`calendar.yaml`."""

    NAME: ClassVar[str] = "calendar"
    years: tuple[Year, ...]

    @cached_property
    def _off(self) -> frozenset[date]:
        return frozenset(
            one.first + timedelta(days=offset)
            for year in self.years
            for one in year.holidays
            for offset in range((one.last - one.first).days + 1)
        )

    @cached_property
    def _worked(self) -> frozenset[date]:
        return frozenset(day for year in self.years for one in year.holidays for day in one.worked)

    @cached_property
    def known_years(self) -> frozenset[int]:
        """Years whose arrangement is known; others fall back to weekdays, and a page that counts must say so."""
        return frozenset(year.year for year in self.years)

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on that civil day."""
        if day in self._worked:
            return True
        return day.weekday() < 5 and day not in self._off

    def add_working_days(self, start: date, count: int) -> date:
        """The `count`-th working day after `start`, itself not counted. Raises ValueError for a negative count."""
        if count < 0:
            raise ValueError("count must not be negative")
        day = start
        while count:
            day += timedelta(days=1)
            count -= self.is_working_day(day)
        return day
