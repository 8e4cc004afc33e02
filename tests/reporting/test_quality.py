"""Report quality: what each measure says of a card, that sums follow the cards, and that numbers open to them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import quality, services
from yifang.apps.reporting.models import Card, CardQuality, CardState, QualityTally
from yifang.apps.reporting.quality.judging import MEASURES, Corrected, Known, judge
from yifang.apps.reporting.queries import quality as reads
from yifang.kernel import clock
from yifang.knowledge import load

AT = datetime(2026, 11, 20, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NUMBER = apps.id_no()


def known(**more: Any) -> Known:
    """An ordinary card that is right in everything, entered in time, waiting for its audit."""
    given: dict[str, Any] = {
        "now": AT + 2 * HOUR, "urgent": False, "report_due_at": AT + 24 * HOUR, "entered_at": AT + HOUR,
        "audit_due_at": AT + 25 * HOUR, "audited_at": None, "late_reason": "", "merged": False,
        "answers": {"id_no": NUMBER, "id_type": "01", "population": "2", "name": "陈小宝"},
        "drafted": {}, "remarks": [], "returns": [], "revisions": [], "first_class": "clinical",
        "case_class": "clinical", "settled_at": None, "suspected_days": 7, "checksummed": frozenset({"01", "08"}),
    }  # fmt: skip
    return Known(**{**given, **more})


def remark(code: str, rule: str = "field") -> dict[str, str]:
    return {"code": code, "rule": rule, "field": "phone"}


@pytest.mark.parametrize(
    ("measure", "verdict", "more"),
    [
        ("timely", True, {}),
        ("timely", True, {"entered_at": AT + 24 * HOUR}),
        ("timely", False, {"entered_at": AT + 24 * HOUR + timedelta(minutes=1)}),
        ("timely", None, {"entered_at": None}),
        ("timely_urgent", None, {}),
        ("timely_urgent", True, {"urgent": True}),
        ("audit", None, {}),
        ("audit", False, {"now": AT + 26 * HOUR}),
        ("audit", True, {"audited_at": AT + 25 * HOUR}),
        ("audit", False, {"audited_at": AT + 26 * HOUR}),
        ("audit_urgent", True, {"urgent": True, "audited_at": AT + 2 * HOUR}),
        ("complete", True, {}),
        ("complete", False, {"remarks": [remark("reporting.field_missing")]}),
        ("complete", False, {"answers": {"population": "28"}}),
        ("accurate", True, {"remarks": [remark("reporting.rule_L28", "L28")]}),
        ("accurate", False, {"remarks": [remark("reporting.rule_L09", "L09")]}),
        ("accurate", False, {"returns": ["诊断不符:无检验"]}),
        ("accurate", True, {"returns": ["信息不完整"]}),
        ("returned", True, {"returns": ["信息不完整"]}),
        ("returned", False, {}),
        ("consistent", None, {}),
        ("consistent", True, {"drafted": {"name": "陈小宝", "id_no": NUMBER}}),
        ("consistent", False, {"drafted": {"name": "陈晓宝"}}),
        ("consistent", True, {
            "drafted": {"diagnosis_datetime": "2026-11-20T08:00"},
            "answers": {"diagnosis_datetime": "2026-11-20T09:30"},
        }),
        ("id_valid", True, {}),
        ("id_valid", False, {"answers": {"id_no": NUMBER[:-1] + "0", "id_type": "01"}}),
        ("id_valid", False, {"answers": {"id_no": "无", "id_type": "99"}}),
        ("id_valid", True, {"answers": {"id_no": "E12345678", "id_type": "03"}}),
        ("duplicate", True, {"merged": True}),
        ("corrected", False, {"revisions": [Corrected("class", True, None), Corrected("death", None, None)]}),
        ("corrected", True, {"revisions": [Corrected("other", None, None)]}),
        ("revision", None, {"revisions": [Corrected("other", None, None)]}),
        ("revision", False, {"revisions": [Corrected("class", True, None), Corrected("disease", False, None)]}),
        ("revision_audit", True, {"revisions": [Corrected("class", True, True)]}),
        ("suspected", None, {}),
        ("suspected", None, {"first_class": "suspected"}),
        ("suspected", False, {"first_class": "suspected", "now": AT + 8 * DAY}),
        ("suspected", True, {"first_class": "suspected", "settled_at": AT + 7 * DAY, "now": AT + 9 * DAY}),
        ("suspected", False, {"first_class": "suspected", "settled_at": AT + 8 * DAY}),
        ("explained", None, {}),
        ("explained", False, {"entered_at": AT + 30 * HOUR}),
        ("explained", True, {"entered_at": AT + 30 * HOUR, "late_reason": "网络故障"}),
    ],
)  # fmt: skip
def test_what_a_measure_says_of_a_card(measure, verdict, more):
    assert judge(known(**more)).get(measure) is verdict


def test_every_measure_of_the_pack_is_known_and_every_known_one_is_in_the_pack():
    assert {one.id for one in load().quality.indicators} == set(MEASURES)
    assert len(MEASURES) >= 8


def test_the_composite_weighs_what_can_be_measured_and_turns_round_what_should_be_low():
    assert reads.overall({}) is None
    assert reads.overall({"timely": (1, 2)}) == 50
    assert reads.overall({"timely": (1, 1), "duplicate": (1, 1)}) == pytest.approx(100 * 0.25 / 0.30)
    assert reads.overall({"audit": (0, 9)}) is None  # the district's own clock is no part of a hospital's


database = pytest.mark.django_db
MONTHS = reads.Chosen(date(2020, 1, 1), date(2100, 1, 1))


def sums(county, who="epidemiologist", **chosen):
    viewer = county.viewer(who)
    with enter(viewer):
        return reads.total(viewer, reads.Chosen(MONTHS.since, MONTHS.until, **chosen))


@database
def test_sums_follow_what_happens_to_the_cards(county):
    first = cards.brought(county, CardState.SUBMITTED)
    cards.brought(county, CardState.AUDITED, cards.blank(county, name="李小花", order=3, phone="13900000002"))
    assert {name: sums(county)[name] for name in ("timely", "audit", "corrected", "returned")} == {
        "timely": (2, 2), "audit": (1, 1), "corrected": (0, 2), "returned": (0, 2),
    }  # fmt: skip
    cdc, desk = county.viewer("epidemiologist"), county.viewer("hospital_desk")
    with enter(cdc):
        services.return_by_district(first.id, "逻辑错误", "", cdc)
    apps.deliver()
    found = sums(county)
    assert (found["returned"], found["accurate"]) == ((1, 2), (1, 2))
    with enter(desk):
        services.delete(first.id, "误报", desk)
    apps.deliver()
    found = sums(county)
    assert (found["timely"], found["returned"], found["accurate"]) == ((1, 1), (0, 1), (1, 1)), "nobody is blamed"
    kept = list(QualityTally.objects.order_by("id").values_list("indicator", "numerator", "denominator"))
    quality.judge_cards(CardQuality.objects.values_list("card", flat=True))
    assert sorted(QualityTally.objects.values_list("indicator", "numerator", "denominator")) == sorted(kept)


@database
def test_a_limit_that_passes_while_nobody_does_anything_is_noticed_once(county):
    card = cards.brought(county, CardState.SUBMITTED)
    assert "audit" not in sums(county)
    Card.objects.filter(id=card.id).update(audit_due_at=clock.now() - HOUR)
    assert quality.judge_overdue()
    assert sums(county)["audit"] == (0, 1)
    assert not quality.judge_overdue()


@database
def test_who_sees_which_numbers(county):
    cards.brought(county, CardState.AUDITED)
    seen = {who: sums(county, who).get("timely") for who in ("hospital_desk", "epidemiologist", "bureau",
            "city_epidemiologist", "other_hospital_desk", "neighbour_epidemiologist")}  # fmt: skip
    assert seen == {
        "hospital_desk": (1, 1), "epidemiologist": (1, 1), "bureau": (1, 1), "city_epidemiologist": (1, 1),
        "other_hospital_desk": None, "neighbour_epidemiologist": None,
    }  # fmt: skip


@database
@pytest.mark.parametrize(("who", "by"), [("epidemiologist", "organisation"), ("hospital_desk", "department")])
def test_a_number_on_the_page_opens_to_its_cards(county, sign_in, who, by):
    card = cards.brought(county, CardState.AUDITED)
    client = sign_in(who)
    page = client.get("/quality/").content.decode()
    assert "梅陇人民医院" in page or by == "department"
    assert "1/1" in page
    assert f"by={'department' if by == 'organisation' else 'disease'}" in page
    behind = client.get("/quality/cards?indicator=timely&verdict=yes").content.decode()
    assert f"/cards/{card.id}" in behind
    assert f"/cards/{card.id}" not in client.get("/quality/cards?indicator=timely&verdict=no").content.decode()
    assert client.get("/quality/cards?indicator=nonsense").status_code == 404
    assert client.get("/quality/?since=x&until=2026-13&by=moon&org=1&disease=q").status_code == 200


@database
def test_the_bureau_sees_numbers_and_no_links_to_cards(county, sign_in):
    cards.brought(county, CardState.AUDITED)
    page = sign_in("bureau").get("/quality/").content.decode()
    assert "1/1" in page
    assert "/quality/cards" not in page
    assert sign_in("bureau").get("/quality/cards?indicator=timely").status_code == 403
