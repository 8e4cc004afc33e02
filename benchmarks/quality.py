"""The numbers of report quality over 200,000 cards of a year: a district's table by each grouping, and a hospital's.

Judgements are made up (what judging one costs is in `cards`); measured is the reading, as the web role with the
policies on.
"""

from __future__ import annotations

import random
import time
from datetime import date
from typing import Any

from benchmarks.node import quantile, running

Figure = tuple[str, float, str, float]
CARDS, UNITS, ROUNDS = 200_000, 40, 12
DEPARTMENTS = ("儿科", "发热门诊", "感染科", "内科", "急诊科", "皮肤科", "妇产科", "呼吸科")
DISEASES = (
    "hfmd", "influenza", "varicella", "mumps", "pulmonary_tb", "hepatitis_b", "syphilis", "scarlet_fever", "pertussis",
    "other_infectious_diarrhoea", "bacillary_dysentery", "measles", "brucellosis", "hfrs", "dengue",
)  # fmt: skip
MEASURES = ("timely", "complete", "accurate", "consistent", "id_valid", "duplicate", "corrected", "returned", "audit")


def run() -> list[Figure]:
    """The 95th percentile of each reading in milliseconds, and the seconds that summing everything up took."""
    with running():
        seats = _fill()
        took: dict[str, list[float]] = {}
        for name, reading in _readings(seats).items():
            took[name] = [_timed(reading) for _ in range(ROUNDS)][2:]
    return [(f"{name}, p95, {CARDS:,} cards", quantile(each, 0.95) * 1000, "ms", 300.0) for name, each in took.items()]


def _fill() -> dict[str, Any]:
    from django.contrib.auth import get_user_model
    from django.db import connection

    from yifang.apps.accounts.models import Seat
    from yifang.apps.places.models import Organisation

    dice = random.Random(20261128)
    units = [
        Organisation(code=f"H3101{number:04}", name=f"第{number}医院", kind="hospital", area_code="310112")
        for number in range(UNITS)
    ]
    cdc = Organisation(code="C310112", name="甲区疾控", kind="cdc", area_code="310112")
    Organisation.objects.bulk_create([*units, cdc])
    users = get_user_model()
    seats = {}
    for name, role, unit, area in (("cdc", "epidemiologist", cdc, "310112"), ("desk", "hospital_desk", units[0], "")):
        user = users.objects.create(username=name, display_name=name)
        seats[name] = Seat.objects.create(
            user=user, role=role, organisation=unit, area_code=area, since=date(2020, 1, 1)
        )
    sums: dict[tuple[Any, ...], list[int]] = {}
    for _ in range(CARDS):
        key = (
            dice.choice(units).id,
            date(2026, dice.randint(1, 12), 1),
            dice.choice(DEPARTMENTS),
            dice.choice(DISEASES),
        )
        for measure in MEASURES:
            one = sums.setdefault((*key, measure), [0, 0])
            one[0] += dice.random() < 0.9
            one[1] += 1
    with connection.cursor() as cursor:
        with cursor.copy(
            'COPY reporting_qualitytally (organisation_id, month, department, disease, indicator, area, "group", '
            "numerator, denominator) FROM STDIN"
        ) as copy:
            for (unit, month, department, disease, measure), (numerator, denominator) in sums.items():
                row = (unit, month, department, disease, measure, "310112", "ordinary", numerator, denominator)
                copy.write_row(row)
        cursor.execute("ANALYZE reporting_qualitytally")
    return seats


def _readings(seats: dict[str, Any]) -> dict[str, Any]:
    from yifang.apps.accounts.viewers import enter, viewer_of
    from yifang.apps.reporting.queries import quality as reads

    year = reads.Chosen(date(2026, 1, 1), date(2026, 12, 1))
    half = reads.Chosen(date(2026, 6, 1), date(2026, 11, 1))

    def reading(seat: str, by: Any, chosen: Any) -> Any:
        def read() -> None:
            viewer = viewer_of(seats[seat])
            with enter(viewer):
                reads.lines(viewer, by, chosen)
                reads.total(viewer, chosen)

        return read

    return {
        "district by unit, half a year": reading("cdc", "organisation", half),
        "district by unit, a year": reading("cdc", "organisation", year),
        "district by month, a year": reading("cdc", "month", year),
        "hospital by department, a year": reading("desk", "department", year),
    }


def _timed(reading: Any) -> float:
    started = time.perf_counter()
    reading()
    return time.perf_counter() - started
