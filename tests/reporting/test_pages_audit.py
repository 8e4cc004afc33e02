"""The pages of audit: what waits, a card beside its source, each step of it, many at once, two that may be one."""

from __future__ import annotations

import pytest

from tests import apps
from tests.reporting.district import GROWN, PUPIL
from yifang.apps.reporting.models import Card, CardState, Case, Duplicate
from yifang.kernel import clock


def test_what_waits_is_listed_masked_and_opened_beside_its_source(entered, sign_in):
    card = entered()
    client = sign_in("epidemiologist")
    page = client.get("/audit/").content.decode()
    assert card.card_no in page
    assert "陈小宝" not in page
    assert "剩 23 小时" in page
    page = client.get(f"/audit/{card.id}").content.decode()
    assert "B08.401" in page, "the evidence came with the card"
    assert "系统推定" in page, "the onset was concluded from the complaint"
    assert "陈小宝" not in page


def test_a_difference_between_card_and_source_is_marked(entered, sign_in):
    card = entered(birth_date="2021-05-05", id_type="99", id_no="无", remark="无证件")
    page = sign_in("epidemiologist").get(f"/audit/{card.id}").content.decode()
    assert "<mark>2021-05-04</mark>" in page


def test_a_detail_alone_does_not_read_the_list(entered, sign_in):
    card = entered()
    client = sign_in("epidemiologist")
    part = client.get(f"/audit/{card.id}", headers={"hx-request": "true", "hx-target": "detail"})
    assert "table" not in part.context
    assert card.card_no in part.content.decode()


def test_tabs_and_conditions_read_as_a_sentence(entered, county, sign_in):
    hand, flu = entered(), entered(apps.influenza("F"), **PUPIL)
    client = sign_in("epidemiologist")

    def listed(query: str) -> set[str]:
        return {row.about.card_no for row in client.get(f"/audit/?{query}").context["table"].page.rows}

    both = {hand.card_no, flu.card_no}
    assert listed("") == both
    assert listed("disease=hfmd") == {hand.card_no}
    assert listed(f"org={county.hospital.id}") == both
    assert listed(f"org={county.other_hospital.id}") == set()
    assert listed("class=confirmed") == {flu.card_no}
    assert listed("tab=overdue") == set()
    assert listed("tab=all&state=submitted") == both
    assert listed("tab=all&state=audited") == set()
    assert listed(f"since={clock.today()}") == both
    assert listed("until=2020-01-01") == set()
    assert listed("tab=all&until=2020-01-01") == set()
    assert listed("disease=nonsense&org=x&at=broken&since=never") == both
    page = " ".join(client.get("/audit/?disease=hfmd&class=clinical").content.decode().split())
    for words in ("病种 为", "手足口病", "临床诊断病例", "的报告卡", "清除条件"):
        assert words in page


def test_pages_of_the_audit_list_go_on_and_back(entered, sign_in, monkeypatch):
    from yifang.apps.reporting.views import audit

    monkeypatch.setattr(audit, "SIZE", 2)
    cards = {entered(apps.hfmd(f"H{n}", who=apps.person(f"陈{n}宝", order=n))).card_no for n in range(1, 6)}
    client = sign_in("epidemiologist")
    for tab in ("waiting", "all"):
        seen, url, back = [], f"/audit/?tab={tab}", ""
        while url:
            page = client.get(url).context["table"].page
            seen += [row.about.card_no for row in page.rows]
            back, url = page.before, f"/audit/?tab={tab}&at={page.after}" if page.after else ""
        assert (len(seen), set(seen)) == (5, cards)
        previous = client.get(f"/audit/?tab={tab}&at={back}").context["table"].page
        assert [row.about.card_no for row in previous.rows] == seen[2:4]


def test_audit_goes_on_to_the_next_card_that_waits(entered, sign_in):
    first, second = entered(), entered(apps.hfmd("H2", who=apps.person("李小花", order=2)))
    client = sign_in("epidemiologist")
    answer = client.post(f"/audit/{first.id}/audit", {"query": "tab=waiting&disease=hfmd"})
    assert answer["Location"] == f"/audit/{second.id}?tab=waiting&disease=hfmd"
    answer = client.post(f"/audit/{second.id}/audit", {"query": "tab=waiting&disease=hfmd"})
    assert answer["Location"] == "/audit/?tab=waiting&disease=hfmd"
    assert set(Card.objects.values_list("state", flat=True)) == {CardState.AUDITED}
    assert client.post(f"/audit/{first.id}/audit").status_code == 409


