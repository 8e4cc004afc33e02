"""The situation of an area over a period, as far as this viewer may count: what the pictures and the table show.

One reading gives the pictures, one the comparisons, one the years before. Small cells are hidden here, so that pages
and papers cannot forget it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.surveillance import small_cells
from yifang.apps.surveillance.counting.selection import Selection
from yifang.apps.surveillance.models import DayKind, SubjectSort
from yifang.apps.surveillance.queries import numbers
from yifang.knowledge import load

Shown = Mapping[tuple[Any, ...], int | None]  # None: too few of a sensitive group to be shown
YEARS = 5  # of the comparison, before the present one


@dataclass(frozen=True, slots=True)
class DiseaseRow:
    """A disease, or a class of them, now and in the periods compared with; None where the number is hidden."""

    name: str
    now: int | None
    before: int | None
    year_before: int | None
    deaths: int | None
    deaths_before: int | None
    deaths_year_before: int | None


@dataclass(frozen=True, slots=True)
class Overview:
    """`placed_without`: sensitive groups are not broken down by area; `hid`: small cells are hidden."""

    total: int
    by_step_and_class: Shown
    by_age_and_sex: Shown
    by_area_and_step: Shown
    by_area: Shown
    rows: Sequence[DiseaseRow]
    hid: bool
    placed_without: bool


@dataclass(frozen=True, slots=True)
class Years:
    """By month (1 to 12) or ISO week (1 to 53): the numbers of this year and of the years before."""

    steps: Sequence[int]
    now: Mapping[int, int | None]
    past: Mapping[int, Mapping[int, int | None]]  # year → step → number

    def spread(self, step: int) -> tuple[float, int, int] | None:
        """(mean, least, most) over the past years; None where no year is known.

        What lies before the first number of all is not known: a node that began in November had no empty summer.
        """
        first = min(((year, min(steps)) for year, steps in self.past.items()), default=(0, 0))
        found = [steps.get(step, 0) for year, steps in self.past.items() if (year, step) >= first]
        known = [number for number in found if number is not None]
        return (sum(known) / len(known), min(known), max(known)) if known else None


def overview(
    chosen: Selection, viewer: Viewer, step: numbers.Step, *, compared: bool = True, for_paper: bool = False
) -> Overview:
    """Everything but the years before. `for_paper` hides small cells whoever asks: a paper is read by others."""
    guarded = small_cells.published() if for_paper else small_cells.guarded(viewer)
    unplaced = small_cells.unplaced(chosen.area)
    by_class, by_age, by_area, by_name = numbers.several(
        [("step", "class"), ("ages", "sex"), ("below", "step"), ("name",)],
        chosen, viewer, step=step, guarded=guarded, unplaced=unplaced,
    )  # fmt: skip
    hid = []

    def show(one: numbers.Numbers) -> Shown:
        found, gone = small_cells.shown(one.whole, one.guarded)
        hid.append(gone)
        return found

    periods = compared_with(chosen) if compared else {}
    columns = {"now": {name: number for (name,), number in by_name.whole.items()}} | (
        numbers.by_name_in(periods, viewer) if periods else {}
    )
    rows, gone = disease_rows(columns, guarded)
    hid.append(gone)
    return Overview(
        total=small_cells.total(row.now for row in rows),
        by_step_and_class=show(by_class),
        by_age_and_sex=show(by_age),
        by_area_and_step=show(by_area),
        by_area=show(_over_steps(by_area)),
        rows=rows,
        hid=any(hid),
        placed_without=bool(unplaced) and sum(by_area.whole.values()) != sum(by_name.whole.values()),
    )


def _over_steps(of: numbers.Numbers) -> numbers.Numbers:
    """The same by area alone; what is hidden is decided anew of the sums."""
    whole: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    guarded: defaultdict[tuple[Any, ...], dict[str, int]] = defaultdict(dict)
    for (area, _), number in of.whole.items():
        whole[(area,)] += number
    for (area, _), each in of.guarded.items():
        for name, number in each.items():
            guarded[(area,)][name] = guarded[(area,)].get(name, 0) + number
    return numbers.Numbers(whole, guarded)


def compared_with(chosen: Selection, year_before: date | None = None) -> dict[str, Selection]:
    """The period before of the same length, the same days a year ago, and the deaths of all three.

    `year_before` begins the period of a year ago where it is not the same date: the same week.
    """
    length = chosen.until - chosen.since + timedelta(days=1)
    before = replace(chosen, since=chosen.since - length, until=chosen.since - timedelta(days=1))
    last_year = replace(chosen, since=year_ago(chosen.since), until=year_ago(chosen.until))
    if year_before is not None:
        last_year = replace(chosen, since=year_before, until=year_before + length - timedelta(days=1))
    found = {"before": before, "year_before": last_year}
    if chosen.sort == SubjectSort.DISEASE:
        found |= {
            "deaths": replace(chosen, day=DayKind.DEATH),
            "deaths_before": replace(before, day=DayKind.DEATH),
            "deaths_year_before": replace(last_year, day=DayKind.DEATH),
        }
    return found


def disease_rows(columns: Mapping[str, Mapping[str, int]], guarded: Sequence[str]) -> tuple[list[DiseaseRow], bool]:
    """One row for each disease with any number, in the order of the packs; and whether any number is hidden."""
    group_of = load().visibility.group_of
    shown: dict[str, dict[str, int | None]] = {}
    hid = False
    for label, column in columns.items():
        gone = small_cells.hidden({(name,): one for name, one in column.items() if group_of(name) in guarded})
        shown[label] = dict(column) | {name: None for (name,) in gone}
        hid |= bool(gone)
    order = {name: place for place, name in enumerate(load().diseases)}
    names = sorted({name for column in columns.values() for name in column}, key=lambda one: (order.get(one, 999), one))

    def value(label: str, name: str) -> int | None:
        return shown.get(label, {}).get(name, 0)

    labels = ("now", "before", "year_before", "deaths", "deaths_before", "deaths_year_before")
    return [DiseaseRow(name, *(value(label, name) for label in labels)) for name in names], hid


def years(chosen: Selection, viewer: Viewer, step: numbers.Step, *, for_paper: bool = False) -> Years:
    """The year of the period's last day by month or week, against the five years before."""
    year = chosen.until.year
    start, end = (date(year - YEARS, 1, 1), date(year, 12, 31))
    if step == "week":  # ISO years begin and end on Mondays
        start, end = date.fromisocalendar(year - YEARS, 1, 1), date(year + 1, 1, 3)
    guarded = small_cells.published() if for_paper else small_cells.guarded(viewer)
    whole = replace(chosen, since=start, until=min(end, chosen.until))
    (found,) = numbers.several([("step",)], whole, viewer, step=step, guarded=guarded)
    shown, _ = small_cells.shown(found.whole, found.guarded)
    by_year: defaultdict[int, dict[int, int | None]] = defaultdict(dict)
    for (day,), number in shown.items():
        in_year, place = place_of(day, step)
        by_year[in_year][place] = number
    current, last = place_of(chosen.until, step)
    past = {one: by_year[one] for one in sorted(by_year) if one < current and any(by_year[one].values())}
    steps = range(1, (53 if step == "week" else 12) + 1)
    now = {one: by_year[current].get(one, 0) for one in steps if one <= last}
    return Years(list(steps), now, past)


def place_of(day: date, step: numbers.Step) -> tuple[int, int]:
    """(year, month) or (ISO year, ISO week) of a day."""
    if step == "week":
        iso = day.isocalendar()
        return iso.year, iso.week
    return day.year, day.month


def year_ago(day: date) -> date:
    """The same day of the year before; the 28th for a 29 February."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def steps_of(since: date, until: date, step: numbers.Step) -> list[date]:
    """The first day of every step from `since` to `until`: those without a case are shown too."""
    days = (since + timedelta(days=number) for number in range((until - since).days + 1))
    return list(dict.fromkeys(numbers.first_of(day, step) for day in days))
