"""The inbox and the page of a signal as people meet them, from the alarm to the doctor's screen."""

import pytest
from django.test import Client

from tests import apps
from tests.surveillance.cases import case
from yifang.apps.surveillance.models import Feedback, Signal


@pytest.fixture
def county(db):
    return apps.county()


@pytest.fixture
def signed_in(county):
    def sign_in(name: str) -> Client:
        client = Client()
        client.force_login(county.users[name], backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in


@pytest.fixture
def signal(county) -> Signal:
    case(county)
    apps.deliver()
    return Signal.objects.get()


def test_an_empty_inbox_says_what_would_stand_there(signed_in):
    page = signed_in("epidemiologist").get("/signals/").content.decode()
    assert "没有等待答复的信号" in page


def test_the_inbox_shows_disease_place_clock_and_numbers(signed_in, signal):
    page = signed_in("epidemiologist").get("/signals/").content.decode()
    for words in ("霍乱", "闵行区", "待核实", "1 / 1", "y-clock", "y-spark"):
        assert words in page


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("epidemiologist", 200), ("duty_officer", 200), ("bureau", 200), ("city_epidemiologist", 200),
        ("neighbour_epidemiologist", 404), ("clinician", 403), ("hospital_desk", 403), ("school_nurse", 403),
        ("grid_worker", 403), ("administrator", 403), ("auditor", 403), ("stranger", 403),
    ],
)  # fmt: skip
def test_who_opens_a_signal(signed_in, signal, name, status):
    assert signed_in(name).get(f"/signals/{signal.id}").status_code == status


def test_the_page_explains_why_and_offers_the_steps(signed_in, signal):
    page = signed_in("epidemiologist").get(f"/signals/{signal.id}").content.decode()
    for words in (
        "为什么预警",
        "霍乱的预警规则",
        "/packs/diseases/diseases/cholera/",
        "把握程度",
        "把握中等",
        "数据核实",
        "现场核实",
        "升级",
        "关闭并反馈",
        "周**",
    ):
        assert words in page
    assert "周**" in page


def test_who_may_only_look_is_offered_no_step_and_no_case(signed_in, signal):
    page = signed_in("bureau").get(f"/signals/{signal.id}").content.decode()
    assert "数据核实" not in page
    assert "周**" not in page
    assert "另有 1 例" in page


def test_in_english(signed_in, signal):
    client = signed_in("epidemiologist")
    client.cookies["django_language"] = "en"
    page = client.get(f"/signals/{signal.id}").content.decode()
    assert "Cholera" in page


def test_closing_without_a_conclusion_is_refused_in_words(signed_in, signal):
    answer = signed_in("epidemiologist").post(f"/signals/{signal.id}/answer", {"state": "closed", "note": "无"})
    assert answer.status_code == 400
    assert "关闭信号必须选择结论" in answer.content.decode()
    signal.refresh_from_db()
    assert signal.state == "open"


def test_from_the_alarm_to_the_doctors_screen(signed_in, signal):
    epidemiologist, doctor = signed_in("epidemiologist"), signed_in("clinician")
    work = epidemiologist.get("/work/").content.decode()
    assert f"/signals/{signal.id}?work=" in work
    answer = epidemiologist.post(f"/signals/{signal.id}/answer", {"state": "verifying_desk", "note": "电话核实"})
    assert answer["Location"] == f"/signals/{signal.id}"
    assert "霍乱 · 单病例预警" not in epidemiologist.get("/work/").content.decode()
    assert "电话核实" in epidemiologist.get(f"/signals/{signal.id}").content.decode()
    epidemiologist.post(f"/signals/{signal.id}/answer", {"state": "closed", "conclusion": "sporadic", "note": "已消毒"})
    page = doctor.get("/work/").content.decode()
    assert "霍乱预警已核实，结论：散发。已消毒" in page
    feedback = Feedback.objects.get()
    assert doctor.post(f"/feedback/{feedback.id}/read", {"next": "/work/"})["Location"] == "/work/"
    assert "已消毒" not in doctor.get("/work/").content.decode()
    page = epidemiologist.get(f"/signals/{signal.id}").content.decode()
    assert "应读 2 人，已读 1 人；24 小时内阅读 1 人（50%）" in page
    assert "关闭并反馈" not in page


def test_feedback_of_its_own(signed_in, signal):
    client = signed_in("duty_officer")
    client.post(f"/signals/{signal.id}/feedback", {"text": "请采两份便标本", "days": "3"})
    assert "请采两份便标本" in signed_in("hospital_desk").get("/work/").content.decode()
    assert "请采两份便标本" not in signed_in("other_hospital_desk").get("/work/").content.decode()
    assert client.post(f"/signals/{signal.id}/feedback", {"text": "x", "days": "many"}).status_code == 400


@pytest.mark.parametrize("tab", ["open", "verifying", "escalated", "all", "nonsense"])
@pytest.mark.parametrize("at", ["", "broken", "WyI-IiwgWyIiLCAxXV0"])
def test_tabs_and_broken_places_in_the_list(signed_in, signal, tab, at):
    assert signed_in("epidemiologist").get(f"/signals/?tab={tab}&at={at}&disease=cholera").status_code == 200


def test_a_list_goes_on_where_a_page_ended(county, signed_in, monkeypatch):
    from yifang.apps.surveillance.views import signals as views

    monkeypatch.setattr(views, "SIZE", 1)
    for disease in ("cholera", "plague", "polio"):
        case(county, disease)
    apps.deliver()
    client = signed_in("epidemiologist")
    for tab in ("open", "all"):
        seen, at = [], ""
        while True:
            page = client.get(f"/signals/?tab={tab}&at={at}").context["table"].page
            seen += [row.signal.id for row in page.rows]
            at = page.after
            if not at:
                break
        assert len(seen) == len(set(seen)) == 3
