"""Series judged: what changed since the last look is counted by day and held against its own past.

Which series, by which method and over which window stands in the surveillance pack; the percentile of a disease in the
diseases pack. Runs in jobs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from yifang.apps.reporting.models import Case
from yifang.apps.surveillance.counting import daily
from yifang.apps.surveillance.models import SeriesDue
from yifang.apps.surveillance.services import tallying
from yifang.apps.surveillance.services.opening import Found, open_or_join, reporters_of
from yifang.detect import Detection, method_named
from yifang.kernel import clock
from yifang.knowledge import load
from yifang.knowledge.models.surveillance import WatchedSeries

_SHOWN = 60  # steps of the past that a signal keeps for its picture
_YEARS = (5, 3)  # the moving percentile looks five years back, and no less than three


def judge_due(most: int = 50) -> int:
    """Judge up to `most` series that changed. Returns how many were judged.

    A series of published numbers is judged when no more of it comes: in the midst of a file its newest number is not.
    """
    with transaction.atomic():
        waiting = SeriesDue.objects.select_for_update(skip_locked=True).order_by("id")[:most]
        due = [one for one in waiting if one.sort != tallying.SORT or tallying.is_quiet(UUID(one.name))]
        for one in due:
            if one.sort == tallying.SORT:
                tallying.judge_tallies(UUID(one.name))
        for watched in load().surveillance.series:
            changed = defaultdict(list)
            for one in due:
                if one.sort == watched.sort:
                    changed[one.county].append(one.name)
            for county, names in changed.items():
                judge(watched, names, county)
        SeriesDue.objects.filter(id__in=[one.id for one in due]).delete()
    return len(due)


def judge(watched: WatchedSeries, names: Sequence[str], county: str) -> None:
    """Hold the county's series of these names against their past; what stands out is a signal."""
    judged = [name for name in names if rule(watched, name)[0] is not None]
    if not judged:
        return
    last = clock.today()
    first = last - timedelta(days=watched.history_days)
    counts, since = daily(watched.sort, judged, county, watched.day, watched.place, first, last)
    for name in judged:
        _judge(watched, name, county, counts[name], since)


def _judge(watched: WatchedSeries, name: str, county: str, counts: Sequence[int], since: date | None) -> None:
    """`counts` of each day of the history up to today, of which nothing was counted before `since`."""
    window, parameters = rule(watched, name)
    assert window is not None
    last = clock.today()
    first = last - timedelta(days=len(counts) - 1)
    method, given = method_for(watched, window, parameters, (last - since).days if since else 0)
    observed = np.array(counts[-((last - since).days + 1) :] if since and since > first else counts, dtype=float)
    found = method_named(method).run(observed, **given)
    if not found.alarm[-1]:
        return
    start = last - timedelta(days=(window if watched.sort == "disease" and method == "moving_percentile" else 1) - 1)
    cases = _behind(name, county, watched, start, last) if watched.sort == "disease" else []
    open_or_join(
        Found(
            method, name, county, sort=watched.sort, observed=int(found.observed[-1]),
            expected=round(float(found.expected[-1]), 3), limit=round(float(found.upperbound[-1]), 3),
            window_days=(last - start).days + 1, first_day=start, last_day=last, hours=watched.hours,
            cases=tuple(one.id for one in cases), areas=tuple(sorted({one.report_area[:6] for one in cases})),
            reporters=frozenset(reporters_of(cases)), pvalue=_finite(found.pvalue[-1]), score=_finite(found.score[-1]),
            explanation=_explanation(watched, name, method, given, found, last),
        )
    )  # fmt: skip


def rule(watched: WatchedSeries, name: str) -> tuple[int | None, dict[str, Any]]:
    """The window in days and the percentile of a disease that is watched as a series; no window for the others."""
    if watched.sort == "syndrome":
        return watched.window_days, {}
    disease = load().diseases.get(name)
    if disease is None or disease.alert.mode != "series":
        return None, {}
    window = disease.alert.window_days or watched.window_days
    if window > 30:
        return None, {}  # by the year: not for a daily look
    return window, {"percentile": disease.alert.percentile} if disease.alert.percentile else {}


def method_for(
    watched: WatchedSeries, window: int, parameters: dict[str, Any], known_days: int
) -> tuple[str, dict[str, Any]]:
    """The method and its parameters; the fallback where the past is too short."""
    if watched.method != "moving_percentile":
        return watched.method, {}
    needed = (one for one in range(_YEARS[0], _YEARS[1] - 1, -1) if known_days >= one * 365.25 + 3 * window + 2)
    years = next(needed, 0)
    if years:
        return watched.method, {**parameters, "freq": 365.25, "block": window, "b": years}
    return watched.fallback or watched.method, {}


def _behind(name: str, county: str, watched: WatchedSeries, first: date, last: date) -> Sequence[Case]:
    column = "residence_area" if watched.place == "residence" else "report_area"
    inside = {f"{column}__startswith": county.rstrip("0").ljust(4, "0") if county.endswith("00") else county}
    return list(Case.objects.filter(disease=name, excluded=False, onset_date__range=(first, last), **inside))


def _explanation(
    watched: WatchedSeries, name: str, method: str, given: dict[str, Any], found: Detection, last: date
) -> dict[str, Any]:
    where = load().provenance("surveillance", "series", watched.id, "method")
    step = given.get("block", 1)
    places = list(range(len(found.observed) - 1, -1, -step))[:_SHOWN][::-1]
    return {
        "rule": f"surveillance.series.{watched.id}",
        "source": where.text,
        "confidence": where.confidence,
        "parameters": {key: value for key, value in found.parameters.items() if isinstance(value, int | float | str)},
        "fallback": method != watched.method,
        "series": {
            "step": "week" if step == 7 else "day" if step == 1 else "block",
            "days": step,
            "start": (last - timedelta(days=len(found.observed) - 1 - places[0])).isoformat(),
            "observed": [_finite(found.observed[place]) for place in places],
            "expected": [_finite(found.expected[place]) for place in places],
            "upperbound": [_finite(found.upperbound[place]) for place in places],
        },
    }


def _finite(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
