"""Numbers, each from the count tables: by day, week, month; by area; by age and sex; and the list behind any of them.

Row-level security decides which rows a viewer's number is made of: what they may not count is not in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from django.db import connection

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.surveillance.counting.selection import Selection
from yifang.kernel import areas

Step = Literal["day", "week", "month", "year"]
_STEPS: dict[Step, str] = {
    "day": "day",
    "week": "(day - (extract(isodow FROM day)::int - 1))",  # the Monday
    "month": "date_trunc('month', day)::date",
    "year": "date_trunc('year', day)::date",
}


def total(chosen: Selection, viewer: Viewer) -> int:
    """How many."""
    return sum(number for (number,) in _rows((), chosen, viewer))


def by_step(chosen: Selection, viewer: Viewer, step: Step = "day") -> dict[date, int]:
    """How many on each day, in each week (its Monday), month or year; steps without any are left out."""
    return {day: number for day, number in _rows((_STEPS[step],), chosen, viewer)}


def by_name(chosen: Selection, viewer: Viewer) -> dict[str, int]:
    """How many of each disease or syndrome, the most first."""
    found = {name: number for name, number in _rows(("name",), chosen, viewer)}
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def by_name_and_step(chosen: Selection, viewer: Viewer, step: Step) -> dict[str, dict[date, int]]:
    """As `by_step`, for each disease or syndrome."""
    found: dict[str, dict[date, int]] = defaultdict(dict)
    for name, day, number in _rows(("name", _STEPS[step]), chosen, viewer):
        found[name][day] = number
    return dict(found)


def by_class(chosen: Selection, viewer: Viewer) -> dict[str, int]:
    """How many of each case class."""
    return {name: number for name, number in _rows(("case_class",), chosen, viewer)}


def by_age_and_sex(chosen: Selection, viewer: Viewer) -> dict[tuple[int, str], int]:
    """How many of each age group (its lower bound in years, -1 unknown) and sex."""
    return {(age, sex): number for age, sex, number in _rows(("age", "sex"), chosen, viewer)}


def by_area(chosen: Selection, viewer: Viewer) -> dict[str, int]:
    """How many in each area one level below the chosen one; under its own code what is known no more exactly."""
    return {code: number for code, number in _rows((_below(chosen.area),), chosen, viewer)}


def by_area_and_step(chosen: Selection, viewer: Viewer, step: Step) -> dict[str, dict[date, int]]:
    """As `by_area`, for each step: a heat map."""
    found: dict[str, dict[date, int]] = defaultdict(dict)
    for code, day, number in _rows((_below(chosen.area), _STEPS[step]), chosen, viewer):
        found[code][day] = number
    return dict(found)


def _below(area: str) -> str:
    match areas.level(areas.normalise(area)):
        case "province":
            return "left(county, 4) || '00'"
        case "city":
            return "county"
        case "county":
            return "left(area, 9)"
        case _:
            return "area"


def _rows(groups: Sequence[str], chosen: Selection, viewer: Viewer) -> list[tuple[Any, ...]]:
    """The sums over these expressions, each row the values of the expressions and then the number."""
    viewer.check("count.view")
    where, values = chosen.where()
    columns = "".join(f"{one}, " for one in groups)
    grouped = f"GROUP BY {', '.join(str(place) for place in range(1, len(groups) + 1))}" if groups else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns}sum(number)::bigint FROM surveillance_count WHERE {where} {grouped} "
            "HAVING sum(number) <> 0",
            values,
        )
        return cursor.fetchall()