def test_returning_and_deleting_need_a_reason(entered, sign_in):
    card = entered()
    client = sign_in("epidemiologist")
    assert client.post(f"/audit/{card.id}/return", {"code": ""}).status_code == 400
    assert client.post(f"/audit/{card.id}/delete", {"reason": " "}).status_code == 400
    assert client.post(f"/audit/{card.id}/return", {"code": "诊断不符", "note": "请补实验室结果"}).status_code == 302
    card.refresh_from_db()
    assert (card.state, card.reason) == (CardState.RETURNED_BY_DISTRICT, "诊断不符:请补实验室结果")
    assert client.post(f"/audit/{card.id}/delete", {"reason": "重复录入"}).status_code == 302
    card.refresh_from_db()
    assert card.state == CardState.DELETED


def test_the_district_of_residence_looks_but_does_not_audit(entered, sign_in):
    card = entered(residence_area="310104003", patient_belongs="2")
    client = sign_in("residence_epidemiologist")
    page = client.get(f"/audit/{card.id}").content.decode()
    assert "终审通过" not in page
    assert client.post(f"/audit/{card.id}/audit").status_code == 403


def test_a_bulk_audit_is_previewed_and_leaves_aside_what_a_person_must_see(entered, sign_in):
    plain, grave = entered(), entered(apps.cholera_report(), **GROWN)
    client = sign_in("epidemiologist")
    picked = {"pick": [str(plain.id), str(grave.id), "nonsense"], "query": "tab=waiting"}
    page = client.post("/audit/bulk/preview", picked).content.decode()
    assert "将终审 1 张，1 张不动" in page
    assert "甲类或按甲类管理,须逐张审核" in page
    assert grave.card_no in page
    assert set(Card.objects.values_list("state", flat=True)) == {CardState.SUBMITTED}, "a preview changes nothing"
    part = client.post("/audit/bulk/preview", picked, headers={"hx-request": "true"}).content.decode()
    assert "<html" not in part
    answer = client.post("/audit/bulk", picked, follow=True)
    assert "已终审 1 张。未动 1 张" in answer.content.decode()
    plain.refresh_from_db()
    grave.refresh_from_db()
    assert (plain.state, grave.state) == (CardState.AUDITED, CardState.SUBMITTED)


@pytest.mark.parametrize("picked", [[], ["nonsense"], ["0" * 32] * 201])
def test_a_bulk_audit_of_nothing_or_of_too_much_is_refused(sign_in, picked):
    assert sign_in("epidemiologist").post("/audit/bulk", {"pick": picked}).status_code == 400


def test_a_pair_is_shown_with_scores_and_judged_and_the_judgement_taken_back(entered, sign_in):
    first = entered()
    second = entered(
        apps.hfmd("B", who=apps.person(number="", phone="13900000077", address="新桥路7弄8号")),
        hospital="other_hospital", doctor="other_hospital",
        desk="other_hospital_desk", id_type="99", id_no="无", remark="未带证件",
    )  # fmt: skip
    client = sign_in("epidemiologist")
    assert "疑似重卡 1" in client.get("/audit/").content.decode()
    page = client.get(f"/audit/{second.id}").content.decode()
    for words in ("疑似重卡", first.card_no, "姓名和出生日期 100%", "是重卡，逐项合并"):
        assert words in page
    pair = Duplicate.objects.get()

    def judge(judgement: str) -> tuple[str, int]:
        answer = client.post(f"/duplicates/{pair.id}", {"judgement": judgement, "card": str(second.id)})
        assert answer["Location"].startswith(f"/audit/{second.id}")
        apps.deliver()
        pair.refresh_from_db()
        return pair.state, Case.objects.filter(excluded=False).count()

    assert judge("merge") == ("merged", 1)
    assert judge("undo") == ("open", 2)
    assert judge("keep") == ("kept", 2)
    assert client.post(f"/duplicates/{pair.id}", {"judgement": "merge"}).status_code == 409
    assert client.post(f"/duplicates/{pair.id}", {"judgement": "x"}).status_code == 400
    assert sign_in("neighbour_epidemiologist").post(f"/duplicates/{pair.id}", {"judgement": "undo"}).status_code == 404
    assert sign_in("duty_officer").post(f"/duplicates/{pair.id}", {"judgement": "undo"}).status_code == 403


def test_identity_opens_for_the_work_item_or_after_the_purpose_was_said(entered, county, sign_in):
    card = entered()
    client = sign_in("epidemiologist")
    assert client.post(f"/audit/{card.id}/identity")["Location"].startswith(f"/purpose/{card.id}")
    work = client.get(f"/audit/{card.id}").context["work"]
    with apps.listening("access") as heard:
        opened = client.post(f"/audit/{card.id}/identity?work={work}").content.decode()
    assert "陈小宝" in opened
    assert heard.kinds == ["card.viewed", "card.opened"]
    assert heard.entries[1].purpose == f"work:card_audit:{work}"
