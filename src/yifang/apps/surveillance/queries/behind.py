"""The cases behind a number: the conditions of the count on the cases themselves, as far as the viewer may open them.

Policies decide which cases are seen. A case carries the facts that were counted of it, and only comparisons that may
pass below the policies are used, so that an index serves: an age group is a range of days, an area a range of codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from yifang.apps.accounts.viewers import Viewer, list_scope
from yifang.apps.reporting.models import Case
from yifang.apps.surveillance import small_cells
from yifang.apps.surveillance.counting.selection import Selection
from yifang.apps.surveillance.models import DayKind, PlaceKind, SubjectSort
from yifang.apps.surveillance.queries import numbers
from yifang.apps.surveillance.queries.numbers import Part
from yifang.kernel import areas, clock
from yifang.knowledge import load

_DAYS = {
    DayKind.ONSET: "onset_date", DayKind.DIAGNOSIS: "diagnosed_at", DayKind.ENTRY: "entered_on",
    DayKind.AUDIT: "audited_on", DayKind.DEATH: "death_audited_on",
}  # fmt: skip
Key = tuple[date | datetime, UUID]


@dataclass(frozen=True, slots=True)
class Behind:
    """`total` is the number clicked, None where it is too small to be shown; `hidden` of it cannot be opened."""

    total: int | None
    hidden: int | None
    rows: Sequence[tuple[Key, Case]]


def behind(of: Part, viewer: Viewer, *, key: Key | None = None, backwards: bool = False, limit: int = 50) -> Behind:
    """The number of this part, and up to `limit` + 1 of its cases, the newest by the day counted first."""
    counted, guarded = numbers.part(of, viewer), small_cells.guarded(viewer)
    whole = sum(counted.values())
    total = small_cells.left(whole, {name: number for (group, name), number in counted.items() if group in guarded})
    if not viewer.can("case.list") or of.chosen.sort != SubjectSort.DISEASE:
        return Behind(total, total, [])
    cases = _cases(of, viewer)
    rows = _page(cases, of.chosen, key, backwards, limit)
    hidden: int | None = None
    if total is not None:
        # of many, those of the groups that this role may not open: which of the rest it sees would cost a look at each
        hidden = total - sum(number for (group, _), number in counted.items() if group in viewer.case_groups)
        if key is None and len(rows) <= limit:
            hidden = max(total - len(rows), 0)
    return Behind(total, hidden, rows)


def _page(
    cases: QuerySet[Case], chosen: Selection, key: Key | None, backwards: bool, limit: int
) -> list[tuple[Key, Case]]:
    column = _DAYS[DayKind(chosen.day)]
    if key is not None:
        day, id = key
        side = "gt" if backwards else "lt"
        cases = cases.filter(Q(**{f"{column}__{side}": day}) | Q(**{column: day, f"id__{side}": id}))
    sign = "" if backwards else "-"
    keys = list(cases.order_by(f"{sign}{column}", f"{sign}id").values_list(column, "id")[: limit + 1])
    # Who it is about is read of these few only: beside the walk each person on its way would be looked up first.
    found = Case.objects.select_related("person", "report_org").in_bulk([id for _day, id in keys])
    return [((day, id), found[id]) for day, id in keys if id in found]


def _cases(of: Part, viewer: Viewer) -> QuerySet[Case]:
    chosen = of.chosen
    rows = Case.objects.filter(_days(chosen), excluded=False)
    place = "residence_area" if chosen.place == PlaceKind.RESIDENCE else "report_area"
    rows = rows.filter(**_inside(place, chosen.area, of.exact))
    scope = list_scope(viewer)
    if scope.startswith("org:"):  # an organisation counts what it reported itself
        rows = rows.filter(report_org=scope.removeprefix("org:"))
    if chosen.names:
        rows = rows.filter(disease__in=chosen.names)
    if chosen.classes:
        rows = rows.filter(case_class__in=chosen.classes)
    if chosen.official:
        for one in load().surveillance.exceptions:
            if one.classes:
                rows = rows.filter(~Q(disease=one.disease) | Q(case_class__in=one.classes))
            if one.without_subtypes:
                rows = rows.filter(~Q(disease=one.disease) | ~Q(subtype__in=one.without_subtypes))
    if of.sex:
        rows = rows.filter(sex=of.sex)
    if of.ages is not None:
        rows = rows.filter(_ages(of.ages))
    if of.without_groups:
        rows = rows.exclude(group__in=of.without_groups)
    return rows


def _days(chosen: Selection) -> Q:
    column = _DAYS[DayKind(chosen.day)]
    if chosen.day != DayKind.DIAGNOSIS:
        return Q(**{f"{column}__gte": chosen.since, f"{column}__lte": chosen.until})
    start = datetime.combine(chosen.since, time(), tzinfo=clock.CHINA)
    end = datetime.combine(chosen.until + timedelta(days=1), time(), tzinfo=clock.CHINA)
    return Q(**{f"{column}__gte": start, f"{column}__lt": end})


def _inside(column: str, area: str, exact: bool) -> dict[str, Any]:
    """As `Selection` and `numbers` cut codes: counties are six digits, townships nine."""
    code = areas.normalise(area)
    level = areas.level(code)
    if level in ("province", "city"):
        digits = {"province": 4 if exact else 2, "city": 6 if exact else 4}[level]
        first = code[:digits]
    elif exact or level not in ("county", "township"):
        return {column: code}
    else:
        first = code
    return {f"{column}__gte": first, f"{column}__lte": first + "9" * (15 - len(first))}


def _ages(ages: Sequence[int]) -> Q:
    """The age groups of the counts (`counting.sql`): single years to nine, five to 84, then 85 and over."""
    found = Q()
    for low in ages:
        if low < 0:
            found |= Q(age_days=None)
            continue
        first = _first_day(low)
        if low >= 85:
            found |= Q(age_days__gte=first)
        else:
            found |= Q(age_days__gte=first, age_days__lt=_first_day(low + (1 if low < 10 else 5)))
    return found


def _first_day(years: int) -> int:
    """The first day of life in which floor(days / 365.25) is `years`."""
    return -(-years * 1461 // 4)
