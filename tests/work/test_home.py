"""What each role finds on its home page: who its work is about, or, while nothing waits, what it may do here."""

import re
from datetime import date

import pytest
from django.test import Client

from tests import apps
from tests.reporting.cards import brought
from yifang.apps.accounts.models import Seat, User
from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.viewers import viewer_of
from yifang.apps.reporting.models import CardState
from yifang.apps.work.offering import offer_to
from yifang.kernel import protocols

SIGNED_IN = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def county(db):
    return apps.county()


def seated(county, role: str) -> Seat:
    """Somebody in a seat of the role, at a place of the kind that the role looks from."""
    at = {
        "department": {"organisation": county.hospital, "department": "儿科"},
        "organisation": {"organisation": county.school if "school" in role else county.hospital},
        "area": {"area_code": apps.DISTRICT},
        "place": {"place": county.places["grid"]},
    }.get(ROLES[role].scope, {})
    user = User.objects.create(username=f"one-{role}", display_name="某人", password="!")
    return Seat.objects.create(user=user, role=role, since=date(2020, 1, 1), **at)


def home(seat: Seat, language: str = "") -> str:
    client = Client()
    client.force_login(seat.user, backend=SIGNED_IN)
    if language:
        client.post("/i18n/setlang/", {"language": language, "next": "/work/"})
    answer = client.get("/", follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("role", ROLES)
def test_every_role_is_led_to_what_is_open_to_it(county, role):
    seat = seated(county, role)
    page = home(seat)
    assert f"{ROLES[role].zh}在这里可以做什么" in page
    offer = page.split('<section class="y-panel" aria-labelledby="offer"')[1].split("</section>")[0]
    links = re.findall(r'href="([^"]+)"', offer)
    assert links
    client = Client()
    client.force_login(seat.user, backend=SIGNED_IN)
    for link in links:
        assert client.get(link).status_code == 200, link


@pytest.mark.parametrize(
    ("role", "names", "comes", "climbs"),
    [
        ("bureau", {"situation", "quality", "signals", "matters", "packs"}, [],
         ["县区审核报告卡", "审核订正", "核实预警信号"]),
        ("auditor", {"ledger", "packs"}, [], []),
        ("administrator", {"ledger", "packs", "relay", "rules", "trials"}, [], ["处理读不进来的数据"]),
        ("school_nurse", {"cases", "packs"}, [], []),
        ("grid_worker", {"packs"}, ["上门联系"], []),
        ("township", {"packs"}, [], ["上门联系"]),
        ("police", {"packs"}, [], []),
        ("hospital_lab", {"feeds", "intake", "quarantine", "matters", "clinics", "whistle", "packs"}, ["采集标本"],
         ["回报核酸结果"]),
        ("triage_nurse", {"triage", "matters", "clinics", "whistle", "packs"}, [], ["发热门诊登记", "肠道门诊登记"]),
        ("cdc_lead", {"situation", "signals", "matters", "packs"}, [],
         ["响应吹哨", "吹哨结论与反馈", "可疑病例通知", "不明原因肺炎县级会诊", "突发公共卫生事件报告知悉",
          "医院感染暴发知悉"]),
        ("infection_control", {"matters", "clinics", "infections", "whistle", "packs"},
         ["院内风险排查", "排查问题整改", "整改复查", "核查医院感染个案", "医院感染聚集排查", "报告医院感染暴发",
          "2小时报告医院感染暴发"], ["处理待排查线索", "院内审核报告卡", "修改退回的报告卡"]),
    ],
)  # fmt: skip
def test_what_is_offered(county, role, names, comes, climbs):
    offer = offer_to(viewer_of(seated(county, role)))
    items = {item.label: item.name for item in protocols.menu}
    assert {items[way.label] for way in offer.ways} == names
    assert offer.comes == comes
    assert offer.climbs == climbs


def test_every_page_of_the_menu_says_what_it_is_for():
    assert [item.name for item in protocols.menu if not item.about and item.name != "work"] == []


def test_it_reads_in_english_too(county):
    page = home(seated(county, "bureau"), "en")
    assert "What a Health bureau can do here" in page
    offer = page.split('aria-labelledby="offer"')[1].split("</section>")[0]
    assert not re.search("[一-鿿]", offer)


def test_who_has_work_sees_their_work_instead(county):
    brought(county, CardState.HOSPITAL_REVIEW)
    page = home(county.seats["hospital_desk"])
    assert "在这里可以做什么" not in page


def test_the_rows_of_a_hospital_name_the_patient_masked_and_lead_to_the_card(county):
    card = brought(county, CardState.HOSPITAL_REVIEW)
    page = home(county.seats["hospital_desk"])
    row = page.split("<tbody")[1].split("</tbody>")[0]
    assert card.masked_name in row
    assert "陈小宝" not in page
    assert re.search(rf'href="[^"]*{card.id}[^"]*\?work=', row)


def test_a_doctors_row_names_the_patient_masked_and_leads_to_the_suspicion(county):
    apps.receive(county.hospital, apps.hfmd())
    apps.deliver()
    page = home(county.seats["clinician"])
    row = page.split("<tbody")[1].split("</tbody>")[0]
    assert "陈*宝" in row
    assert "陈小宝" not in page
    assert "/suspicions/" in row
    assert "陈" not in home(county.seats["other_department"])
