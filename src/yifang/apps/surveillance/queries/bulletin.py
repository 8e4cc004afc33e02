"""What the weekly bulletin of an area holds: the official figures of a week, its trend, its areas, its signals.

Every number comes from the counts. Small cells of sensitive groups are hidden whoever asks, for others read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.surveillance import small_cells
from yifang.apps.surveillance.counting.selection import Selection
from yifang.apps.surveillance.models import Signal
from yifang.apps.surveillance.queries import numbers, situation
from yifang.kernel import areas, clock

WEEKS = 26  # of the trend


@dataclass(frozen=True, slots=True)
class Bulletin:
    """`rows` are all diseases, those of the law in the totals and others beside; the rest is of those of the law."""

    chosen: Selection
    total: int
    rows: Sequence[situation.DiseaseRow]
    trend: dict[date, int | None]
    trend_year_before: dict[date, int | None]  # by the Monday of this year's week
    by_area: situation.Shown
    signals: Sequence[Signal]
    hid: bool
    placed_without: bool


def bulletin(chosen: Selection, viewer: Viewer) -> Bulletin:
    """The week that `chosen`, an official selection of the statutory diseases, is about."""
    viewer.check("count.view")
    guarded = small_cells.published()
    found = situation.overview(chosen, viewer, "day", compared=False, for_paper=True)
    everything = replace(chosen, names=())
    columns = numbers.by_name_in({"now": everything, **periods(everything)}, viewer)
    rows, hid = situation.disease_rows(columns, guarded)
    first = chosen.since - timedelta(weeks=WEEKS - 1)
    trend = _weeks(replace(chosen, since=first), viewer)
    earlier = _weeks(
        replace(chosen, since=year_before(first), until=year_before(chosen.since) + timedelta(days=6)), viewer
    )
    mondays = [first + timedelta(weeks=number) for number in range(WEEKS)]
    return Bulletin(
        chosen=chosen,
        total=found.total,
        rows=rows,
        trend={monday: trend.get(monday, 0) for monday in mondays},
        trend_year_before={monday: earlier.get(year_before(monday), 0) for monday in mondays},
        by_area=found.by_area,
        signals=_signals(chosen, viewer),
        hid=hid or found.hid,
        placed_without=found.placed_without,
    )


def periods(chosen: Selection) -> dict[str, Selection]:
    """What the week is compared with: the week before, the same week a year ago, and the deaths of all three."""
    return situation.compared_with(chosen, year_before(chosen.since))


def year_before(monday: date) -> date:
    """The Monday of the same ISO week a year ago; of week 52 for a week 53."""
    iso = monday.isocalendar()
    try:
        return date.fromisocalendar(iso.year - 1, iso.week, 1)
    except ValueError:
        return date.fromisocalendar(iso.year - 1, 52, 1)


def _weeks(chosen: Selection, viewer: Viewer) -> dict[date, int | None]:
    (found,) = numbers.several([("step",)], chosen, viewer, step="week", guarded=small_cells.published())
    shown, _ = small_cells.shown(found.whole, found.guarded)
    return {day: number for (day,), number in shown.items()}


def _signals(chosen: Selection, viewer: Viewer) -> list[Signal]:
    """The signals of the area that were raised in the week; none where the role sees no signals."""
    if not viewer.can("signal.list"):
        return []
    start = datetime.combine(chosen.since, time(), tzinfo=clock.CHINA)
    end = datetime.combine(chosen.until + timedelta(days=1), time(), tzinfo=clock.CHINA)
    rows = Signal.objects.filter(raised_at__gte=start, raised_at__lt=end).order_by("raised_at")
    return [one for one in rows if areas.contains(chosen.area, one.area_code)]
