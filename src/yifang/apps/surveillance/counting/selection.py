"""What is asked of the counts: a place and a period, and which cases, by which day and which place they are counted.

The official figure (audited, clinically diagnosed and confirmed, by residence and day of the final audit) is one choice
of these and the default; whatever is chosen is written beside the number. Pure but for the packs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from yifang.apps.surveillance.models import DayKind, PlaceKind, SubjectSort
from yifang.kernel import areas
from yifang.knowledge import load


@dataclass(frozen=True, slots=True)
class Selection:
    """`area` at any level; days inclusive; `names` empty for all; `official` applies the packs' exceptions."""

    area: str
    since: date
    until: date
    names: tuple[str, ...] = ()
    day: str = DayKind.AUDIT
    place: str = PlaceKind.RESIDENCE
    classes: tuple[str, ...] = ()
    official: bool = True
    sort: str = SubjectSort.DISEASE

    def where(self) -> tuple[str, list[Any]]:
        """The condition on `surveillance_count` and its values."""
        conditions = ["place_kind = %s", "day_kind = %s", "day BETWEEN %s AND %s", "sort = %s"]
        values: list[Any] = [self.place, self.day, self.since, self.until, self.sort]
        inside, given = _inside(self.area)
        conditions.append(inside)
        values += given
        if self.names:
            conditions.append("name = ANY (%s)")
            values.append(list(self.names))
        if self.sort == SubjectSort.DISEASE:
            if self.classes:
                conditions.append("case_class = ANY (%s)")
                values.append(list(self.classes))
            if self.official:
                for one in load().surveillance.exceptions:
                    if one.classes:
                        conditions.append("(name <> %s OR case_class = ANY (%s))")
                        values += [one.disease, list(one.classes)]
                    if one.without_subtypes:
                        conditions.append("(name <> %s OR subtype <> ALL (%s))")
                        values += [one.disease, list(one.without_subtypes)]
        return " AND ".join(conditions), values


def official(area: str, since: date, until: date, names: tuple[str, ...] = ()) -> Selection:
    """The official figure. Source: national_system pack, statistics.official."""
    return Selection(area, since, until, names, classes=load().national_system.statistics.official.case_classes)


def official_deaths(area: str, since: date, until: date, names: tuple[str, ...] = ()) -> Selection:
    """Deaths as they are published: by residence and day of the final audit of the death."""
    classes = load().national_system.statistics.official.case_classes
    return Selection(area, since, until, names, day=DayKind.DEATH, classes=classes)


def statutory() -> tuple[str, ...]:
    """The diseases that the totals of class A, B and C hold."""
    return tuple(one.id for one in load().diseases.values() if one.is_statutory)


def _inside(area: str) -> tuple[str, list[Any]]:
    """The rows of an area; of what lies above counties, those of its counties."""
    code = areas.normalise(area)
    match areas.level(code):
        case "province":
            return "county BETWEEN %s AND %s", [code, f"{code[:2]}9999"]
        case "city":
            return "county BETWEEN %s AND %s", [code, f"{code[:4]}99"]
        case "county":
            return "county = %s", [code]
        case "township":
            # a range may pass below the policies: left(area, 9) would be asked after them, of every row of the county
            return "county = %s AND area BETWEEN %s AND %s", [code[:6], code, f"{code}999999"]
        case _:
            return "county = %s AND area = %s", [code[:6], code]
