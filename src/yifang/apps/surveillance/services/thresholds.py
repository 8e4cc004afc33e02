"""Thresholds: so many cases of a disease in one class, dormitory, school, village or worksite in so many days.

The rules are the thresholds pack's. A case whose unit nobody has resolved counts in none; how many such there are in
the county is told with the signal, for they may belong to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from yifang.apps.places.models import Organisation, Place
from yifang.apps.reporting.models import Case
from yifang.apps.surveillance.models import Signal
from yifang.apps.surveillance.services.opening import Found, open_or_join, reporters_of
from yifang.apps.surveillance.single_case import county_of
from yifang.kernel import areas, clock
from yifang.knowledge import load
from yifang.knowledge.models.thresholds import ClusterThreshold, EventThreshold

METHOD = "threshold"
Rule = EventThreshold | ClusterThreshold
_COLLECTIVE = frozenset({"school", "kindergarten", "worksite", "enterprise"})
_HOURS = {"event_report": 2.0, "event": 2.0}  # an event is answered in two hours, a cluster in a day
_SEVERITY = ("cluster", "outbreak", "event", "event_report")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of one case: what the pack calls it, its scope key, its name, the cases that are in it."""

    kinds: frozenset[str]
    scope: str
    name: str
    name_en: str
    inside: Q


def consider_units(cases: Sequence[UUID]) -> list[Signal]:
    """The signals that these cases raised or joined in their units. Cases entered long ago are history and raise none.

    Runs in jobs, in the transaction that hears of the cases.
    """
    since = clock.today() - timedelta(days=load().surveillance.news_days)
    rows = Case.objects.filter(id__in=cases, excluded=False, entered_on__gte=since)
    rows = rows.select_related("school", "place", "worksite").order_by("onset_date", "id")
    signals: dict[tuple[str, str], Signal] = {}
    for case in rows:
        rules = list(rules_for(case))
        for unit in units(case) if rules else ():
            if (case.disease, unit.scope) in signals:
                continue
            fitting = [(part, rule) for part, rule in rules if fits(rule, unit)]
            if fitting and (found := _judge(case, unit, fitting)) and (signal := open_or_join(found)):
                signals[case.disease, unit.scope] = signal
    return list(signals.values())


def _judge(case: Case, unit: Unit, rules: Sequence[tuple[str, Rule]]) -> Found | None:
    widest = timedelta(days=max(rule.window_days or 1 for _, rule in rules))
    near = Case.objects.filter(
        unit.inside, disease=case.disease, excluded=False,
        onset_date__range=(case.onset_date - widest, case.onset_date + widest),
    )  # fmt: skip
    known = sorted(near, key=lambda one: (one.onset_date, one.id))
    reached: list[tuple[str, Rule, list[Case]]] = []
    for part, rule in rules:
        window = fullest(known, case.onset_date, rule.window_days or 1)
        if len({one.person_id for one in window}) >= (rule.cases or 0):
            reached.append((part, rule, window))
    if not reached:
        return None
    part, rule, window = max(reached, key=lambda one: (_severity(one[0], one[1]), one[1].cases or 0))
    county = county_of(case.residence_area)
    return Found(
        METHOD, case.disease, county, unit=unit.scope, observed=len({one.person_id for one in window}), expected=0.0,
        limit=float(rule.cases or 0), window_days=rule.window_days or 1, first_day=window[0].onset_date,
        last_day=window[-1].onset_date, hours=_HOURS.get(part, _HOURS.get(getattr(rule, "kind", ""), 24.0)),
        cases=tuple(one.id for one in window), areas=tuple(sorted({county_of(one.report_area) for one in window})),
        reporters=frozenset(reporters_of(window)), explanation=_explanation(case, unit, part, rule, reached, county),
    )  # fmt: skip


