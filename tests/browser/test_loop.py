"""The thin loop, walked by five people in both languages on a whole node.

A laboratory's message comes over the wire; the doctor's open page shows the suspicion by itself; the doctor reports,
the hospital's desk approves and records the national number, the epidemiologist audits, the duty officer answers the
signal, and the doctor reads what came of it. The auditor finds the steps in the ledger. axe-core looks at every page.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from playwright.sync_api import Page

from tests import apps
from tests.browser.walking import Walker
from tests.node.running import Node
from yifang.kernel import clock

pytestmark = pytest.mark.browser

ROW = "tbody a.y-rowlink"
PATIENTS = {"zh": ("慕容建国", date(1971, 3, 12)), "en": ("上官海燕", date(1968, 8, 1))}
WORDS = {  # what each must read at the end of the way, in their own language
    "zh": {"disease": "霍乱", "closed": "已关闭", "feedback": "已核实，饮水点已消毒"},
    "en": {"disease": "Cholera", "closed": "Closed", "feedback": "Verified; the well was disinfected"},
}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_loop(node: Node, open_page: Callable[..., Page], lang: str) -> None:
    words = WORDS[lang]
    walkers: list[Walker] = []

    def enter(who: str) -> Walker:
        walkers.append(Walker(open_page, f"http://127.0.0.1:{node.config.port}", who, lang))
        return walkers[-1]

    with _pictures(walkers):
        doctor = enter("clinician")
        doctor.go("/suspicions/")
        _arrive(node, *PATIENTS[lang], f"VC-{lang}")
        doctor.page.wait_for_selector(ROW)  # the page refreshed itself
        doctor.press(ROW)
        doctor.page.wait_for_selector("form[action$='/report'] button")
        assert words["disease"] in doctor.page.inner_text("main")
        doctor.look("suspicion")
        doctor.press("form[action$='/report'] button")
        doctor.page.wait_for_selector("#card-form")
        doctor.look("card form")
        doctor.complete("#card-form")
        doctor.press("#card-form button[value=report]")
        doctor.page.wait_for_url(lambda url: "/edit" not in url)

        desk = enter("hospital_desk")
        desk.go("/desk/?tab=to_review")
        desk.press(ROW)
        desk.page.wait_for_selector("[data-dialog-open=approve]")
        desk.look("card")
        desk.press("[data-dialog-open=approve]")
        desk.look("approval")
        desk.page.fill("#approve-number", f"3101120000{1 if lang == 'zh' else 2}")
        desk.press("#approve button[type=submit]")
        desk.page.wait_for_selector("#approve", state="detached")

        officer = enter("duty_officer")
        officer.go("/signals/")
        _until(officer, ROW)
        officer.press(ROW)
        officer.page.wait_for_selector("button[name=state][value=verifying_desk]")
        officer.look("signal")
        officer.press("button[name=state][value=verifying_desk]")

        district = enter("epidemiologist")
        district.go("/audit/")
        district.press(ROW)
        district.page.wait_for_selector("form[action$='/audit'] button")
        assert PATIENTS[lang][0] not in district.page.inner_text("main")
        district.look("card beside its source")
        district.press("form[action$='/audit'] button")

        officer.page.fill("#note", words["feedback"])
        officer.page.select_option("#conclusion", "sporadic")
        officer.press("button[name=state][value=closed]")
        officer.look("closed signal")
        assert words["closed"] in officer.page.inner_text("main")

        doctor.go("/work/")
        _until(doctor, f"text={words['feedback']}")

        auditor = enter("auditor")
        auditor.go("/ledger/")
        shown = auditor.page.inner_text("main")
        assert not any(word in shown for word in (PATIENTS[lang][0], words["feedback"]))

    found = {name: findings for one in walkers for name, findings in one.looked.items() if findings}
    assert not found, found


def _arrive(node: Node, name: str, birth: date, key: str) -> None:
    """A laboratory report of one who grew Vibrio cholerae, as the laboratory's system sends it."""
    at = clock.now().astimezone(clock.CHINA).strftime("%Y%m%d%H%M%S+0800")
    number = apps.id_no(birth=birth)
    segments = (
        f"MSH|^~\\&|LIS|H31011201|YIFANG|C310112|{at}||ORU^R01^ORU_R01|{key}|P|2.5|||||CHN|UNICODE UTF-8",
        f"PID|1||{number}^^^^NI||{name}||{birth:%Y%m%d}|M|||示范路8弄3号||13912345678",
        f"PV1|1|O|儿科^^^梅陇人民医院||||D001^高医生|||||||||||{key}",
        f"OBR|1|{key}|{key}|VC^粪便霍乱弧菌培养^L|||{at}|||||||||D001^高医生||||||{at}|||F",
        f"OBX|1|ST|VC^粪便霍乱弧菌培养^L||霍乱弧菌O139群生长||阴性|A|||F|||{at}",
    )
    message = "".join(f"{segment}\r" for segment in segments).encode()
    with socket.create_connection(("127.0.0.1", node.config.mllp_port), 30) as wire:
        wire.sendall(b"\x0b" + message + b"\x1c\r")
        answer = wire.recv(65536)
    assert b"MSA|AA|" in answer, answer


def _until(walker: Walker, selector: str) -> None:
    """Wait for what jobs are about to make, on a page that is open."""
    walker.page.wait_for_selector(selector)


@contextmanager
def _pictures(walkers: list[Walker]) -> Iterator[None]:
    """Where a step fails, everybody's page as it stood then lies in `var/shots`."""
    try:
        yield
    except BaseException:
        for one in walkers:
            one.shoot("failed")
        raise
