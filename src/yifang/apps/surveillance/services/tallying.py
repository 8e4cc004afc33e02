"""Counts that a source made itself come in: kept by series, corrected by what comes later, counted by day, judged.

Daily counts of a disease in a county are counted as cases are, under each kind of day, for a published figure names
none; a county that loads both the counts and the cards of the same days would have them twice. Runs in jobs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

import numpy as np

from yifang.apps.accounts.visibility import group_of
from yifang.apps.ledger.services import Actor, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.surveillance.counting import Fact, count_facts
from yifang.apps.surveillance.models import Signal, SubjectSort, TallyNumber, TallySeries
from yifang.apps.surveillance.services.due import note
from yifang.apps.surveillance.services.opening import Found, open_or_join
from yifang.detect import cadence, method_named
from yifang.formats.canonical import Tally
from yifang.kernel import areas, clock
from yifang.kernel.ids import new_id
from yifang.knowledge import load

SORT = "tally"  # of a series that is due to be judged
_HOURS = 24.0
_SHOWN = 60
_LEAST_YEARS, _MOST_YEARS = 3, 5
_QUIET = timedelta(seconds=3)


def receive(tallies: Sequence[Tally], organisation: Organisation, batch: UUID, by: Actor) -> tuple[list[UUID], int]:
    """Store a chunk. Returns the ids of the series that changed, and how many numbers said only what is there."""
    told = {_key(one, organisation): one for one in tallies}  # the last of a series and period stands
    series = _series({key[:-1] for key in told}, told, organisation)
    rows = TallyNumber.objects.select_for_update(of=("self",)).filter(
        series__in=series.values(), start__in={one.start for one in told.values()}
    )
    known = {(row.series_id, row.start): row for row in rows}
    made: list[TallyNumber] = []
    changed: list[TallyNumber] = []
    for key, one in told.items():
        of = series[key[:-1]]
        row = known.get((of.id, one.start))
        said = (one.number, one.deaths, one.population)
        if row is not None and (row.number, row.deaths, row.population) == said:
            continue
        (made if row is None else changed).append(row := row or TallyNumber(series=of, start=one.start))
        row.number, row.deaths, row.population = said
        row.batch = batch
    TallyNumber.objects.bulk_create(made, batch_size=1000)
    TallyNumber.objects.bulk_update(changed, ["number", "deaths", "population", "batch"], batch_size=500)
    news = [*made, *changed]
    if not news:
        return [], len(tallies)
    note(_count([row for row in news if _is_counted(row.series)]))
    of = {row.series_id: row.series for row in news}
    TallySeries.objects.filter(id__in=of).update(updated_at=clock.now())
    note((SORT, str(one.id), one.area[:6]) for one in of.values())
    append(
        Change(
            "surveillance.tallies_taken", "batch", batch,
            facts={"numbers": len(news), "series": len(of), "organisation": organisation.id},
            scopes=[organisation.scope],
        ),
        by,
    )  # fmt: skip
    return list(of), len(tallies) - len(news)


def is_quiet(series_id: UUID) -> bool:
    """Whether nothing more of the series came for some seconds."""
    return not TallySeries.objects.filter(id=series_id, updated_at__gt=clock.now() - _QUIET).exists()


def judge_tallies(series_id: UUID) -> Signal | None:
    """Hold the newest number of a series against its own past.

    Series of one pharmacy, school or centre are kept and not judged: there are hundreds, and by chance some of them
    stand out every day.
    """
    series = TallySeries.objects.select_related("organisation").filter(id=series_id).first()
    if series is None or Organisation.objects.filter(code=series.label).exists():
        return None
    rows = list(series.numbers.order_by("start").values_list("start", "number"))
    if len(rows) < 2:
        return None
    step = cadence.MONTH if series.period == "month" else cadence.found([start for start, _ in rows])
    start = step.start([day for day, _ in rows])
    places = {step.place(day, start): number for day, number in rows}
    places.pop(None, None)
    last = max(places)
    observed = np.array([places.get(place, np.nan) for place in range(last + 1)], dtype=float)
    method, given = _method(series, step, last)
    found = method_named(method).run(observed, **given)
    if not found.alarm[-1]:
        return None
    shown = list(range(max(0, last + 1 - _SHOWN), last + 1))
    where = load().provenance("surveillance", "series", "disease_county", "method")
    first = step.day(start, last)
    return open_or_join(
        Found(
            method, series.name or str(series)[:40], series.organisation.area_code, sort=series.sort or SORT,
            unit=f"series:{series.id}", observed=int(found.observed[-1]), expected=_finite(found.expected[-1]) or 0.0,
            limit=_finite(found.upperbound[-1]) or 0.0, window_days={"day": 1, "week": 7, "month": 30}[step.name],
            first_day=first, last_day=first, hours=_HOURS, pvalue=_finite(found.pvalue[-1]),
            score=_finite(found.score[-1]),
            explanation={
                "rule": "surveillance.series.disease_county", "source": where.text, "confidence": where.confidence,
                "unit": {"kind": "series", "name": _called(series), "name_en": _called(series)},
                "parameters": {
                    key: value for key, value in found.parameters.items() if isinstance(value, int | float | str)
                },
                "fallback": method != "moving_percentile",
                "series": {
                    "step": step.name, "start": step.day(start, shown[0]).isoformat(),
                    "observed": [_finite(found.observed[place]) for place in shown],
                    "expected": [_finite(found.expected[place]) for place in shown],
                    "upperbound": [_finite(found.upperbound[place]) for place in shown],
                },
            },
        )
    )  # fmt: skip


def _method(series: TallySeries, step: cadence.Cadence, steps: int) -> tuple[str, dict[str, Any]]:
    """The moving percentile with as many years as there are (three at least), else EARS C2."""
    disease = load().diseases.get(series.name)
    percentile = {"percentile": disease.alert.percentile} if disease and disease.alert.percentile else {}
    side = 1 if step.name == "month" else 2  # weeks to each side; of months one
    years = min(_MOST_YEARS, int((steps - side) / step.freq))
    if years < _LEAST_YEARS:
        return "ears_c2", {}
    return "moving_percentile", {"freq": step.freq, "b": years, "w": side, "block": 1, **percentile}


def _key(one: Tally, organisation: Organisation) -> tuple[str, str, str, str, date]:
    area = one.area or areas.normalise(organisation.area_code)
    return one.text[:120], one.label[:120], area, one.period, one.start


def _series(
    keys: set[tuple[str, ...]], told: dict[tuple[Any, ...], Tally], organisation: Organisation
) -> dict[tuple[str, ...], TallySeries]:
    rows = TallySeries.objects.filter(organisation=organisation, text__in={key[0] for key in keys})
    found = {(row.text, row.label, row.area, row.period): row for row in rows}
    sample = {key[:-1]: one for key, one in told.items()}
    fresh = []
    for key in keys - found.keys():
        one = sample[key]
        name = one.disease or one.syndrome
        sort = SubjectSort.DISEASE if one.disease else SubjectSort.SYNDROME if one.syndrome else ""
        fresh.append(
            TallySeries(
                id=new_id(), organisation=organisation, sort=sort, name=name, text=key[0], label=key[1], area=key[2],
                group=group_of(one.disease) if one.disease else "ordinary", period=key[3], updated_at=clock.now(),
            )
        )  # fmt: skip
    TallySeries.objects.bulk_create(fresh, batch_size=500)
    return found | {(row.text, row.label, row.area, row.period): row for row in fresh}


def _is_counted(series: TallySeries) -> bool:
    """A daily count of a disease or syndrome, of the whole of a county or less, and not of a part of its people."""
    deep = areas.level(series.area) not in ("province", "city")
    return series.period == "day" and bool(series.name) and deep and not series.label


def _count(rows: Sequence[TallyNumber]) -> set[tuple[str, str, str]]:
    facts = []
    for row in rows:
        series = row.series
        days = dict.fromkeys(("onset_day", "diagnosis_day", "entry_day", "audit_day"), row.start)
        if series.sort == SubjectSort.SYNDROME:
            days = {"onset_day": row.start}
        facts.append(
            Fact(
                subject=uuid5(series.id, row.start.isoformat()), sort=series.sort, name=series.name,
                case_class="clinical" if series.sort == SubjectSort.DISEASE else "", sex="unknown", age=-1,
                group=series.group, residence_area=series.area, report_area=series.area,
                organisation=series.organisation_id, number=row.number, **days,
            )
        )  # fmt: skip
    return count_facts([one for one in facts if one.number], [one.subject for one in facts])


def _called(series: TallySeries) -> str:
    region = load().regions.get(series.area)
    return " · ".join(one for one in (region.name if region else "", series.text, series.label) if one)


def _finite(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
