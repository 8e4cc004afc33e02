"""A window by signed link: for one doctor and one visit, and nothing else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client as Browser

from tests import apps
from tests.cast.looking import become_web, stay_web
from yifang.apps.accounts.models import Seat
from yifang.apps.ledger.models import Entry
from yifang.apps.reporting.models import Card, CardState, Suspicion, SuspicionState
from yifang.apps.workstation.models import Stranger, Window
from yifang.apps.workstation.services import own_link, revoke_client
from yifang.kernel import clock

pytestmark = pytest.mark.django_db
MISSING = {
    "population": "2", "residence_area": "310112003", "guardian_name": "陈大",
    "hfmd_card.1": "未检", "hfmd_card.2": "否",
}  # fmt: skip


def test_a_link_opens_the_visit_with_what_is_suspected_why_and_how_long(browser, child, signed):
    answer = browser.get(f"/w/{signed()}")
    assert (answer.status_code, answer["Location"]) == (303, "/window/")
    assert "HFMD1" not in answer["Location"]
    page = browser.get("/window/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "疑似手足口病" in text
    assert "手足口病</q>" in text  # the evidence in the source's own words
    assert "data-due" in text or "y-clock" in text
    assert "陈小宝" in text  # what is known is filled in
    assert page["Cache-Control"] == "no-store"
    assert (answer["Referrer-Policy"], page["Referrer-Policy"]) == ("no-referrer", "same-origin")


def test_a_report_is_made_from_the_window_with_what_was_missing(browser, child, signed):
    browser.get(f"/w/{signed()}")
    browser.get("/window/")
    answer = browser.post(f"/window/{child.id}/report", MISSING)
    assert answer.status_code == 302, re.findall(r"<em>(.*?)</em>", answer.content.decode())
    card = Card.objects.get(suspicion=child)
    assert card.state == CardState.HOSPITAL_REVIEW
    child.refresh_from_db()
    assert (child.state, child.answered_by.username) == (SuspicionState.REPORTED, "clinician")
    told = browser.get(f"/window/?s={child.id}").content.decode()
    assert card.card_no in told
    assert "录入大疫情网" in told  # what came of it, and what to do next
    assert "接下来" in told


def test_errors_leave_no_draft_and_keep_what_was_typed(browser, child, signed):
    browser.get(f"/w/{signed()}")
    answer = browser.post(f"/window/{child.id}/report", {"phone": "12"})
    assert answer.status_code == 422
    assert 'value="12"' in answer.content.decode()
    assert not Card.objects.exists()


def test_what_is_filled_in_can_be_changed(browser, child, signed):
    browser.get(f"/w/{signed()}")
    assert 'name="phone"' not in browser.get("/window/").content.decode()
    assert 'name="phone"' in browser.get(f"/window/{child.id}/fields").content.decode()
    assert browser.post(f"/window/{child.id}/report", {**MISSING, "phone": "13900000009"}).status_code == 302
    from yifang.apps.reporting import versions

    assert versions.answers_of(versions.current(Card.objects.get()))["phone"] == "13900000009"


def test_not_this_disease_is_kept_with_its_reason_and_never_asked_again(browser, county, child, signed):
    browser.get(f"/w/{signed()}")
    assert browser.post(f"/window/{child.id}/dismiss", {"code": "not_the_disease"}).status_code == 302
    child.refresh_from_db()
    assert (child.state, child.reason_code) == (SuspicionState.DISMISSED, "not_the_disease")
    apps.receive(county.hospital, apps.hfmd("HFMD2"))
    apps.deliver()
    assert Suspicion.objects.get(disease="hfmd").state == SuspicionState.DISMISSED


def test_a_colleague_is_asked_and_later_closes_the_window(browser, county, child, signed):
    browser.get(f"/w/{signed()}")
    asked = browser.post(f"/window/{child.id}/consult", {"colleague": county.users["colleague"].pk})
    assert asked.status_code == 302
    child.refresh_from_db()
    assert child.state == SuspicionState.CONSULTING
    assert "稍后处理" in browser.post("/window/later").content.decode()
    assert "重新打开" in browser.get("/window/").content.decode()


# -- what a link must not open

WRONG = {
    "a changed payload": (lambda made: made[:60] + ("A" if made[60] != "A" else "B") + made[61:], "link_signature"),
    "a changed signature": (lambda made: made[:-5] + ("AAAAA" if made[-5:] != "AAAAA" else "BBBBB"), "link_signature"),
    "no link at all": (lambda made: "hello", "link_shape"),
    "half a link": (lambda made: made.rpartition(".")[0], "link_shape"),
    "another key": (lambda made: made.replace(made[4:36], "0" * 32), "client_unknown"),
    "our own prefix": (lambda made: "yf0.AAAA", "link_shape"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_tampered_link_opens_nothing(browser, child, signed, name):
    tamper, code = WRONG[name]
    answer = browser.get(f"/w/{tamper(signed())}")
    assert answer.status_code == 403
    assert code in answer.content.decode()
    assert not Window.objects.exists()


SAID = {
    "made two minutes ago": ({"ahead": -125}, "link_late"),
    "a clock two minutes ahead": ({"ahead": 120}, "link_early"),
    "no time": ({"at": None}, "link_payload"),
    "a time that is a word": ({"at": "now"}, "link_payload"),
    "a time that is true": ({"at": True}, "link_payload"),
    "a short nonce": ({"nonce": "1"}, "link_payload"),
    "no doctor": ({"doctor": ""}, "link_payload"),
    "neither visit nor patient": ({"visit": ""}, "link_payload"),
    "an identity number": ({"visit": "", "patient": apps.id_no()}, "link_identity"),
    "a number with a blank": ({"visit": "V 1"}, "link_payload"),
    "a list": ({"visit": ["HFMD1"]}, "link_payload"),
    "an unknown doctor": ({"doctor": "X999"}, "stranger"),
    "another secret": ({"secret": "x" * 43}, "link_signature"),
}


@pytest.mark.parametrize("name", SAID)
def test_a_link_that_says_the_wrong_thing_is_refused_in_words(browser, child, signed, name):
    said, code = SAID[name]
    answer = browser.get(f"/w/{signed(**said)}")
    assert answer.status_code == 403
    assert code in answer.content.decode()
    assert "不影响诊疗" in answer.content.decode()
    assert not Window.objects.exists()


def test_a_clock_that_differs_by_less_than_a_minute_is_no_fault(browser, child, signed):
    assert browser.get(f"/w/{signed(ahead=50)}").status_code == 303
    assert browser.get(f"/w/{signed(ahead=-100)}").status_code == 303


def test_a_link_opens_once(browser, child, signed):
    link = signed()
    assert browser.get(f"/w/{link}").status_code == 303
    again = Browser().get(f"/w/{link}")
    assert again.status_code == 409
    assert "用过一次" in again.content.decode()
    assert Window.objects.count() == 1


def test_a_link_may_be_posted_so_that_no_address_holds_it(browser, child, signed):
    assert browser.post("/w/", {"link": signed()}).status_code == 303


def test_a_servers_link_is_exchanged_for_an_address_that_tells_nothing(browser, child, signed):
    link = signed()
    told = browser.post("/api/v1/window", {"link": link}, content_type="application/json").json()
    assert "HFMD1" not in told["url"]
    assert "D001" not in told["url"]
    assert browser.get(f"/w/{link}").status_code == 409  # used up by the exchange
    assert browser.get(told["url"].partition("testserver")[2]).status_code == 303
    assert "疑似手足口病" in browser.get("/window/").content.decode()


@pytest.mark.parametrize("body", ["", "[]", '{"link": 5}', '{"link": "x"}', '{"link": "' + "x" * 4000 + '"}'])
def test_the_exchange_refuses_what_is_no_link(browser, county, body):
    assert browser.post("/api/v1/window", body, content_type="application/json").status_code == 403


def test_a_revoked_or_expired_key_opens_nothing(browser, county, his, child, signed):
    from yifang.apps.ledger.services import NODE

    client, _ = his
    client.expires_at = clock.now() - timedelta(seconds=1)
    client.save()
    assert "client_expired" in browser.get(f"/w/{signed()}").content.decode()
    revoke_client(county.hospital, "门诊 HIS", NODE)
    assert "client_revoked" in browser.get(f"/w/{signed()}").content.decode()


def test_a_client_that_may_come_from_its_network_only(browser, his, child, signed):
    client, _ = his
    client.networks = "10.1.0.0/16"
    client.save()
    assert "client_address" in browser.get(f"/w/{signed()}").content.decode()
    assert browser.get(f"/w/{signed()}", REMOTE_ADDR="10.1.2.3").status_code == 303


def test_who_tries_out_links_is_slowed_down(browser, child, signed):
    for _ in range(30):
        browser.get("/w/nonsense")
    assert browser.get(f"/w/{signed()}").status_code == 429
    assert browser.get(f"/w/{signed()}", REMOTE_ADDR="10.9.9.9").status_code == 303


def test_an_unknown_doctor_is_told_to_the_desk_of_that_hospital_only(browser, county, child, signed):
    for _ in range(2):
        browser.get(f"/w/{signed(doctor='X999')}")
    stranger = Stranger.objects.get()
    assert (stranger.staff_no, stranger.times) == ("X999", 2)
    for name, sees in (("hospital_desk", True), ("other_hospital_desk", False)):
        desk = Browser()
        desk.force_login(county.users[name], backend="allauth.account.auth_backends.AuthenticationBackend")
        assert ("X999" in desk.get("/workstation/").content.decode()) is sees
    assert "工号没有登记" in _desk(county).get("/work/").content.decode()
    assert _desk(county).post(f"/workstation/strangers/{stranger.id}/settle").status_code == 302
    assert not Stranger.objects.exists()


def _desk(county) -> Browser:
    desk = Browser()
    desk.force_login(county.users["hospital_desk"], backend="allauth.account.auth_backends.AuthenticationBackend")
    return desk


# -- least privilege


def test_a_window_shows_no_other_visit_and_no_other_page(browser, county, child, signed):
    apps.receive(county.hospital, apps.influenza())  # the same doctor's, another child
    apps.deliver()
    other = Suspicion.objects.get(disease="influenza")
    browser.get(f"/w/{signed()}")
    assert "疑似手足口病" in browser.get(f"/window/?s={other.id}").content.decode()
    for step in ("report", "dismiss", "consult"):
        assert browser.post(f"/window/{other.id}/{step}", {"code": "past"}).status_code == 404
    other.refresh_from_db()
    assert other.state == SuspicionState.OPEN
    assert "/accounts/login/" in browser.get("/suspicions/")["Location"]


def test_the_database_itself_shows_a_window_one_person_only(county, child):
    from yifang.apps.accounts.viewers import enter

    apps.receive(county.hospital, apps.influenza())
    apps.deliver()
    doctor = county.viewer("clinician")
    with enter(doctor):
        assert Suspicion.objects.count() == 2
    with enter(doctor.only_about(child.person_id)):
        assert list(Suspicion.objects.all()) == [child]


def test_a_doctor_of_another_department_or_hospital_sees_nothing_of_it(browser, county, child, signed):
    browser.get(f"/w/{signed(doctor='D003')}")
    page = browser.get("/window/").content.decode()
    assert "手足口病" not in page
    assert "没有要处理的提示" in page
    other = own_link(county.other_hospital.id, "D001", visit="HFMD1")
    browser.get(other)
    assert "手足口病" not in browser.get("/window/").content.decode()


def test_a_doctor_who_left_has_no_window(browser, county, child, signed):
    browser.get(f"/w/{signed()}")
    Seat.objects.filter(staff_no="D001").update(until=clock.today() - timedelta(days=1))
    assert "重新打开" in browser.get("/window/").content.decode()


def test_a_window_is_over_after_half_an_hour(browser, child, signed):
    browser.get(f"/w/{signed()}")
    Window.objects.update(until=clock.now() - timedelta(seconds=1))
    assert browser.get("/window/").status_code == 403


def test_each_look_is_in_the_access_stream_with_its_doctor(browser, county, child, signed):
    with apps.listening("access") as heard:
        browser.get(f"/w/{signed()}")
        browser.get("/window/")
    doctor = county.users["clinician"].pk
    assert {"workstation.window_opened", "suspicion.viewed", "person.drafted"} <= set(heard.kinds)
    assert {one.actor for one in heard.entries if one.kind != "workstation.link_refused"} == {doctor}


def test_no_number_of_the_hospital_and_no_name_is_in_the_ledger(browser, child, signed):
    browser.get(f"/w/{signed()}")
    browser.get("/window/")
    for entry in Entry.objects.filter(kind__startswith="workstation."):
        assert "HFMD1" not in str(entry.facts)
        assert "陈小宝" not in str(entry.facts)


def test_a_patients_number_finds_the_same_window(browser, child, signed):
    browser.get(f"/w/{signed(visit='', patient='0012345')}")
    assert "疑似手足口病" in browser.get("/window/").content.decode()


def test_a_record_that_comes_in_late_appears_in_an_open_window(browser, county, his, signed):
    browser.get(f"/w/{signed(visit='LATE')}")
    assert "没有要处理的提示" in browser.get("/window/").content.decode()
    apps.receive(county.hospital, apps.hfmd("LATE"))
    apps.deliver()
    assert "疑似手足口病" in browser.get("/window/").content.decode()


def test_a_referral_does_not_end_the_duty_to_report(browser, county, his, signed):
    apps.receive(county.hospital, apps.hfmd(complaint="发热2天，手足皮疹，建议转院治疗"))
    apps.deliver()
    browser.get(f"/w/{signed()}")
    assert "转诊不免除首诊报告责任" in browser.get("/window/").content.decode()


def test_what_is_over_is_forgotten(browser, child, signed):
    from yifang.apps.workstation.jobs import forget_once
    from yifang.apps.workstation.models import UsedLink

    browser.get(f"/w/{signed()}")
    with apps.as_jobs():
        assert forget_once() == 0
    UsedLink.objects.update(until=clock.now() - timedelta(seconds=1))
    Window.objects.update(opened_at=clock.now() - timedelta(days=31))
    with apps.as_jobs():
        assert forget_once() == 2


def test_the_window_works_with_the_rights_of_the_web_role(browser, child, signed):
    """The tests' connection is the owner's: here every statement outside of a viewer is the web role's too."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.execute_wrapper(stay_web):
        become_web()
        assert browser.get(f"/w/{signed()}").status_code == 303
        assert "疑似手足口病" in browser.get("/window/").content.decode()
        assert browser.post(f"/window/{child.id}/dismiss", {"code": "past"}).status_code == 302
        assert browser.get(f"/w/{signed(doctor='X999')}").status_code == 403