def _explanation(
    case: Case, unit: Unit, part: str, rule: Rule, reached: Sequence[tuple[str, Rule, list[Case]]], county: str
) -> dict[str, Any]:
    where = load().provenance("thresholds", part, rule.id, "cases")
    since = case.onset_date - timedelta(days=rule.window_days or 1)
    unresolved = Case.objects.filter(
        disease=case.disease, excluded=False, unit_unresolved=True, onset_date__gte=since,
        residence_area__startswith=county.rstrip("0").ljust(4, "0") if county.endswith("00") else county,
    )  # fmt: skip
    return {
        "rule": f"thresholds.{part}.{rule.id}",
        "rules": [f"thresholds.{each}.{one.id}" for each, one, _ in reached],
        "source": where.text,
        "confidence": where.confidence,
        "unit": {"kind": next(iter(sorted(unit.kinds))), "name": unit.name, "name_en": unit.name_en},
        "unresolved": unresolved.count(),
    }


def rules_for(case: Case) -> Iterator[tuple[str, Rule]]:
    """The pack's rules about this disease that a count of cases decides; those with a condition are for people."""
    pack = load().thresholds
    for part, rules in (("event_report", pack.event_report), ("cluster", pack.cluster)):
        for rule in rules:
            targets = rule.disease if isinstance(rule.disease, tuple) else (rule.disease,)
            condition = getattr(rule, "condition", None) or getattr(rule, "anchor", None)
            subtype = getattr(rule, "subtype", None)
            counts = (rule.cases or 0) > 1 and rule.window_days is not None and condition is None
            if counts and (case.disease in targets or "any" in targets) and subtype in (None, case.subtype):
                yield part, rule


def fits(rule: Rule, unit: Unit) -> bool:
    wanted = set(rule.unit if isinstance(rule.unit, tuple) else (rule.unit,))
    if "any_collective" in wanted:
        wanted |= _COLLECTIVE
    return bool(wanted & unit.kinds)


def units(case: Case) -> Iterator[Unit]:
    """The units that the case is resolved to."""
    if case.place is not None:
        yield _of_place(case.place)
    if case.school is not None:
        kind = "kindergarten" if "幼" in case.school.name or "托" in case.school.name else "school"
        yield _of_organisation(case.school, kind, Q(school=case.school))
    if case.worksite is not None:
        yield _of_organisation(case.worksite, "worksite", Q(worksite=case.worksite))
    for level, kinds in (("village", {"village", "community"}), ("township", {"township"}), ("county", {"county"})):
        code = areas.at_level(case.residence_area, level)  # type: ignore[arg-type]
        if code is not None:
            region = load().regions.get(code)
            place = Place.objects.filter(code=code).first() if region is None else None
            name = region.name if region else place.name if place else code
            inside = Q(residence_area__startswith=code)
            yield Unit(frozenset(kinds), f"area:{code}", name, (place.name_en if place else "") or name, inside)


def _of_place(place: Place) -> Unit:
    above = place.organisation
    name, name_en = ((f"{above.name} " if above else "") + place.name), ""
    if place.name_en:
        name_en = f"{(above.name_en or above.name) if above else ''} {place.name_en}".strip()
    return Unit(frozenset({place.kind}), place.scope, name, name_en or name, Q(place=place))


def _of_organisation(one: Organisation, kind: str, inside: Q) -> Unit:
    return Unit(frozenset({kind}), one.scope, one.name, one.name_en or one.name, inside)


def fullest(cases: Sequence[Case], day: date, days: int) -> list[Case]:
    """The cases of that window of `days` days around `day` that holds the most; of equals the latest."""
    best: list[Case] = []
    for back in range(days):
        first = day - timedelta(days=days - 1 - back)
        window = [one for one in cases if first <= one.onset_date < first + timedelta(days=days)]
        if len(window) >= len(best):
            best = window
    return best


def _severity(part: str, rule: Rule) -> int:
    return _SEVERITY.index(part if part == "event_report" else getattr(rule, "kind", "cluster"))
