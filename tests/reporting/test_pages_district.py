"""The district's pages as people meet them: who may open them, what they show and hide, and what each step does."""

from __future__ import annotations

import gettext
from datetime import timedelta
from io import BytesIO

import pytest
from django.test import Client
from django.utils.translation import trans_real
from openpyxl import load_workbook

from tests import apps
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import services, versions
from yifang.apps.reporting.models import Card, CardState, Case, Duplicate, SavedView, Suspicion
from yifang.apps.reporting.rules import form_of
from yifang.apps.reporting.services import grid
from yifang.kernel import clock
from yifang.knowledge import load
from yifang.web.messages import compile_all

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
MENDS = {
    "guardian_name": "陈父", "residence_area": "310112101", "residence_detail": "示范路1弄2号",
    "report_org_phone": "021-54321000", "population": "2", "patient_belongs": "1", "phone": "13800000001",
}  # fmt: skip
PUPIL = {
    "population": "3", "employer": "春申实验小学", "school_class": "三(2)班", "guardian_name": "林父",
    "case_class": "2",
}  # fmt: skip
GROWN = {"population": "16", "employer": "宝山机械厂", "guardian_name": ""}


@pytest.fixture
def county(db):
    return apps.county()


@pytest.fixture
def sign_in(county):
    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(county.users[name], backend=BACKEND)
        return client

    return signed_in


@pytest.fixture
def entered(county):
    return make_entered(county)


def make_entered(county):
    """A maker of cards that a hospital reported, approved and entered, delivered: they wait for the district."""
    numbers = iter(range(1, 1000))

    def make(record=None, *, hospital="hospital", doctor="clinician", desk="hospital_desk", **answers) -> Card:
        number = next(numbers)
        before = set(Suspicion.objects.values_list("id", flat=True))
        apps.receive(county.organisations[hospital], record or apps.hfmd(f"R{number}"))
        apps.deliver()
        found = Suspicion.objects.exclude(id__in=before).get()
        writer, reviewer = county.viewer(doctor), county.viewer(desk)
        with enter(writer):
            card = services.draft_from_suspicion(found.id, writer)
            given = versions.answers_of(versions.current(card))
            onset = {} if given.get("onset_date") else {"onset_date": (clock.today() - timedelta(days=2)).isoformat()}
            supplement = form_of(load()).supplement_of(card.disease)
            questions = {
                one.id: next(iter(one.codes)) for one in (supplement.fields if supplement else ()) if one.codes
            }
            card = services.report(card.id, writer, {**given, **MENDS, **onset, **questions, **answers})
        with enter(reviewer):
            services.approve(
                card.id, reviewer, national_card_id=f"310112-2026-{number:04}", entered_at=clock.now(), late_reason="迟"
            )
        apps.deliver()
        return Card.objects.get(id=card.id)

    return make


PAGES = {
    # who: audit list, line list, saved views of the audit list
    "epidemiologist": (200, 200, 200),
    "duty_officer": (200, 200, 200),
    "neighbour_epidemiologist": (200, 200, 200),
    "hospital_desk": (403, 200, 403),
    "school_nurse": (403, 200, 403),
    "clinician": (403, 403, 403),
    "bureau": (403, 403, 403),
    "grid_worker": (403, 403, 403),
    "administrator": (403, 403, 403),
    "auditor": (403, 403, 403),
    apps.STRANGER: (403, 403, 403),
}
# Who finds a child of the district who was reported there: card beside its source, case.
SEEN = {
    "epidemiologist": (200, 200),
    "city_epidemiologist": (200, 200),
    "residence_epidemiologist": (404, 404),
    "neighbour_epidemiologist": (404, 404),
    "hospital_desk": (403, 200),
    "other_hospital_desk": (403, 404),
    "school_nurse": (403, 404),
    "clinician": (403, 403),
}


@pytest.mark.parametrize("name", PAGES)
def test_who_has_the_pages(sign_in, name):
    client = sign_in(name)
    found = tuple(client.get(url).status_code for url in ("/audit/", "/cases/", "/views/audit"))
    assert found == PAGES[name]


