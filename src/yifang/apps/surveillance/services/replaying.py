"""History replayed: which signals the rules in force would have raised on each day, from what was known then.

Raises nothing and writes nothing. Series run through their method once for all days; thresholds and single cases take
the cases in the order in which they were diagnosed. The same period and packs give the same alarms.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.db import connection

from yifang.apps.reporting.models import Case
from yifang.apps.surveillance.counting import daily
from yifang.apps.surveillance.services import series, thresholds
from yifang.apps.surveillance.single_case import METHOD as SINGLE
from yifang.apps.surveillance.single_case import county_of, watch
from yifang.detect import method_named
from yifang.kernel import clock
from yifang.knowledge import load

_DAY = {"disease": "diagnosis", "syndrome": "onset"}  # by when a case was known; a visit is known at once
_APART = 14  # days without an alarm end an episode


@dataclass(frozen=True, slots=True)
class Alarm:
    """One episode: what would have been raised on `raised`, over `first_day` to `last_day`."""

    method: str
    name: str
    area: str
    unit: str
    first_day: date
    last_day: date
    raised: date


def replay(since: date, until: date) -> list[Alarm]:
    """Every alarm of the period, in the order in which they would have been raised. Runs in jobs."""
    found = [*_series(since, until), *_cases(since, until)]
    return sorted(found, key=lambda one: (one.raised, one.name, one.unit))


def _series(since: date, until: date) -> Iterator[Alarm]:
    for watched in load().surveillance.series:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT name, county FROM surveillance_count WHERE sort = %s AND day BETWEEN %s AND %s",
                [watched.sort, since, until],
            )
            there = sorted(cursor.fetchall())
        for name, county in there:
            window, parameters = series.rule(watched, name)
            if window is None:
                continue
            first = since - timedelta(days=watched.history_days)
            day = _DAY[watched.sort]
            counts, known = daily(watched.sort, [name], county, day, watched.place, first, until)
            if known is None:
                continue
            method, given = series.method_for(watched, window, parameters, (until - known).days)
            lead = (known - first).days
            found = method_named(method).run(np.array(counts[name][lead:], dtype=float), **given)
            days = [known + timedelta(days=int(place)) for place in np.flatnonzero(found.alarm)]
            width = given.get("block", 1)
            for episode in _episodes([one for one in days if one >= since]):
                yield Alarm(method, name, county, "", episode[0] - timedelta(days=width - 1), episode[-1], episode[0])


def _cases(since: date, until: date) -> Iterator[Alarm]:
    """Thresholds of units and single cases, a case at a time as they were diagnosed."""
    rows = Case.objects.filter(excluded=False, onset_date__range=(since - timedelta(days=60), until))
    known: dict[tuple[str, str], list[Case]] = defaultdict(list)
    reached: dict[tuple[str, str], list[tuple[date, date, date]]] = defaultdict(list)
    places: dict[tuple[str, str], str] = {}
    for case in rows.select_related("school", "place", "worksite").order_by("diagnosed_at", "id"):
        day = case.diagnosed_at.astimezone(clock.CHINA).date()
        if watch(case.disease, case.subtype) is not None:
            county = county_of(case.residence_area)
            yield Alarm(SINGLE, case.disease, county, "", case.onset_date, case.onset_date, day)
        rules = list(thresholds.rules_for(case))
        for unit in thresholds.units(case) if rules else ():
            fitting = [rule for _, rule in rules if thresholds.fits(rule, unit)]
            if not fitting:
                continue
            key = case.disease, unit.scope
            places[key] = county_of(case.residence_area)
            known[key].append(case)
            window = _reached(known[key], case, fitting)
            if window:
                reached[key].append((window[0].onset_date, window[-1].onset_date, day))
    for (disease, scope), moments in reached.items():
        for episode in _episodes([day for *_, day in moments]):
            spans = [one for one in moments if episode[0] <= one[2] <= episode[-1]]
            yield Alarm(
                thresholds.METHOD, disease, places[disease, scope], scope, min(one[0] for one in spans),
                max(one[1] for one in spans), episode[0],
            )  # fmt: skip


def _reached(cases: Sequence[Case], case: Case, rules: Sequence[thresholds.Rule]) -> list[Case]:
    ordered = sorted(cases, key=lambda one: one.onset_date)
    for rule in rules:
        window = thresholds.fullest(ordered, case.onset_date, rule.window_days or 1)
        if len({one.person_id for one in window}) >= (rule.cases or 0):
            return window
    return []


def _episodes(days: Sequence[date]) -> Iterator[list[date]]:
    """Runs of days with no more than two weeks between one and the next."""
    run: list[date] = []
    for day in sorted(set(days)):
        if run and (day - run[-1]).days > _APART:
            yield run
            run = []
        run.append(day)
    if run:
        yield run
