"""The queue of pairs and the person's page in a real browser: both widths, both languages, axe, no overflow."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from tests import apps
from tests.records.people import child, sent
from tests.records.test_pair_pages import BACKEND, dose
from tests.reporting import cards as reported
from tests.web.browser import NARROW, WIDE, axe, chromium, open_page, overflow, ready, shoot  # noqa: F401 fixtures
from yifang.apps.records.models import Person, PersonPair
from yifang.apps.reporting.models import CardState
from yifang.web.messages import compile_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def county(transactional_db) -> apps.County:
    """Twins or one child under two names, three pairs; a child with a life."""
    compile_all()
    made = apps.county()
    for number, names in enumerate((("陈小宝", "陈小明"), ("王佳怡", "王嘉怡"), ("欧阳文静", "欧阳文婧"))):
        more = {"phone": f"1380000000{number}", "address": f"示范路{number}弄2号"}
        for place, name in enumerate(names):
            sent(made.hospital, f"{number}{place}", child(name, **more))
    reported.brought(made, CardState.AUDITED)
    sent(made.hospital, "V1", apps.person())
    sent(
        made.hospital, "I1", apps.person(), kind="immunization", diagnoses=(), complaint="",
        immunizations=(dose("手足口病疫苗", 400), dose("麻腮风疫苗", 700)),
    )  # fmt: skip
    apps.receive(made.hospital, apps.influenza("L1", kind="lab_report", who=apps.person(), diagnoses=()))
    apps.deliver()
    return made


@pytest.fixture
def visit(county, live_server, open_page):  # noqa: F811
    def open_(url: str, who: str = "hospital_desk", **more):
        client = Client()
        client.force_login(county.users[who], backend=BACKEND)
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "domain": "localhost", "path": "/",
                  "expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax"}  # fmt: skip
        return open_page(live_server.url + url, storage_state={"cookies": [cookie], "origins": []}, **more)

    return open_


@pytest.mark.parametrize(("lang", "scheme"), [("zh", "light"), ("en", "dark")])
def test_pages_fit_and_can_be_read_by_everyone(county, visit, lang, scheme):
    pair = PersonPair.objects.order_by("found_at").first()
    lived = Person.objects.filter(cards__isnull=False).get()
    nobody = Person.objects.filter(masked_name="王*怡").first()
    pages = {
        "pairs": "/persons/pairs/",
        "pair": f"/persons/pairs/{pair.id}/",
        "person": f"/persons/{lived.id}",
        "doses": f"/persons/{lived.id}?kind=immunizations",
        "none": f"/persons/{nobody.id}?kind=cases",
    }
    for name, url in pages.items():
        for size in (WIDE, NARROW):
            page = visit(url, lang=lang, scheme=scheme, size=size)
            assert overflow(page) == 0, (name, size)
            assert axe(page) == [], (name, size)
        shoot(page, f"person-index-{name}-{lang}")


def test_side_by_side_then_one(county, visit):
    page = visit("/persons/pairs/")
    page.locator("#pairs-list a").first.click()
    page.wait_for_selector("#pair table")
    assert "陈*宝" in page.locator("#pair table").inner_text()
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("#pair button[value=same]").click()
    confirm = page.locator("dialog[open] button.btn-primary, dialog[open] button.btn-danger")
    if confirm.count():
        confirm.first.click()
    page.wait_for_selector("text=已记为同一人")
    apps.deliver()
    assert Person.objects.exclude(merged_into=None).count() == 1
