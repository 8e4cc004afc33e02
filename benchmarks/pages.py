"""Pages over a million cases: users of a large district, a small one and a township, eight at once with 2 s to think.

The whole response is timed, from the request to its last byte, over kept-alive connections. `YIFANG_BENCH_CASES` makes
the county smaller for a quick look; the figures of docs/benchmarks.md are of a million.
"""

from __future__ import annotations

import html
import os
import random
import re
import threading
import time
from collections import defaultdict
from datetime import date
from uuid import UUID

import psycopg

from benchmarks import county
from benchmarks.node import PASSWORD, Browser, Node, form_token, quantile, running

Figure = tuple[str, float, str, float]
CASES = int(os.environ.get("YIFANG_BENCH_CASES", "1000000"))
WARM, ROUNDS, THINK, USERS = 3, 12, 2.0, 8  # rounds before the clock: every thread has met every page then
TARGETS = {
    "list": 80.0, "filtered list": 80.0, "look-up": 50.0, "case": 100.0, "person": 150.0, "situation": 400.0,
    "five years": 400.0, "behind a number": 400.0, "bulletin": 400.0, "signals": 200.0, "signal": 200.0,
}  # fmt: skip
SITUATIONS = (  # what people choose: mostly what the page opens with
    "", "", "", "period=7", "period=90", "period=year", "period=90&disease=hfmd", "period=90&measure=own&day=onset",
)  # fmt: skip
_CASE = re.compile(rb"/cases/([0-9a-f-]{36})")
_PERSON = re.compile(rb"/persons/([0-9a-f-]{36})")
_SIGNAL = re.compile(rb"/signals/([0-9a-f-]{36})")
_BEHIND = re.compile(rb'href="(/situation/cases[^"]+)"')


def run() -> list[Figure]:
    """The 95th percentile of each page in milliseconds."""
    with running() as node:
        hospitals = _places()
        sample = _fill(hospitals)
        _signals()
        took: dict[str, list[float]] = defaultdict(list)
        names = ["large", "small", "township"]
        threads = [
            threading.Thread(target=_work, args=(node, names[order % 3], order, sample, took)) for order in range(USERS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return [
        (f"{page}, p95 of {len(took[page])}, {CASES:,} cases", quantile(took[page], 0.95) * 1000, "ms", target)
        for page, target in TARGETS.items()
    ]


def _places() -> dict[str, UUID]:
    from yifang.apps.accounts.models import Seat, User
    from yifang.apps.places.models import Organisation

    others = [f"3101{number:02}" for number in (1, 4, 5, 6, 7, 9, 10, 13, 14, 15, 16, 17, 18, 20)]
    hospitals = {}
    for district in (county.LARGE, county.SMALL, *others):
        hospital = Organisation.objects.create(
            code=f"H{district}", name=f"{district}医院", kind="hospital", area_code=district
        )
        hospitals[district] = hospital.id
    for name, area in (("large", county.LARGE), ("small", county.SMALL), ("township", county.TOWNSHIP)):
        user = User(username=name, display_name=name)
        user.set_password(PASSWORD)
        user.save()
        Seat.objects.create(user=user, role="epidemiologist", area_code=area, since=date(2020, 1, 1))
    return hospitals


def _fill(hospitals: dict[str, UUID]) -> county.Sample:
    from yifang.apps.accounts.keys import sealing
    from yifang.node import config, database

    dsn = database.of(config.load()).dsn("owner")
    with psycopg.connect(dsn) as connection:
        return county.fill(connection, sealing(), hospitals, CASES)


def _signals() -> None:
    """Open signals of each area, each with its past and some cases behind it."""
    from django.db import transaction

    from yifang.apps.reporting.models import Case
    from yifang.apps.surveillance.services.opening import Found, raise_signal

    past = [float(number % 7) for number in range(60)]
    series = {"step": "week", "days": 7, "start": "2025-10-01", "observed": past, "expected": past, "upperbound": past}
    explanation = {"rule": "surveillance.series.disease_county", "source": "-", "confidence": "HIGH", "series": series}
    last = date(2026, 11, 20)
    for area in (county.LARGE, county.SMALL):
        inside = Case.objects.filter(residence_area__startswith=area)
        cases = tuple(inside.order_by("-onset_date").values_list("id", flat=True)[:20])
        for number, disease in enumerate(("hfmd", "influenza", "varicella", "scarlet_fever", "dengue") * 8):
            with transaction.atomic():
                raise_signal(
                    Found(
                        "moving_percentile", disease, area, unit=f"series:{number}", observed=14, expected=4.0,
                        limit=9.0, window_days=7, first_day=last, last_day=last, hours=24,
                        explanation=explanation, cases=cases,
                    )
                )  # fmt: skip


def _work(node: Node, name: str, order: int, sample: county.Sample, measured: dict[str, list[float]]) -> None:
    """One user: list, filter, open a case, its person, look somebody up, thinking between."""
    chance = random.Random(order)
    browser = Browser(node.port)
    browser.sign_in(name)
    district = county.SMALL if name == "small" else county.LARGE
    time.sleep(THINK * order / USERS)  # people do not click in step
    for passed in range(WARM + ROUNDS):
        took = measured if passed >= WARM else defaultdict(list)
        page = _timed(browser, took, "list", "/cases/")
        disease = chance.choice(("hfmd", "measles", "varicella"))
        page = _timed(browser, took, "filtered list", f"/cases/?disease={disease}") or page
        if cases := _CASE.findall(page):
            opened = _timed(browser, took, "case", f"/cases/{chance.choice(cases).decode()}")
            if person := _PERSON.search(opened):
                _timed(browser, took, "person", f"/persons/{person.group(1).decode()}")
        wanted = chance.choice(sample.names[district] if chance.random() < 0.5 else sample.numbers[district])
        token = form_token(page)
        _timed(browser, took, "look-up", "/search/", {"q": wanted}, token)
        _look_at_numbers(browser, took, chance)


def _look_at_numbers(browser: Browser, took: dict[str, list[float]], chance: random.Random) -> None:
    chosen = chance.choice(SITUATIONS)
    page = _timed(browser, took, "situation", f"/situation/?{chosen}")
    _timed(browser, took, "five years", f"/situation/years?{chosen}")
    if behind := _BEHIND.findall(page):
        _timed(browser, took, "behind a number", html.unescape(chance.choice(behind).decode()))
    _timed(browser, took, "bulletin", "/situation/bulletin")
    if signals := _SIGNAL.findall(_timed(browser, took, "signals", "/signals/")):
        _timed(browser, took, "signal", f"/signals/{chance.choice(signals).decode()}")


def _timed(
    browser: Browser,
    took: dict[str, list[float]],
    page: str,
    path: str,
    fields: dict[str, str] | None = None,
    token: str = "",
) -> bytes:
    started = time.perf_counter()
    status, body = browser.post(path, fields, token) if fields else browser.get(path)
    took[page].append(time.perf_counter() - started)
    if status != 200:
        raise RuntimeError(f"{path} answered {status}")
    time.sleep(THINK)
    return body
