"""Numbers, each from the count tables: by day, week, month; by area; by age and sex; and the list behind any of them.

Row-level security decides which rows a viewer's number is made of: what they may not count is not in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
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
    return dict(_rows((_STEPS[step],), chosen, viewer))


def by_name(chosen: Selection, viewer: Viewer) -> dict[str, int]:
    """How many of each disease or syndrome, the most first."""
    found = dict(_rows(("name",), chosen, viewer))
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def by_name_and_step(chosen: Selection, viewer: Viewer, step: Step) -> dict[str, dict[date, int]]:
    """As `by_step`, for each disease or syndrome."""
    found: dict[str, dict[date, int]] = defaultdict(dict)
    for name, day, number in _rows(("name", _STEPS[step]), chosen, viewer):
        found[name][day] = number
    return dict(found)


def by_class(chosen: Selection, viewer: Viewer) -> dict[str, int]:
    """How many of each case class."""
    return dict(_rows(("case_class",), chosen, viewer))


def by_age_and_sex(chosen: Selection, viewer: Viewer) -> dict[tuple[int, str], int]:
    """How many of each age group (its lower bound in years, -1 unknown) and sex."""
    return {(age, sex): number for age, sex, number in _rows(("age", "sex"), chosen, viewer)}


def by_area(chosen: Selection, viewer: Viewer) -> dict[str, int]:
    """How many in each area one level below the chosen one; under its own code what is known no more exactly."""
    return dict(_rows((_below(chosen.area),), chosen, viewer))


def by_area_and_step(chosen: Selection, viewer: Viewer, step: Step) -> dict[str, dict[date, int]]:
    """As `by_area`, for each step: a heat map."""
    found: dict[str, dict[date, int]] = defaultdict(dict)
    for code, day, number in _rows((_below(chosen.area), _STEPS[step]), chosen, viewer):
        found[code][day] = number
    return dict(found)


_FEW_DAYS = 2500  # six years and the days at their ends

Dimension = Literal["step", "below", "name", "class", "ages", "sex"]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Sums by key, which has a part for each dimension: all of it, and of it each disease of the guarded groups."""

    whole: dict[tuple[Any, ...], int]
    guarded: dict[tuple[Any, ...], dict[str, int]]


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a selection that one mark of a picture stands for.

    `ages` are lower bounds of age groups as counted; `exact` leaves out the areas below: what is known no more exactly.
    """

    chosen: Selection
    ages: tuple[int, ...] | None = None
    sex: str = ""
    exact: bool = False
    without_groups: tuple[str, ...] = ()

    def where(self) -> tuple[str, list[Any]]:
        """The condition on `surveillance_count` and its values."""
        condition, values = self.chosen.where()
        conditions = [condition]
        if self.ages is not None:
            conditions.append("age = ANY (%s)")
            values.append(list(self.ages))
        if self.sex:
            conditions.append("sex = %s")
            values.append(self.sex)
        if self.exact:
            conditions.append(f"{_below(self.chosen.area)} = %s")
            values.append(areas.normalise(self.chosen.area))
        if self.without_groups:
            conditions.append('"group" <> ALL (%s)')
            values.append(list(self.without_groups))
        return " AND ".join(conditions), values


def several(
    sets: Sequence[tuple[Dimension, ...]],
    chosen: Selection,
    viewer: Viewer,
    *,
    step: Step = "day",
    guarded: Sequence[str] = (),
    unplaced: Sequence[str] = (),
) -> list[Numbers]:
    """The numbers of several pictures in one reading: for each set of dimensions the sums by their values.

    `ages` are groups of five years. Sets with `below` leave the groups `unplaced` out.
    """
    viewer.check("count.view")
    # Days are what the index holds and the planner knows; so few of them are brought to weeks and months here.
    by_day = (chosen.until - chosen.since).days <= _FEW_DAYS
    expressions: dict[str, str] = {
        "step": "day" if by_day else _STEPS[step], "below": _below(chosen.area), "name": "name",
        "class": "case_class", "sex": "sex",
        "ages": "CASE WHEN age BETWEEN 0 AND 9 THEN age / 5 * 5 ELSE age END",
        "sensitive": """CASE WHEN "group" = ANY (%s) THEN name ELSE '' END""" if guarded else "''",
        "placed": '"group" <> ALL (%s)' if unplaced else "true",
    }  # fmt: skip
    whole = [(*wanted, "sensitive", *(["placed"] if "below" in wanted else [])) for wanted in sets]
    used = list(dict.fromkeys(one for wanted in whole for one in wanted))
    where, values = chosen.where()
    columns = ", ".join(f"{expressions[one]} AS d{place}" for place, one in enumerate(used))
    given = {"sensitive": [list(guarded)] if guarded else [], "placed": [list(unplaced)] if unplaced else []}
    names = ", ".join(f"d{place}" for place in range(len(used)))
    grouping = ", ".join(f"({', '.join(f'd{used.index(one)}' for one in wanted)})" for wanted in whole)
    with connection.cursor() as cursor:
        # with the default of 4 MB the sets are sorted one after the other: three times as long
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(
            f"""SELECT GROUPING({names}), {names}, sum(number)::bigint
            FROM (SELECT {columns}, number FROM surveillance_count WHERE {where}) c
            GROUP BY GROUPING SETS ({grouping}) HAVING sum(number) <> 0""",
            [*(value for one in used for value in given.get(one, [])), *values],
        )
        rows = cursor.fetchall()
    found = [Numbers(defaultdict(int), defaultdict(dict)) for _ in sets]
    for mine, wanted, dimensions in zip(found, sets, whole, strict=True):
        # GROUPING() has a bit for each column, the first the highest, set where the column is not of the set
        bits = sum(1 << (len(used) - 1 - place) for place, one in enumerate(used) if one not in dimensions)
        places = [used.index(one) + 1 for one in wanted]
        sensitive, placed = used.index("sensitive") + 1, used.index("placed") + 1 if "placed" in dimensions else 0
        in_steps = wanted.index("step") if "step" in wanted and by_day else -1
        for row in rows:
            if row[0] != bits or (placed and not row[placed]):
                continue
            key = tuple(row[place] for place in places)
            if in_steps >= 0:
                key = (*key[:in_steps], first_of(key[in_steps], step), *key[in_steps + 1 :])
            mine.whole[key] += row[-1]
            if row[sensitive]:
                each = mine.guarded[key]
                each[row[sensitive]] = each.get(row[sensitive], 0) + row[-1]
    return found


def first_of(day: date, step: Step) -> date:
    """The first day of the step that a day lies in: the Monday of its week."""
    match step:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)
        case _:
            return day


def by_name_in(periods: Mapping[str, Selection], viewer: Viewer) -> dict[str, dict[str, int]]:
    """How many of each disease or syndrome in each of several selections, in one reading."""
    viewer.check("count.view")
    texts, values = [], []
    for label, chosen in periods.items():
        where, given = chosen.where()
        texts.append(f"SELECT %s::text, name, sum(number)::bigint FROM surveillance_count WHERE {where} GROUP BY name")
        values += [label, *given]
    found: dict[str, dict[str, int]] = {label: {} for label in periods}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(texts), values)
        for label, name, number in cursor.fetchall():
            if number:
                found[label][name] = number
    return found


def part(of: Part, viewer: Viewer) -> dict[tuple[str, str], int]:
    """How many one mark of a picture stands for, by sensitive group and disease."""
    viewer.check("count.view")
    where, values = of.where()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT "group", name, sum(number)::bigint FROM surveillance_count WHERE {where}
            GROUP BY 1, 2 HAVING sum(number) <> 0""",
            values,
        )
        return {(group, name): number for group, name, number in cursor.fetchall()}


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
