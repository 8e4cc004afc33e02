"""The district's pages in a real browser: both widths, both languages, axe, no overflow; cards audited by keyboard."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from tests import apps
from tests.reporting.district import BACKEND, GROWN, PUPIL, make_entered
from tests.web.browser import NARROW, WIDE, axe, chromium, open_page, overflow, ready, shoot  # noqa: F401 fixtures
from yifang.apps.reporting.models import Card, CardState
from yifang.web.messages import compile_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cards(transactional_db):
    """Four cards that wait: cholera first; two of one child from two hospitals; a pupil."""
    compile_all()
    county = apps.county()
    entered = make_entered(county)
    child = entered()
    twin = entered(
        apps.hfmd("B", who=apps.person(number="", phone="13900000077", address="新桥路7弄8号")),
        hospital="other_hospital", doctor="other_hospital", desk="other_hospital_desk", id_type="99", id_no="无",
        remark="未带证件",
    )  # fmt: skip
    pupil = entered(apps.influenza("F"), **PUPIL)
    grave = entered(apps.cholera_report(), **GROWN)
    return county, child, twin, pupil, grave


@pytest.fixture
def visit(cards, live_server, open_page):  # noqa: F811
    def open_(url: str, **more):
        client = Client()
        client.force_login(cards[0].users["epidemiologist"], backend=BACKEND)
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "domain": "localhost", "path": "/"}
        return open_page(
            live_server.url + url, storage_state={"cookies": [{**_PLAIN, **cookie}], "origins": []}, **more
        )

    return open_


_PLAIN = {"expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax"}


@pytest.mark.parametrize(("lang", "scheme"), [("zh", "light"), ("en", "dark")])
def test_pages_fit_and_can_be_read_by_everyone(cards, visit, live_server, lang, scheme):
    _county, child, *_others = cards
    pages = {
        "audit": "/audit/",
        "audit-card": f"/audit/{child.id}",
        "cases": "/cases/",
        "case": f"/cases/{child.case_id}",
    }
    page = visit("/audit/", lang=lang, scheme=scheme)
    for name, url in pages.items():
        page.goto(live_server.url + url)
        ready(page)
        assert axe(page) == [], name
        shoot(page, f"district-{name}-{lang}")
        for width, height in (NARROW, WIDE):
            page.set_viewport_size({"width": width, "height": height})
            assert overflow(page) == 0, (name, width)


def test_by_keyboard_from_card_to_card(cards, visit):
    _county, child, _twin, _pupil, grave = cards
    page = visit("/audit/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#detail[data-opened] >> text={grave.card_no}")
    page.keyboard.press("e")
    page.wait_for_url(f"**/audit/{child.id}**")
    ready(page)
    grave.refresh_from_db()
    assert grave.state == CardState.AUDITED


def test_bulk_shows_first_what_it_would_do(cards, visit):
    page = visit("/audit/")
    page.click("[data-pick-all]")
    page.click(".y-bulk .btn-primary")
    page.wait_for_selector("dialog#bulk[open]")
    assert "将终审 3 张，1 张不动" in page.inner_text("dialog#bulk")
    assert axe(page) == []
    page.click("dialog#bulk .btn-primary")
    page.wait_for_selector("text=已终审 3 张")
    assert Card.objects.filter(state=CardState.AUDITED).count() == 3


def test_an_open_list_brings_its_numbers_up_to_date_and_keeps_ones_place(cards, visit):
    county, child, _twin, pupil, grave = cards
    page = visit("/audit/")
    for key in ("j", "j", "Enter"):
        page.keyboard.press(key)
    page.wait_for_selector(f"#detail[data-opened] >> text={child.card_no}")
    other = Client()
    other.force_login(county.users["epidemiologist"], backend=BACKEND)
    assert other.post(f"/audit/{grave.id}/audit").status_code == 302
    page.evaluate("document.body.dispatchEvent(new CustomEvent('live:card', {bubbles: true}))")  # as `/live` would
    page.wait_for_selector("#audit-tabs .y-count >> text=3")
    page.wait_for_selector("#menu a[href='/audit/'] .y-count >> text=3")
    assert page.get_attribute("tr.is-cursor", "data-row") == str(child.id)
    assert page.get_attribute("tr[aria-current]", "data-row") == str(child.id)
    page.keyboard.press("j")
    assert page.get_attribute("tr.is-cursor", "data-row") != str(child.id)
    assert page.locator(f"tr[data-row='{pupil.id}']").count() == 1
