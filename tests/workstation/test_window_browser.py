"""The window in a real browser: a card in two keys, without a mouse; and the new pages at both widths."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils.translation import trans_real

from tests import apps
from tests.web.browser import NARROW, axe, chromium, open_page, overflow, ready, shoot  # noqa: F401 fixtures
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.services import NODE
from yifang.apps.places.models import Organisation
from yifang.apps.reporting import services as reporting
from yifang.apps.reporting.models import Card, CardState, Suspicion, SuspicionState
from yifang.apps.surveillance import services as surveillance
from yifang.apps.workstation.models import Reminder
from yifang.apps.workstation.services import own_link
from yifang.kernel import clock
from yifang.web.messages import compile_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module", autouse=True)
def english() -> None:
    """The compiled catalogues, as `./dev` makes them."""
    if compile_all():
        trans_real._translations.clear()


@pytest.fixture
def county(transactional_db):
    made = apps.county(PASSWORD)
    Organisation.objects.filter(id=made.hospital.id).update(phone="021-54321000")
    grown = apps.person("林大雨", date(1990, 9, 1), "female", area="310112003")
    pupil = apps.person(birth=date(2018, 5, 4), employer="", occupation="")
    apps.receive(made.hospital, apps.influenza("FLU", who=grown), apps.hfmd("HFMD", who=pupil))
    apps.deliver()
    return made


def test_a_card_is_reported_in_two_keys_and_a_dismissal_in_three(county, live_server, open_page):  # noqa: F811
    page = open_page(live_server.url + own_link(county.hospital.id, "D001", visit="FLU"), size=(640, 900))
    ready(page)
    assert axe(page) == []
    shoot(page, "window")
    assert page.evaluate("document.activeElement.name") == "population"
    page.keyboard.press("i")  # 家务及待业, who has no workplace to name; the cursor goes on to the button
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert Card.objects.get(suspicion__disease="influenza").state == CardState.HOSPITAL_REVIEW
    assert "录入大疫情网" in page.content()

    page.goto(live_server.url + own_link(county.hospital.id, "D001", visit="HFMD"))
    ready(page)
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert overflow(page) == 0
    school = page.locator("[name=employer]")
    assert school.is_hidden()
    page.locator("[name=population]").first.focus()
    page.keyboard.press("3")  # a pupil: now the school is asked, and the class
    assert page.evaluate("document.activeElement.name") == "employer"
    page.keyboard.type("csxx")
    page.wait_for_selector("[data-fill='春申实验小学']")
    page.keyboard.press("1")
    assert school.input_value() == "春申实验小学"
    assert page.evaluate("document.activeElement.name") == "school_class"
    shoot(page, "window-pupil")
    page.locator("[name=population]").first.focus()
    page.keyboard.press("2")  # at home: neither is asked, nor sent
    assert school.is_hidden()
    assert school.is_disabled()
    page.keyboard.press("Alt+n")
    page.keyboard.press("1")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    one = Suspicion.objects.get(disease="hfmd")
    assert (one.state, one.reason_code) == (SuspicionState.DISMISSED, "not_the_disease")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_new_pages_at_both_widths(county, live_server, open_page, lang):  # noqa: F811
    with apps.as_jobs():
        reporting.start_trial(county.hospital, 14, NODE)
    apps.receive(county.hospital, apps.tuberculosis())
    apps.deliver()
    cdc = county.viewer("epidemiologist")
    with enter(cdc):
        surveillance.publish_warning(cdc, disease="hfmd", text="近期手足口病增多。", departments=["儿科"])
    Reminder.objects.create(
        organisation=county.hospital, user=county.users["clinician"], department="儿科", about=b"x" * 32,
        rule="bp_first", pack_digest="", where="window", shown_at=clock.now(),
    )  # fmt: skip
    person = Suspicion.objects.get(disease="hfmd").person_id
    pages = {
        "hospital_desk": (
            "/desk/quiet?by=all",
            "/desk/first",
            "/workstation/",
            "/warnings/",
            f"/persons/{person}",
            "/workstation/reminders?rule=bp_first",
            "/clinics/fever",
            "/sentinel/",
        ),
        "administrator": ("/quiet/",),
        "epidemiologist": ("/warnings/",),
    }
    wrong = []
    for who, paths in pages.items():
        page = open_page(f"{live_server.url}/", lang=lang)
        page.fill("#id_login", who)
        page.fill("#id_password", PASSWORD)
        page.click("form.y-form button[type=submit]")
        page.wait_for_url("**/work/**")
        for path in paths:
            page.goto(live_server.url + path)
            ready(page)
            name = f"{who}{path.split('?')[0].replace(str(person), 'x').replace('/', '-')}"
            wrong += [f"{name}: {finding}" for finding in axe(page)]
            shoot(page, f"{name}{lang}")
            page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
            if wide := overflow(page):
                wrong.append(f"{name}: {wide} px too wide at {NARROW[0]}")
            page.set_viewport_size({"width": 1440, "height": 900})
    assert not wrong, "\n".join(wrong)
