"""Visits counted by syndrome: what identification found in an encounter, and every encounter as the denominator."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from yifang.apps.records.models import Record
from yifang.apps.surveillance.counting.keeping import Changed, Fact, count_facts
from yifang.apps.surveillance.models import SubjectSort
from yifang.kernel import areas, clock
from yifang.kernel.errors import YifangError

ALL = "all"  # the name under which every visit is counted


def count_visits(records: Sequence[tuple[Record, Sequence[str]]], gone: Collection[UUID]) -> Changed:
    """Count these encounters, each under its syndromes and as a visit; those gone no more. As `count_cases`."""
    encounters = [(row, syndromes) for row, syndromes in records if row.kind == "encounter"]
    facts = [fact for row, syndromes in encounters for fact in _facts(row, syndromes)]
    return count_facts(facts, [*(row.id for row, _ in encounters), *gone])


def _facts(row: Record, syndromes: Sequence[str]) -> list[Fact]:
    day = row.at.astimezone(clock.CHINA).date()
    same = {
        "subject": row.id, "sex": row.person.sex, "age": _age_group(row.person.birth_date, day),
        "residence_area": _area(row.person.area_code), "report_area": row.organisation.area_code,
        "organisation": row.organisation_id, "onset_day": day,
    }  # fmt: skip
    visit = Fact(sort=SubjectSort.VISIT, name=ALL, **same)
    return [visit, *(Fact(sort=SubjectSort.SYNDROME, name=one, **same) for one in syndromes)]


def _area(code: str) -> str:
    """The area code in its one form, "" for what the source wrote in its place: such a visit has no residence."""
    try:
        return areas.normalise(code) if code else ""
    except YifangError:
        return ""


def _age_group(birth: date | None, day: date) -> int:
    """As the SQL of cases has it: single years to nine, five years to 84, 85 and over; -1 unknown."""
    if birth is None:
        return -1
    years = int(max((day - birth).days, 0) / 365.25)
    return years if years < 10 else min(years // 5 * 5, 85)
