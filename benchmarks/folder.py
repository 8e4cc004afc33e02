"""From a file in the hospital's folder to the suspicion on the clinician's page.

A message is written into the watched folder as an interface engine would; the clinician's page lies open in Chromium
and nobody touches it. The time counts from the moment the file has its final name until the new row stands there.
"""

from __future__ import annotations

import random
import shutil
import time
from datetime import UTC, date, datetime, timedelta

from playwright.sync_api import Page, sync_playwright

from benchmarks.node import PASSWORD, Node, quantile, running

Figure = tuple[str, float, str, float]
MESSAGES, PATIENCE = 40, 20.0
chance = random.Random(20261124)


def run() -> list[Figure]:
    """The 95th percentile in milliseconds."""
    with running() as node:
        _hospital(node)
        took = _at_the_page(node)
    return [("file in the folder to suspicion on the open page, p95", quantile(took, 0.95) * 1000, "ms", 2000.0)]


def _at_the_page(node: Node) -> list[float]:
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page()
        page.goto(f"http://127.0.0.1:{node.port}/accounts/login/")
        page.fill("#id_login", "doctor")
        page.fill("#id_password", PASSWORD)
        page.press("#id_password", "Enter")
        page.wait_for_url(lambda url: "login" not in url)
        page.goto(f"http://127.0.0.1:{node.port}/suspicions/")
        took = [_once(node, page, number) for number in range(MESSAGES + 2)][2:]  # the first ones warm up
        chromium.close()
    return took


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


def _once(node: Node, page: Page, number: int) -> float:
    folder = node.data / "inbox" / "bench"
    for _ in range(100):  # the watcher makes the folder of a new feed
        if folder.exists():
            break
        time.sleep(0.1)
    unfinished = folder / f"{number}.part"
    unfinished.write_bytes(_message(number).encode())
    unfinished.rename(folder / f"{number}.hl7")
    started = time.perf_counter()
    # names are masked on the page: a new row is the new patient
    page.locator("tr[data-row]").nth(number).wait_for(state="attached", timeout=PATIENCE * 1000)
    took = time.perf_counter() - started
    time.sleep(chance.uniform(0.2, 1.2))  # not in step with the page's own rhythm
    return took


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
