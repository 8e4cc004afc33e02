"""Single cards accepted: drafted, every rule checked, sealed, shown, put on the desk, in the ledger, reported.

Four processes sign in as the web role and report cards one after the other through the services, as doctors do through
pages; the node's jobs hear of each meanwhile. One card is two transactions (the draft, the report).
"""

from __future__ import annotations

import multiprocessing
import os
import time
from datetime import date, timedelta
from uuid import UUID

from benchmarks.county import GIVEN, SURNAMES
from benchmarks.node import quantile, running

Figure = tuple[str, float, str, float]
WORKERS, EACH = 4, 250


def run() -> list[Figure]:
    """Cards a second over all workers, the 95th percentile of one card, and the processor's time for one in Python."""
    with running():
        seats = _doctors()
        context = multiprocessing.get_context("spawn")
        os.environ["YIFANG_DB_ROLE"] = "web"
        with context.Pool(WORKERS) as pool:
            pool.map(_warm, seats)
            started = time.perf_counter()
            done = pool.starmap(_report, list(enumerate(seats)))
            elapsed = time.perf_counter() - started
        os.environ["YIFANG_DB_ROLE"] = "owner"
    took = [each for one, _ in done for each in one]
    cpu = sum(each for _, each in done) / len(took)
    return [
        ("cards accepted, four doctors at once", len(took) / elapsed, "/s", 150.0),
        ("one card accepted, p95", quantile(took, 0.95) * 1000, "ms", 150.0),
        ("the processor for one, the database's part apart", cpu * 1000, "CPU ms", 15.0),
    ]


def _doctors() -> list[UUID]:
    from yifang.apps.accounts.models import Seat, User
    from yifang.apps.places.models import Organisation

    hospital = Organisation.objects.create(
        code="H31011299", name="基准医院", kind="hospital", area_code="310112", phone="021-54321000"
    )
    seats = []
    for number in range(WORKERS):
        user = User.objects.create(username=f"doctor{number}", display_name=f"医生{number}")
        seats.append(
            Seat.objects.create(
                user=user, role="clinician", organisation=hospital, department="儿科", since=date(2020, 1, 1)
            )
        )
    return [seat.id for seat in seats]


def _warm(seat_id: UUID) -> None:
    """Load Django, the packs and a connection before the clock starts."""
    import django

    django.setup()
    from yifang.apps.accounts.models import Seat
    from yifang.knowledge import load

    load().regions.get("310112101")
    Seat.objects.get(id=seat_id)


def _report(worker: int, seat_id: UUID) -> tuple[list[float], float]:
    """How long each card took, and how long the processor worked for all of them here."""
    from yifang.apps.accounts.models import Seat
    from yifang.apps.accounts.viewers import enter, viewer_of
    from yifang.apps.reporting import services

    viewer = viewer_of(Seat.objects.select_related("organisation", "user").get(id=seat_id))
    took = []
    worked = time.process_time()
    for number in range(EACH):
        answers = _answers(worker * EACH + number)
        started = time.perf_counter()
        with enter(viewer):
            card = services.draft_blank(viewer, answers)
        with enter(viewer):
            services.report(card.id, viewer)
        took.append(time.perf_counter() - started)
    return took, time.process_time() - worked


def _answers(number: int) -> dict[str, str]:
    from yifang.kernel import clock
    from yifang.kernel.identity_number import check_digit

    at = (clock.now() - timedelta(hours=1)).astimezone(clock.CHINA)
    born = date(2019, 1, 1) + timedelta(days=number % 900)
    first17 = f"310112{born:%Y%m%d}{number // 900 * 2 + 1:03d}"
    name = SURNAMES[number % len(SURNAMES)] + GIVEN[number % len(GIVEN)] + GIVEN[number * 7 // 5 % len(GIVEN)]
    return {
        "name": name, "guardian_name": "王父", "id_type": "01", "id_no": first17 + check_digit(first17), "sex": "1",
        "birth_date": born.isoformat(), "phone": f"138{number:08}", "residence_area": "310112101",
        "residence_detail": "示范路1弄2号", "report_org_phone": "021-54321000", "population": "2",
        "patient_belongs": "1", "case_class": "1", "onset_date": (at.date() - timedelta(days=1)).isoformat(),
        "disease": "hfmd", "diagnosis_datetime": at.strftime("%Y-%m-%dT%H:%M"), "hfmd_card.1": "未检",
        "hfmd_card.2": "否",
    }  # fmt: skip
