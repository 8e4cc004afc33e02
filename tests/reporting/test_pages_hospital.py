"""The pages of clinician and hospital desk: who may open them, what they show, what a form answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from tests import apps
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import services, versions
from yifang.apps.reporting.models import Card, CardState, Suspicion, SuspicionState
from yifang.apps.reporting.presenting import pack_words
from yifang.apps.reporting.presenting.card_form import posted
from yifang.apps.reporting.rules import form_of
from yifang.kernel import clock, protocols
from yifang.knowledge import load

pytestmark = [pytest.mark.django_db, pytest.mark.database]

SignIn = Callable[[str], Client]
NAME, NUMBER = "陈小宝", apps.id_no()
MENDS = {
    "guardian_name": "陈父", "residence_area": "310112101", "report_org_phone": "021-54321000", "population": "2",
    "hfmd_card.1": "未检", "hfmd_card.2": "否",
}  # fmt: skip


@pytest.fixture
def suspicion(county) -> Suspicion:
    apps.receive(county.hospital, apps.hfmd(complaint="发热2天，手足皮疹1天，否认咳嗽"))
    apps.deliver()
    return Suspicion.objects.get()


@pytest.fixture
def drafted(county, suspicion) -> Card:
    doctor = county.viewer("clinician")
    with enter(doctor):
        return services.draft_from_suspicion(suspicion.id, doctor)


@pytest.fixture
def in_review(county, drafted) -> Card:
    return reported(county, drafted)


def reported(county, card: Card) -> Card:
    doctor = county.viewer("clinician")
    with enter(doctor):
        answers = versions.answers_of(versions.current(card))
        card = services.report(card.id, doctor, {**answers, **MENDS, "patient_belongs": "1"})
    apps.deliver()
    return card


def text(answer) -> str:
    return answer.content.decode()


def test_a_doctor_without_a_seat_is_named_as_the_record_names_them(county, sign_in):
    apps.receive(county.hospital, apps.hfmd(doctor="D999"))
    apps.deliver()
    page = text(sign_in("hospital_desk").get(f"/desk/?tab=candidates&open={Suspicion.objects.get().id}"))
    assert "D999" in page


# -- who may open what


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("clinician", 200), ("colleague", 200), ("hospital_desk", 200), ("other_department", 404),
        ("other_hospital", 404),
        ("other_hospital_desk", 404), ("hospital_lab", 403), ("epidemiologist", 403), ("school_nurse", 403),
        ("administrator", 403), (apps.STRANGER, 403),
    ],
)  # fmt: skip
def test_who_opens_a_suspicion(sign_in, suspicion, name, status):
    assert sign_in(name).get(f"/suspicions/{suspicion.id}").status_code == status


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("clinician", 200), ("colleague", 200), ("hospital_desk", 200), ("other_department", 404),
        ("other_hospital", 404),
        ("other_hospital_desk", 404), ("hospital_lab", 403), ("epidemiologist", 404), ("bureau", 403),
        (apps.STRANGER, 403),
    ],
)  # fmt: skip
def test_who_opens_a_card_under_review(sign_in, in_review, name, status):
    assert sign_in(name).get(f"/cards/{in_review.id}").status_code == status


@pytest.mark.parametrize(
    ("name", "status"),
    [("hospital_desk", 200), ("clinician", 403), ("epidemiologist", 403), ("auditor", 403), (apps.STRANGER, 403)],
)
def test_who_has_the_desk(sign_in, name, status):
    assert sign_in(name).get("/desk/").status_code == status


@pytest.mark.parametrize("path", ["/suspicions/{}", "/cards/{}", "/cards/{}/edit"])
def test_what_is_not_there_is_not_found(sign_in, path):
    assert sign_in("hospital_desk").get(path.format(uuid4())).status_code == 404


@pytest.mark.parametrize(
    "tab", ["to_report", "to_review", "to_enter", "to_correct", "drafts", "candidates", "late", "done"]
)
def test_every_tab_of_an_empty_desk_says_so(sign_in, tab):
    assert "y-empty" in text(sign_in("hospital_desk").get(f"/desk/?tab={tab}"))


@pytest.mark.parametrize("at", ["", "rubbish", "WyI-IiwgWyIiLCAxXV0"])
def test_a_broken_place_in_a_list_shows_its_beginning(sign_in, suspicion, at):
    assert "手足口病" in text(sign_in("clinician").get(f"/suspicions/?at={at}"))


# -- the suspicion


def test_a_suspicion_says_who_what_why_and_how_long(sign_in, suspicion):
    page = text(sign_in("clinician").get(f"/suspicions/{suspicion.id}"))
    for expected in ("手足口病", "陈*宝", "B08.401", "y-clock", "DG1[1]", "<mark>", "没有算作依据的", "咳嗽"):
        assert expected in page, expected


def test_neither_page_nor_list_holds_a_name_or_a_number(sign_in, suspicion, drafted):
    for path in (f"/suspicions/{suspicion.id}", "/suspicions/?tab=cards", f"/cards/{drafted.id}"):
        page = text(sign_in("clinician").get(path))
        assert NAME not in page
        assert NUMBER not in page


def test_reporting_opens_the_filled_card(sign_in, suspicion):
    client = sign_in("clinician")
    answer = client.post(f"/suspicions/{suspicion.id}/report")
    card = Card.objects.get()
    assert answer["Location"] == f"/cards/{card.id}/edit"
    again = client.post(f"/suspicions/{suspicion.id}/report")
    assert again["Location"] == answer["Location"]
    assert Card.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "status", "state"),
    [
        ({"code": "not_the_disease"}, 302, SuspicionState.DISMISSED),
        ({"code": "other", "note": "疫苗反应"}, 302, SuspicionState.DISMISSED),
        ({"code": "other"}, 400, SuspicionState.OPEN),
        ({"code": "nonsense"}, 400, SuspicionState.OPEN),
        ({}, 400, SuspicionState.OPEN),
    ],
)
def test_not_this_disease_needs_a_reason(sign_in, suspicion, given, status, state):
    assert sign_in("clinician").post(f"/suspicions/{suspicion.id}/dismiss", given).status_code == status
    suspicion.refresh_from_db()
    assert suspicion.state == state


def test_a_dismissed_suspicion_is_answered_and_a_candidate_of_the_desk(sign_in, suspicion):
    client = sign_in("clinician")
    client.post(f"/suspicions/{suspicion.id}/dismiss", {"code": "not_the_disease"})
    assert "陈*宝" in text(client.get("/suspicions/?tab=answered"))
    assert "陈*宝" not in text(client.get("/suspicions/"))
    assert "陈*宝" in text(sign_in("hospital_desk").get("/desk/?tab=candidates"))


def test_a_colleague_who_is_asked_sees_it(county, sign_in, suspicion):
    asked = sign_in("other_department")
    assert asked.get(f"/suspicions/{suspicion.id}").status_code == 404
    client = sign_in("clinician")
    page = text(client.get(f"/suspicions/{suspicion.id}"))
    assert f'<option value="{county.users["other_department"].pk}">' in page
    assert f'<option value="{county.users["other_hospital"].pk}">' not in page
    answer = client.post(f"/suspicions/{suspicion.id}/consult", {"colleague": county.users["other_department"].pk})
    assert answer.status_code == 302
    assert asked.get(f"/suspicions/{suspicion.id}").status_code == 200


@pytest.mark.parametrize("colleague", ["", "x", "99999999"])
def test_nobody_is_no_colleague(sign_in, suspicion, colleague):
    assert sign_in("clinician").post(f"/suspicions/{suspicion.id}/consult", {"colleague": colleague}).status_code == 400


def test_what_the_cdc_said_of_the_disease_stands_beside_it(sign_in, suspicion, monkeypatch):
    def say(viewer, disease):
        yield protocols.Notice(clock.now(), "疾控反馈", f"{disease}: 采咽拭子送检")

    monkeypatch.setattr(protocols, "disease_advice", [protocols.Named("test", say)])
    assert "hfmd: 采咽拭子送检" in text(sign_in("clinician").get(f"/suspicions/{suspicion.id}"))


# -- the form


def test_the_form_is_filled_and_shows_what_is_left_first(sign_in, drafted):
    page = text(sign_in("clinician").get(f"/cards/{drafted.id}/edit"))
    wanted = page[page.index("y-wanted") : page.index("</section>", page.index("y-wanted"))]
    assert NAME in page  # filling the card is the purpose
    assert 'name="guardian_name"' in wanted
    assert wanted.index("autofocus") < wanted.index('name="residence_area"')
    assert 'name="name"' not in wanted


def test_opening_the_form_leaves_an_access_entry(sign_in, drafted):
    with apps.listening("access") as heard:
        sign_in("clinician").get(f"/cards/{drafted.id}/edit")
    assert [(one.kind, one.purpose) for one in heard.entries] == [
        ("card.viewed", ""), ("card.opened", "reporting.card")
    ]  # fmt: skip


def test_reporting_with_errors_says_all_at_once_and_keeps_what_was_typed(sign_in, drafted):
    given = {"do": "report", "disease": "hfmd", "guardian_name": "陈大", "phone": "", "birth_date": "2050-01-01"}
    answer = sign_in("clinician").post(f"/cards/{drafted.id}/edit", given)
    page = text(answer)
    assert answer.status_code == 422
    assert 'role="alert"' in page
    assert 'value="陈大"' in page
    for field in ("phone", "birth_date", "population", "residence_area"):
        assert f'href="#id_{field}_box"' in page, field
    drafted.refresh_from_db()
    assert drafted.state == CardState.DRAFT


def test_a_card_is_reported_from_the_form(sign_in, drafted):
    client = sign_in("clinician")
    answer = client.post(f"/cards/{drafted.id}/edit", {"do": "report", "disease": "hfmd", **MENDS})
    assert answer.status_code == 302, text(answer)
    drafted.refresh_from_db()
    assert drafted.state == CardState.HOSPITAL_REVIEW
    assert versions.answers_of(versions.current(drafted))["patient_belongs"] == "1"  # followed the residence


def test_a_draft_may_be_saved_with_gaps(sign_in, drafted):
    sign_in("clinician").post(f"/cards/{drafted.id}/edit", {"do": "save", "disease": "hfmd", "guardian_name": "陈父"})
    drafted.refresh_from_db()
    assert (drafted.state, drafted.version) == (CardState.DRAFT, 2)


def test_another_disease_asks_its_own_questions_and_changes_nothing(sign_in, drafted):
    client = sign_in("clinician")
    given = {"do": "refresh", "disease": "hepatitis_b", "name": NAME}
    page = text(client.post(f"/cards/{drafted.id}/edit", given, headers={"hx-request": "true"}))
    assert 'name="hbv_card.1"' in page
    assert 'name="acute_chronic"' in page
    assert 'name="hfmd_card.1"' not in page
    drafted.refresh_from_db()
    assert (drafted.disease, drafted.version) == ("hfmd", 1)


def test_a_card_without_a_suspicion(sign_in):
    client = sign_in("clinician")
    answer = client.post("/cards/new")
    card = Card.objects.get()
    assert answer["Location"] == f"/cards/{card.id}/edit"
    assert "y-wanted" not in text(client.get(answer["Location"]))  # nothing was typed yet
    for path in (f"/cards/{card.id}", "/suspicions/?tab=cards"):
        assert card.card_no in text(client.get(path))  # nobody knows yet whom it is about
    assert sign_in("epidemiologist").post("/cards/new").status_code == 403


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"id_no": "310112202105040017"}, {"id_type": "01", "birth_date": "2021-05-04", "sex": "1"}),
        ({"id_no": "310112202105040017", "birth_date": "2020-01-01"}, {"birth_date": "2020-01-01"}),
        ({"id_no": "无"}, {"birth_date": ""}),
        ({"residence_area": "310104003"}, {"patient_belongs": "2"}),
        ({"residence_area": "330300001", "patient_belongs": ""}, {"patient_belongs": "4"}),
        ({"residence_area": "310104003", "patient_belongs": "6"}, {"patient_belongs": "6"}),
        ({"card_no": "X", "report_org": "X", "report_area": "110101"}, {"report_area": "310112", "report_org": "H1"}),
        ({"disease": "influenza"}, {"disease_subtype": "", "acute_chronic": ""}),
    ],
)
def test_what_a_form_says_and_what_follows_from_it(given, expected):
    from django.http import QueryDict

    data = QueryDict(mutable=True)
    data.update(given)
    before = {"report_area": "310112", "report_org": "H1", "disease": "hepatitis_b", "acute_chronic": "1"}
    answers = posted(data, before)
    assert {name: answers.get(name, "") for name in expected} == expected


@pytest.mark.parametrize(
    ("typed", "first"),
    [("莘庄镇", "310112101"), ("310112101", "310112101"), ("", ""), ("没有这个地方", None)],
)
def test_a_township_is_found_by_name_or_code(sign_in, typed, first):
    page = text(sign_in("clinician").get("/cards/areas", {"area": typed}))
    if first is None:
        assert 'value="3' not in page
    else:
        assert f'value="{first or "310112"}' in page


# -- the desk and the card's life


def test_the_desk_walks_a_card_to_its_entry(sign_in, in_review):
    desk = sign_in("hospital_desk")
    assert "陈*宝" in text(desk.get(f"/desk/?tab=to_review&open={in_review.id}"))
    assert (
        desk.post(f"/cards/{in_review.id}/approve", {"next": "/desk/?tab=to_review"})["Location"]
        == "/desk/?tab=to_review"
    )
    apps.deliver()
    assert "陈*宝" in text(desk.get("/desk/?tab=to_enter"))
    now = clock.now().astimezone(clock.CHINA).strftime("%Y-%m-%dT%H:%M")
    given = {"national_card_id": "310112-2026-0001", "entered_at": now}
    assert desk.post(f"/cards/{in_review.id}/enter", given).status_code == 302
    in_review.refresh_from_db()
    assert in_review.national_card_id == "310112-2026-0001"
    page = text(desk.get(f"/cards/{in_review.id}"))
    assert "is-kept" in page
    assert "登记网报卡号和录入时间" in page


@pytest.mark.parametrize(
    ("number", "at"),
    [("", "2026-11-23T10:00"), ("12", "2026-11-23T10:00"), ("310112-2026-0001", ""), ("310112-2026-0001", "x")],
)
def test_a_wrong_entry_is_refused(county, sign_in, in_review, number, at):
    desk = sign_in("hospital_desk")
    desk.post(f"/cards/{in_review.id}/approve")
    assert desk.post(f"/cards/{in_review.id}/enter", {"national_card_id": number, "entered_at": at}).status_code == 400
    in_review.refresh_from_db()
    assert in_review.entered_at is None


def test_a_returned_card_tells_its_doctor_why_and_is_reported_again(sign_in, in_review):
    desk, doctor = sign_in("hospital_desk"), sign_in("clinician")
    assert desk.post(f"/cards/{in_review.id}/return", {"reason": ""}).status_code == 400
    desk.post(f"/cards/{in_review.id}/return", {"reason": "门牌不完整"})
    assert "门牌不完整" in text(doctor.get(f"/cards/{in_review.id}/edit"))
    answer = doctor.post(
        f"/cards/{in_review.id}/edit", {"do": "report", "disease": "hfmd", "residence_detail": "示范路9号"}
    )
    assert answer.status_code == 302, text(answer)
    assert "第 3 版改了什么" in text(doctor.get(f"/cards/{in_review.id}"))


@pytest.mark.parametrize("verb", ["approve", "return", "enter", "late", "delete"])
def test_the_doctor_may_not_take_the_desks_steps(sign_in, in_review, verb):
    given = {"reason": "x", "national_card_id": "310112-2026-0001", "entered_at": "2026-11-23T10:00"}
    assert sign_in("clinician").post(f"/cards/{in_review.id}/{verb}", given).status_code == 403


def test_a_correction_is_a_new_version_with_its_reason(sign_in, in_review):
    desk = sign_in("hospital_desk")
    desk.post(f"/cards/{in_review.id}/approve")
    page = text(desk.get(f"/cards/{in_review.id}/edit"))
    assert "订正原因" in page
    given = {"do": "correct", "disease": "hfmd", "case_class": "2"}
    assert desk.post(f"/cards/{in_review.id}/edit", given).status_code == 422  # without a reason
    assert desk.post(f"/cards/{in_review.id}/edit", {**given, "reason": "检验确诊"}).status_code == 302
    page = text(desk.get(f"/cards/{in_review.id}"))
    assert "检验确诊" in page
    assert "<del>临床</del>" in page  # before and after stand side by side


def test_identity_opens_on_purpose_only_and_is_written_down(sign_in, in_review):
    desk = sign_in("hospital_desk")
    page = text(desk.get(f"/cards/{in_review.id}"))
    work = page[page.index('name="work" value="') :].split('"')[3]
    with apps.listening("access") as heard:
        opened = text(desk.post(f"/cards/{in_review.id}/identity", {"work": work}, headers={"hx-request": "true"}))
    assert NAME in opened
    assert NUMBER in opened
    assert {one.kind for one in heard.entries} == {"card.viewed", "card.opened"}
    assert {one.purpose.split(":")[0] for one in heard.entries} == {"work"}
    asked = desk.post(f"/cards/{in_review.id}/identity")
    assert asked["Location"].startswith(f"/purpose/{in_review.id}?next=")


def test_word_needs_a_purpose_too(sign_in, in_review):
    desk = sign_in("hospital_desk")
    assert desk.post(f"/cards/{in_review.id}/word")["Location"].startswith("/purpose/")
    desk.post(f"/purpose/{in_review.id}", {"purpose": "quality", "next": f"/cards/{in_review.id}"})
    answer = desk.post(f"/cards/{in_review.id}/word")
    assert answer.content.startswith(b"PK")
    assert sign_in("clinician").post(f"/cards/{in_review.id}/word").status_code == 403


def test_a_late_card_stands_in_its_tab_until_it_is_explained(county, sign_in):
    apps.receive(county.hospital, apps.hfmd(at=clock.now() - timedelta(hours=30)))
    apps.deliver()
    doctor = county.viewer("clinician")
    with enter(doctor):
        card = services.draft_from_suspicion(Suspicion.objects.get().id, doctor)
    card = reported(county, card)
    desk = sign_in("hospital_desk")
    assert card.card_no in text(desk.get("/desk/?tab=late"))
    now = clock.now().astimezone(clock.CHINA).strftime("%Y-%m-%dT%H:%M")
    given = {"national_card_id": "310112-2026-0001", "entered_at": now}
    assert desk.post(f"/cards/{card.id}/approve", given).status_code == 400  # late, and nobody said why
    assert desk.post(f"/cards/{card.id}/approve", {**given, "late_reason": "节假日交接遗漏"}).status_code == 302
    assert "节假日交接遗漏" in text(desk.get(f"/cards/{card.id}"))
    assert card.card_no not in text(desk.get("/desk/?tab=late"))


def test_many_are_approved_after_a_preview_that_changes_nothing(county, sign_in):
    records = [
        apps.hfmd(f"H{order}", who=apps.person(name, order=order)) for order, name in enumerate(("陈小宝", "李小花"), 1)
    ]
    apps.receive(county.hospital, *records, apps.cholera_report())
    apps.deliver()
    doctor = county.viewer("clinician")
    cards = []
    for one in Suspicion.objects.order_by("disease"):
        with enter(doctor):
            card = services.draft_from_suspicion(one.id, doctor)
            answers = {**versions.answers_of(versions.current(card)), **MENDS}
            more = {"onset_date": answers["diagnosis_datetime"][:10], "disease_subtype": "", "population": "18"}
            if one.disease == "cholera":
                answers |= more | {"residence_area": "310104003", "patient_belongs": "2"}
            cards.append(services.report(card.id, doctor, {"patient_belongs": "1", **answers}))
    apps.deliver()
    desk, picked = sign_in("hospital_desk"), {"pick": [str(card.id) for card in cards]}
    page = text(desk.post("/desk/approve", picked))
    assert "将审核通过 2 张，1 张不能批量通过" in page
    assert "逐张" in page
    assert not Card.objects.filter(state=CardState.SUBMITTED).exists()
    desk.post("/desk/approve", {**picked, "confirmed": "1"})
    assert set(Card.objects.filter(state=CardState.SUBMITTED).values_list("disease", flat=True)) == {"hfmd"}


def test_the_numbers_of_a_department_open_their_records(sign_in, suspicion):
    desk = sign_in("hospital_desk")
    page = text(desk.get("/desk/"))
    assert "?tab=month&amp;department=%E5%84%BF%E7%A7%91&amp;which=waiting" in page
    assert "陈*宝" in text(desk.get("/suspicions/?tab=month&department=儿科&which=waiting"))
    assert "陈*宝" not in text(desk.get("/suspicions/?tab=month&department=儿科&which=reported"))


def test_work_items_lead_to_these_pages(sign_in, in_review):
    page = text(sign_in("hospital_desk").get("/work/"))
    assert f"/cards/{in_review.id}?work=" in page


def test_every_label_of_the_form_stands_in_the_catalogue():
    form = form_of(load())
    fields = [*form.fields.values(), *(one for supplement in form.supplements for one in supplement.fields)]
    labels = {one.label for one in fields} | {label for one in fields for label in (one.codes or {}).values()}
    labels |= {one.name for one in form.supplements}
    labels |= {part.name for disease in load().diseases.values() for part in disease.subtypes}
    chinese = {label for label in labels if any("一" <= letter <= "鿿" for letter in label)}
    assert {str(label) for label in pack_words.LABELS} == chinese