def test_who_may_open_a_card_and_a_case(entered, sign_in):
    card = entered()
    urls = (f"/audit/{card.id}", f"/cases/{card.case_id}")
    found = {name: tuple(sign_in(name).get(url).status_code for url in urls) for name in SEEN}
    assert found == SEEN


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


def test_a_rare_condition_is_looked_for_a_stretch_at_a_time(entered, sign_in, monkeypatch):
    from yifang.apps.reporting.views import audit, cases

    flu = entered(apps.influenza("F"), **PUPIL)  # the oldest by key: the last to be looked at
    for number in range(1, 4):
        entered(apps.hfmd(f"H{number}", who=apps.person(f"陈{number}宝", order=number)))
    monkeypatch.setattr(audit, "LOOK", 2)
    monkeypatch.setattr(cases, "LOOK", 2)
    client = sign_in("epidemiologist")
    for url, id in (("/audit/?tab=all&class=confirmed", flu.id), ("/cases/?class=confirmed", flu.case_id)):
        seen, pages = [], 0
        while url:
            context = client.get(url).context
            seen += [row.id for row in context["table"].page.rows]
            pages += 1
            url = f"{url.partition('?')[0]}{context['further']}" if context["further"] else ""
        assert (seen, pages) == ([id], 2)


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
    for words in ("疑似重卡", first.card_no, "姓名和出生日期 100%", "是重卡，合并"):
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


def test_the_line_list_shows_who_what_where_and_a_case_its_cards(entered, sign_in):
    card = entered()
    client = sign_in("epidemiologist")
    page = client.get("/cases/").content.decode()
    for words in ("陈*宝", "手足口病", "闵行区", "未终审"):
        assert words in page
    page = client.get(f"/cases/{card.case_id}").content.decode()
    for words in (card.card_no, "建立病例", "病例信息", "个人时间轴"):
        assert words in page
    assert "陈小宝" not in page


def test_conditions_of_the_line_list(entered, county, sign_in):
    entered()
    entered(apps.influenza("F"), **PUPIL)
    client = sign_in("epidemiologist")

    def listed(query: str) -> set[str]:
        return {row.about.disease for row in client.get(f"/cases/?{query}").context["table"].page.rows}

    both = {"hfmd", "influenza"}
    assert listed("") == both
    assert listed("disease=influenza") == {"influenza"}
    assert listed("class=confirmed") == {"influenza"}
    assert listed(f"org={county.other_hospital.id}") == set()
    assert listed("audited=1") == set()
    assert listed("audited=0") == both
    assert listed("excluded=1") == set()
    assert listed(f"since={clock.today()}&until={clock.today()}") == both
    assert listed("until=2020-01-01") == set()


def test_a_case_names_the_signals_it_stands_behind(entered, sign_in):
    card = entered(apps.cholera_report(), **GROWN)
    page = sign_in("epidemiologist").get(f"/cases/{card.case_id}").content.decode()
    assert "相关信号" in page


def test_hiv_is_a_code_to_the_officer_in_charge_and_nothing_to_others(entered, sign_in):
    card = entered(apps.hiv_confirmed(), **GROWN, case_class="2", disease_subtype="hiv")
    officer, other = sign_in("hiv_officer"), sign_in("epidemiologist")
    page = officer.get("/cases/").content.decode()
    assert f"HIV-{card.case_id.hex[-8:].upper()}" in page
    assert "郑*" not in page
    assert other.get("/cases/").context["table"].page.rows == []
    assert other.get("/audit/").context["table"].page.rows == []
    assert other.get(f"/cases/{card.case_id}").status_code == 404
    assert "郑" not in other.post("/search/", {"q": "郑某"}).content.decode().replace("“郑某”", "")


