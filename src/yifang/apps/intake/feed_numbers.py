"""The figures of a feed from its days: how much, how often, how complete, how late; and whether it fell silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from yifang.apps.intake.models import Feed, FeedDay
from yifang.apps.intake.services.days import BOUNDS

DAYS = 28
SILENT_AFTER = 3  # times the cadence
State = Literal["closed", "failing", "silent", "never", "well", "unwatched"]


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many; `percent` is None where there is nothing to divide by."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        return 100 * self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Delay:
    """How long after the event records came, as upper bounds in minutes (None: longer than the last class)."""

    known: int
    median: int | None
    most: int | None  # nine of ten


@dataclass(frozen=True, slots=True)
class Figures:
    """What the days of a feed say together."""

    arrivals: int
    records: int
    repeats: int
    refused: int
    days: Share
    hours: Share
    complete: dict[str, Share]
    delay: Delay | None


def figures(days: Sequence[FeedDay]) -> Figures:
    """Of the days that there are, up to `DAYS` of them."""

    def total(name: str) -> int:
        return sum(getattr(day, name) for day in days)

    measured = total("measured")
    complete = {name: Share(total(f"with_{name}"), measured) for name in ("id", "birth", "address", "time")}
    complete["diagnosis"] = Share(total("with_diagnosis"), total("clinical"))
    delays = [sum(numbers) for numbers in zip(*(day.delays for day in days), strict=False)]
    return Figures(
        total("arrivals"), total("records"), total("repeats"), total("refused"),
        Share(sum(day.records > 0 for day in days), DAYS),
        Share(sum(number > 0 for day in days for number in day.hours), DAYS * 24),
        complete, _delay(delays),
    )  # fmt: skip


def by_day(days: Sequence[FeedDay], until: date, number: int = DAYS) -> list[tuple[date, FeedDay | None]]:
    """Each of the last days up to `until`, with what came on it."""
    known = {day.day: day for day in days}
    each = [until - timedelta(days=back) for back in range(number - 1, -1, -1)]
    return [(day, known.get(day)) for day in each]


def state(feed: Feed, last_at: datetime | None, failing: bool, now: datetime) -> State:
    """How the feed is: `unwatched` where nobody said how often something should come."""
    if not feed.active:
        return "closed"
    if failing:
        return "failing"
    if not feed.cadence:
        return "unwatched"
    if last_at is None:
        return "never"
    return "silent" if now - last_at > SILENT_AFTER * timedelta(seconds=feed.cadence) else "well"


def _delay(counts: Sequence[int]) -> Delay | None:
    known = sum(counts)
    return Delay(known, _bound(counts, known * 0.5), _bound(counts, known * 0.9)) if known else None


def _bound(counts: Sequence[int], wanted: float) -> int | None:
    reached = 0
    for bound, number in zip(BOUNDS, counts, strict=False):
        reached += number
        if reached >= wanted:
            return bound
    return None
