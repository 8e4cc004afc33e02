"""From a message on the wire to the pages of those who must act: the doctor's suspicion, the CDC's signal.

A laboratory reports Vibrio cholerae over MLLP; the doctor's list and the duty officer's inbox lie open in Chromium and
nobody touches them. For the doctor each report is of another patient, for the CDC of another county, so that each is a
signal of its own. The clock runs from the moment the message is sent until the new row stands on the page.
"""

from __future__ import annotations

import random
import shutil
import socket
import time
from datetime import UTC, date, datetime, timedelta

from playwright.sync_api import Page, sync_playwright

from benchmarks.node import PASSWORD, Node, quantile, running

Figure = tuple[str, float, str, float]
MESSAGES, WARM, PATIENCE = 24, 2, 20.0
PROVINCE = "320000"
chance = random.Random(20261124)


def run() -> list[Figure]:
    """The 95th percentiles in milliseconds."""
    with running() as node:
        _people()
        doctor, officer = _at_the_pages(node)
    return [
        (
            "message on the wire to suspicion on the doctor's open page, p95",
            quantile(doctor, 0.95) * 1000,
            "ms",
            2000.0,
        ),
        ("message on the wire to signal on the CDC's open page, p95", quantile(officer, 0.95) * 1000, "ms", 5000.0),
    ]


def _at_the_pages(node: Node) -> tuple[list[float], list[float]]:
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        doctor = _open(chromium.new_context().new_page(), node, "doctor", "/suspicions/")
        at_doctor = [_once(node, doctor, number, hospital=0) for number in range(MESSAGES)][WARM:]
        officer = _open(chromium.new_context().new_page(), node, "officer", "/signals/")
        there = officer.locator("tr[data-row]").count()
        at_officer = [_once(node, officer, there + number - 1, hospital=number) for number in range(1, MESSAGES + 1)][
            WARM:
        ]
        chromium.close()
    return at_doctor, at_officer


def _open(page: Page, node: Node, user: str, path: str) -> Page:
    page.goto(f"http://127.0.0.1:{node.port}/accounts/login/")
    page.fill("#id_login", user)
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.wait_for_url(lambda url: "login" not in url)
    page.goto(f"http://127.0.0.1:{node.port}{path}")
    return page


def _once(node: Node, page: Page, row: int, hospital: int) -> float:
    started = _send(node, row + 1000 * hospital, hospital)
    page.locator("tr[data-row]").nth(row).wait_for(state="attached", timeout=PATIENCE * 1000)
    took = time.perf_counter() - started
    time.sleep(chance.uniform(0.2, 1.2))  # not in step with the page's own rhythm
    return took


def _send(node: Node, number: int, hospital: int) -> float:
    """Send one report; returns the moment it went."""
    with socket.create_connection(("127.0.0.1", node.mllp_port), 30, source_address=(_address(hospital), 0)) as wire:
        started = time.perf_counter()
        wire.sendall(b"\x0b" + _message(number).encode() + b"\x1c\r")
        if b"MSA|AA" not in (answer := wire.recv(65536)):
            raise RuntimeError(f"the door answered {answer!r}")
    return started


def _address(number: int) -> str:
    """Each hospital speaks from an address of its own."""
    return f"127.0.1.{number + 1}"


def _people() -> None:
    from yifang.apps.accounts.models import Seat, User
    from yifang.apps.intake.models import Feed
    from yifang.apps.places.models import Organisation
    from yifang.knowledge import load

    doctor, officer = User(username="doctor", display_name="医生"), User(username="officer", display_name="值班")
    for user in (doctor, officer):
        user.set_password(PASSWORD)
        user.save()
    since = date(2020, 1, 1)
    Seat.objects.create(user=officer, role="duty_officer", area_code=PROVINCE, since=since)
    regions = load().regions
    counties = [one.code for city in regions.children(PROVINCE) for one in regions.children(city.code)]
    for number in range(MESSAGES + 1):
        hospital = Organisation.objects.create(
            code=f"H{number}", name=f"基准{number}院", kind="hospital", area_code=counties[number]
        )
        Feed.objects.create(
            code=f"lis{number}", name="LIS", organisation=hospital, folder=f"lis{number}",
            senders=f"{_address(number)}/32",
        )  # fmt: skip
    Seat.objects.create(
        user=doctor, role="clinician", organisation=Organisation.objects.get(code="H0"), department="儿科",
        staff_no="D001", since=since,
    )  # fmt: skip
    time.sleep(3)  # the door reads its feeds again


def _message(number: int) -> str:
    at = (datetime.now(UTC) + timedelta(hours=8)).strftime("%Y%m%d%H%M%S")
    born = date(1970, 1, 1) + timedelta(days=number)
    return "".join(
        f"{segment}\r"
        for segment in (
            f"MSH|^~\\&|LIS|基准医院|YIFANG|CDC|{at}||ORU^R01^ORU_R01|W{number:05}|P|2.5|||||CHN|UNICODE UTF-8",
            f"PID|1||P{number:05}^^^HIS^MR||周{number:02}||{born:%Y%m%d}|M|||示范路{number}号",
            f"PV1|1|O|儿科||||D001^王医生|||||||||||V{number:05}|||||||||||||||||||||||||{at}",
            f"OBR|1|W{number}|W{number}|VC^粪便霍乱弧菌培养^L|||{at}|||||||||D001^王医生||||||{at}|||F",
            f"OBX|1|ST|VC^粪便霍乱弧菌培养^L||霍乱弧菌O139群生长||阴性|A|||F|||{at}",
        )
    )