def test_the_export_holds_what_the_list_shows_and_says_where_it_comes_from(entered, sign_in):
    entered()
    entered(apps.tuberculosis(), **GROWN, disease_subtype="tb_pos", case_class="2")
    client = sign_in("epidemiologist")
    asked = {"query": "", "purpose": "investigation", "note": "周报"}
    with apps.listening("access") as heard:
        rows, source = _workbook(client.post("/cases/export", asked))
    assert heard.kinds == ["case.exported"]
    assert [row["疾病"] for row in rows] == ["手足口病"], "sensitive diseases only when asked for"
    assert (rows[0]["姓名"], rows[0]["性别"], rows[0]["病例分类"]) == ("陈*宝", "男", "临床诊断病例")
    assert source["导出人"] == "epidemiologist"
    assert source["用途"] == "流行病学调查 周报"
    assert "不含敏感病种" in source["条件"]
    assert source["行数"] == "1"
    rows, source = _workbook(client.post("/cases/export", {**asked, "sensitive": "1"}))
    assert {row["疾病"] for row in rows} == {"手足口病", "肺结核"}
    rows, source = _workbook(client.post("/cases/export", {**asked, "query": "disease=influenza"}))
    assert rows == []
    assert source["条件"].startswith("病种为流行性感冒")


@pytest.mark.parametrize(
    ("name", "asked", "status"),
    [
        ("epidemiologist", {"purpose": ""}, 400),
        ("epidemiologist", {"purpose": "other"}, 400),
        ("hospital_desk", {"purpose": "quality"}, 403),
        ("school_nurse", {"purpose": "quality"}, 403),
    ],
)
def test_an_export_needs_a_purpose_and_the_right(sign_in, name, asked, status):
    assert sign_in(name).post("/cases/export", asked).status_code == status


def test_looking_up_finds_exactly_and_only_what_one_may_see(entered, sign_in):
    card = entered()

    def finds(name: str, text: str) -> int:
        return len([hit for hit in sign_in(name).post("/search/", {"q": text}).context["hits"] if hit.kind == "card"])

    for text in ("陈小宝", " 陈小宝 ", apps.id_no(), "13800000001", card.card_no, card.national_card_id):
        assert finds("epidemiologist", text) == 1, text
        assert finds("neighbour_epidemiologist", text) == 0, text
        assert finds("other_hospital_desk", text) == 0, text
        assert finds("hospital_desk", text) == 1, text
    for text in ("陈小", "陈", "138", "", "310112"):
        assert finds("epidemiologist", text) == 0, text


def test_a_look_up_is_in_the_access_stream_without_its_text(entered, sign_in):
    entered()
    with apps.listening("access") as heard:
        sign_in("epidemiologist").post("/search/", {"q": "陈小宝"})
    (entry,) = heard.entries  # one look-up, however many apps were asked
    assert (entry.kind, entry.purpose, entry.facts["found"] > 0) == ("person.searched", "look-up", True)
    assert not any("陈小宝" in f"{one.facts}{one.purpose}" for one in heard.entries)
    assert sign_in("epidemiologist").get("/search/?q=陈小宝").context["hits"] == []


def test_views_are_saved_shared_renamed_and_deleted(county, sign_in):
    mine = sign_in("epidemiologist")
    answer = mine.post(
        "/views/audit/save", {"name": "手足口超期", "query": "tab=overdue&disease=hfmd&at=x&work=y&org="}
    )
    assert answer["Location"] == "/audit/?disease=hfmd&tab=overdue"
    view = SavedView.objects.get()
    page = mine.get("/audit/?disease=hfmd&tab=overdue")
    assert [(one.name, one.current, one.mine) for one in page.context["views"]] == [("手足口超期", True, True)]
    colleague, other = sign_in("hiv_officer"), sign_in("residence_epidemiologist")
    assert colleague.get("/audit/").context["views"] == []
    mine.post(f"/views/audit/{view.id}", {"name": "手足口", "shared": "1"})
    assert [one.name for one in colleague.get("/audit/").context["views"]] == ["手足口"]
    assert "手足口" in colleague.get("/views/audit").content.decode()
    assert other.get("/audit/").context["views"] == []
    assert colleague.post(f"/views/audit/{view.id}", {"name": "别的"}).status_code == 404
    assert colleague.post(f"/views/audit/{view.id}", {"delete": "1"}).status_code == 404
    mine.post("/views/audit/save", {"name": "另一个", "query": "disease=measles"})
    assert mine.post(f"/views/audit/{view.id}", {"name": "另一个"}).status_code == 400
    assert mine.post("/views/audit/save", {"name": " ", "query": ""}).status_code == 400
    assert mine.get("/views/nonsense").status_code == 404
    mine.post(f"/views/audit/{view.id}", {"delete": "1"})
    assert [one.name for one in SavedView.objects.all()] == ["另一个"]


