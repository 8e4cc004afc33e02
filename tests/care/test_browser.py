"""In a real browser: a triage by keyboard within its sixty seconds, a whistle on a telephone."""

from __future__ import annotations

import time

import pytest
from django.conf import settings
from django.test import Client

from tests import apps
from tests.care.giving import BACKEND
from tests.web.browser import NARROW, axe, chromium, open_page, overflow, shoot  # noqa: F401 fixtures
from yifang.apps.care.models import Matter, Step
from yifang.web.messages import compile_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SECONDS = 60


@pytest.fixture
def visit(transactional_db, live_server, open_page):  # noqa: F811
    compile_all()
    county = apps.county()

    def open_(url: str, who: str, **more):
        client = Client()
        client.force_login(county.users[who], backend=BACKEND)
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "domain": "localhost", "path": "/",
                  "expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax"}  # fmt: skip
        return open_page(live_server.url + url, storage_state={"cookies": [cookie], "origins": []}, **more)

    return open_


def test_a_triage_by_keyboard_and_a_whistle_by_thumb(visit):
    page = visit("/triage/", "triage_nurse")
    began = time.monotonic()
    page.keyboard.type("38.4")
    page.keyboard.press("Tab")
    page.wait_for_selector("text=体温≥37.3℃")
    assert page.locator("#id_temperature").input_value() == "38.4"
    assert page.locator("input[name=destination][value=fever]").is_checked()
    page.locator("input[name=symptoms][value=cough]").focus()
    page.keyboard.press("Space")
    page.locator("input[name=exposure][value=none]").focus()
    page.keyboard.press("Space")
    page.locator("#id_name").focus()  # while the form is still being drawn again: nothing typed is lost
    page.keyboard.type("王小明")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=已分诊到发热门诊")
    assert time.monotonic() - began < SECONDS
    assert Matter.objects.get(kind="triage").outcome == "fever"
    assert axe(page) == []

    page = visit("/whistle/", "clinician", size=NARROW, lang="en")
    assert overflow(page) == 0
    page.locator("#id_event").fill("Four pupils with the same high fever")
    page.locator("#id_number").fill("4")
    page.locator("#id_symptoms").fill("fever, red eyes")
    page.locator("#id_place").fill("the middle school")
    page.locator("#id_since").fill("2026-11-20")
    page.locator("input[name=anonymous]").check()
    page.get_by_role("button", name="Tell the CDC").click()
    code = page.locator("output").inner_text()
    page.get_by_role("link", name="Read the answer by code").click()
    page.locator("#code").fill(code)
    page.get_by_role("button", name="View").click()
    page.wait_for_selector("text=Four pupils with the same high fever")
    assert overflow(page) == 0
    assert axe(page) == []
    assert Step.objects.get(matter__kind="whistle").by_id is None
