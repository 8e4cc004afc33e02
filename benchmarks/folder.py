"""From a file in the hospital's folder to the suspicion on the clinician's page.

A message is written into the watched folder as an interface engine would; the signed-in clinician's page is asked every
50 ms until the new patient stands on it. The time counts from the moment the file has its final name.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

from benchmarks.node import PASSWORD, Browser, Node, quantile, running

Figure = tuple[str, float, str, float]
MESSAGES, PATIENCE = 40, 20.0


def run() -> list[Figure]:
    """The 95th percentile in milliseconds."""
    with running() as node:
        _hospital(node)
        browser = Browser(node.port)
        browser.sign_in("doctor")
        took = [_once(node, browser, number) for number in range(MESSAGES + 2)][2:]  # the first ones warm up
    return [("file in the folder to suspicion on the page, p95", quantile(took, 0.95) * 1000, "ms", 2000.0)]


def _hospital(node: Node) -> None:
    from yifang.apps.accounts.models import Seat, User
    from yifang.apps.intake.models import Feed
    from yifang.apps.places.models import Organisation

    hospital = Organisation.objects.create(code="H31011299", name="基准医院", kind="hospital", area_code="310112")
    Feed.objects.create(code="bench", name="HIS", organisation=hospital, folder="bench")
    user = User(username="doctor", display_name="医生")
    user.set_password(PASSWORD)
    user.save()
    Seat.objects.create(
        user=user, role="clinician", organisation=hospital, department="儿科", staff_no="D001", since=date(2020, 1, 1)
    )


def _once(node: Node, browser: Browser, number: int) -> float:
    folder = node.data / "inbox" / "bench"
    for _ in range(100):  # the watcher makes the folder of a new feed
        if folder.exists():
            break
        time.sleep(0.1)
    unfinished = folder / f"{number}.part"
    unfinished.write_bytes(_message(number).encode())
    unfinished.rename(folder / f"{number}.hl7")
    started = time.perf_counter()
    while time.perf_counter() - started < PATIENCE:
        # names are masked on the page: a new row is the new patient
        if browser.get("/suspicions/")[1].count(b"data-row=") > number:
            return time.perf_counter() - started
        time.sleep(0.05)
    raise RuntimeError(f"message {number} never reached the page")


def _message(number: int) -> str:
    at = (datetime.now(UTC) + timedelta(hours=8)).strftime("%Y%m%d%H%M%S")
    born = date(2020, 1, 1) + timedelta(days=number)
    return "\r".join(
        [
            f"MSH|^~\\&|HIS|基准医院|YIFANG|CDC|{at}||ADT^A04|BENCH{number:05}|P|2.5|||||CHN|UNICODE UTF-8",
            f"PID|1||P{number:05}^^^HIS^PI||周{number:02}||{born:%Y%m%d}|M|||示范路{number}号",
            f"PV1|1|O|儿科||||D001^王医生|||||||||||V{number:05}|||||||||||||||||||||||||{at}",
            "DG1|1||B08.401^手足口病^ICD10|手足口病||F",
        ]
    )
