"""How much of an illness a day has: the month's curve, the weekday, holidays, school terms.

Holidays come from the calendar pack; a year it does not hold has only its weekends.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from yifang import knowledge

_WEEKDAYS = (1.28, 1.08, 1.02, 1.0, 1.02, 0.92, 0.68)  # visits by weekday, Monday first
_HOLIDAY = 0.62
_AFTER_HOLIDAY = 1.25
_MIDDLES = np.array([15, 45, 74, 105, 135, 166, 196, 227, 258, 288, 319, 349], dtype=float)


def curve(months: Sequence[float]) -> NDArray[np.float64]:
    """The relative amount on each of 366 days of the year, its mean 1, from twelve monthly values."""
    values = np.asarray(months, dtype=float)
    days = np.arange(366, dtype=float)
    smooth = np.interp(days, _MIDDLES, values, period=365.25)
    mean = float(smooth.mean())
    scaled: NDArray[np.float64] = smooth / mean if mean else smooth
    return scaled


def of_day(day: date) -> int:
    """The day of the year from 0."""
    return day.timetuple().tm_yday - 1


@cache
def attendance(day: date) -> float:
    """How many go to a doctor on that day, relative to an ordinary Thursday."""
    calendar = knowledge.load().calendar
    factor = _WEEKDAYS[day.weekday()]
    working = calendar.is_working_day(day)
    if not working and day.weekday() < 5:
        return _HOLIDAY
    if working and day.weekday() >= 5:
        factor = 1.0
    if working and not calendar.is_working_day(day - timedelta(days=1)) and day.weekday() != 0:
        factor = max(factor, _AFTER_HOLIDAY)
    return factor


@cache
def school_is_open(day: date) -> bool:
    """Whether schools teach on that day: working days outside the winter and the summer holidays."""
    if (day.month, day.day) >= (7, 11) and (day.month, day.day) <= (8, 31):
        return False
    if (day.month == 1 and day.day >= 20) or (day.month == 2 and day.day <= 20):
        return False
    return knowledge.load().calendar.is_working_day(day)


def next_school_day(day: date) -> date:
    """That day, or the first day after it on which schools teach."""
    while not school_is_open(day):
        day += timedelta(days=1)
    return day


def last_school_day(day: date) -> date:
    """That day, or the last day before it on which schools taught."""
    while not school_is_open(day):
        day -= timedelta(days=1)
    return day