def test_a_grid_worker_gets_a_door_and_a_task_and_no_disease(entered, county, sign_in):
    card = entered()
    district, worker = sign_in("epidemiologist"), sign_in("grid_worker")
    sent = {"place": str(county.places["grid"].id), "task": "contact"}
    assert district.post(f"/cases/{card.case_id}/visit", sent).status_code == 302
    assert district.post(f"/cases/{card.case_id}/visit", sent).status_code == 409, "one visit at a time"
    assert "已派网格上门" in district.get(f"/cases/{card.case_id}").content.decode()
    work = worker.get("/work/").content.decode()
    assert "上门联系" in work
    url = f"/visits/{card.case_id}"
    assert url in work
    with apps.listening("access") as heard:
        page = worker.get(url).content.decode()
    assert heard.kinds == ["work.address_opened"]
    for shown, words in (
        (True, "示范路1弄2号"),
        (True, "陈家长"),
        (False, "手足口"),
        (False, "陈小宝"),
        (False, "梅陇人民医院"),
    ):
        assert (words in page) is shown, words
    assert sign_in("clinician").get(url).status_code == 404
    assert worker.post(url, {"outcome": "x"}).status_code == 400
    assert worker.post(url, {"outcome": "not_at_home", "note": "留了条"}).status_code == 302
    assert worker.get(url).status_code == 404, "a finished visit shows its address no more"
    apps.deliver()
    assert "网格上门结果：无人在家" in district.get(f"/cases/{card.case_id}").content.decode()
    assert district.post(f"/cases/{card.case_id}/visit", sent).status_code == 302


@pytest.mark.parametrize(
    ("group", "may"),
    [
        ("ordinary", True), ("tb", True), ("hiv", False), ("std", False), ("bloodborne_hepatitis", False),
        ("leprosy", False),
    ],
)  # fmt: skip
def test_what_the_pack_hides_from_the_grid_is_never_given_to_it(group, may):
    assert grid.may_be_sent(group) is may


def test_tuberculosis_is_only_help_with_follow_up(entered, county, sign_in):
    card = entered(apps.tuberculosis(), **GROWN, disease_subtype="tb_pos", case_class="2")
    district = sign_in("epidemiologist")
    place = str(county.places["grid"].id)
    assert [code for code, _label in district.get(f"/cases/{card.case_id}").context["grid_tasks"]] == ["follow_up"]
    assert district.post(f"/cases/{card.case_id}/visit", {"place": place, "task": "contact"}).status_code == 400
    assert district.post(f"/cases/{card.case_id}/visit", {"place": place, "task": "follow_up"}).status_code == 302


def test_only_who_assigns_sends_and_only_to_a_grid_nearby(entered, county, sign_in):
    card = entered()
    sent = {"place": str(county.places["grid"].id), "task": "contact"}
    assert sign_in("hospital_desk").post(f"/cases/{card.case_id}/visit", sent).status_code == 403
    assert sign_in("neighbour_epidemiologist").post(f"/cases/{card.case_id}/visit", sent).status_code == 404
    wrong = {**sent, "place": str(county.places["school_class"].id)}
    assert sign_in("epidemiologist").post(f"/cases/{card.case_id}/visit", wrong).status_code == 400


def test_the_pages_read_english(entered, sign_in):
    if compile_all():  # as `./dev` does; Python keeps the catalogues it has read, and so does Django
        gettext._translations.clear()
        trans_real._translations.clear()
    card = entered()
    client = sign_in("epidemiologist")
    client.post("/i18n/setlang/", {"language": "en", "next": "/"})
    for url in ("/audit/", f"/audit/{card.id}", "/cases/", f"/cases/{card.case_id}", "/views/cases"):
        page = client.get(url).content.decode()
        assert "Card review" in page
        assert 'lang="en"' in page


def _workbook(answer) -> tuple[list[dict[str, object]], dict[str, str]]:
    """Rows by heading, and the sheet of provenance."""
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
    data, source = book.worksheets
    head, *rows = [[cell.value for cell in row] for row in data.iter_rows()]
    return [dict(zip(head, row, strict=True)) for row in rows], {
        row[0].value: row[1].value for row in source.iter_rows()
    }
