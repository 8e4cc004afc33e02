"""Rule-outs and consultations, discussions, unknown pneumonia, hospital infection, screening, the sentinel's week."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta

import pytest
from django.http import QueryDict
from docx import Document

from tests import apps
from tests.care.giving import browser, filled
from yifang.apps.accounts.viewers import enter
from yifang.apps.care import calendar, documents, services, suspected
from yifang.apps.care.models import Matter, Visit
from yifang.apps.care.presenting import infections as infection_words
from yifang.apps.care.queries import infections, matters, progress, sentinel, setups
from yifang.apps.forms.services import Unfilled
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.reporting.models import Suspicion
from yifang.apps.work.models import WorkItem
from yifang.apps.work.queries import mine
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, UserError, WrongState

NOW = "%Y-%m-%dT%H:%M"


def now() -> str:
    return clock.now().astimezone(clock.CHINA).strftime(NOW)


def sees(county, name, matter):
    with enter(county.viewer(name)):
        return Matter.objects.filter(id=matter.id).exists()


def do(county, name, verb, *args, **more):
    viewer = county.viewer(name)
    with enter(viewer):
        return verb(*args, viewer, **more)


# -- consultation


def asked(county, **more):
    given = {
        "name": "陈小宝", "disease": "measles", "department": "骨科", "urgency": "ordinary", "question": "是否麻疹",
        "summary": "发热出疹3天", **more,
    }  # fmt: skip
    return do(county, "clinician", services.open_matter, "consult", filled(**given))


@pytest.mark.parametrize(("urgency", "hours"), [("ordinary", 24), ("urgent", 0.1667)])
def test_a_consultation_waits_in_the_department_that_was_asked_by_its_clock(county, urgency, hours):
    matter = asked(county, urgency=urgency)
    doctor = county.viewer("other_department")
    with enter(doctor):
        item = mine(doctor)[0]
    assert (item.kind, item.subject) == ("consult_reply", matter.id)
    assert item.due_at - item.starts_at == timedelta(hours=hours)
    assert not sees(county, "colleague", matter)
    assert not sees(county, "other_hospital", matter)


def test_the_reply_goes_back_to_the_doctor_and_is_read(county):
    matter = asked(county)
    do(
        county,
        "other_department",
        services.take,
        matter.id,
        "reply",
        filled(opinion="符合麻疹", conclusion="suspected"),
    )
    apps.deliver()
    doctor = county.viewer("clinician")
    with enter(doctor):
        assert [item.kind for item in mine(doctor)] == ["consult_read"]
        done = services.take(matter.id, "read", filled(), doctor)
    assert (done.state, done.outcome) == ("closed", "suspected")


def test_who_asks_a_department_without_a_doctor_is_told(county):
    with pytest.raises(UserError) as refused:
        asked(county, department="不存在的科")
    assert refused.value.code == "care.no_department"


def test_a_step_is_taken_once_and_by_whose_it_is(county):
    matter = asked(county)
    with pytest.raises(NotAllowed):
        do(county, "hospital_desk", services.take, matter.id, "reply", filled(opinion="x", conclusion="more"))
    with pytest.raises(WrongState):
        do(county, "clinician", services.take, matter.id, "read", filled())
    reply = filled(opinion="x", conclusion="more")
    do(county, "other_department", services.take, matter.id, "reply", reply)
    with pytest.raises(WrongState):
        do(county, "other_department", services.take, matter.id, "reply", reply)


def test_a_sensitive_disease_is_only_for_roles_that_may_see_it(county):
    matter = asked(county, disease="hiv_aids", name="司徒明远")
    assert matter.group == "hiv"
    assert sees(county, "other_department", matter)  # was asked, and the pack lets a clinician see it
    assert not sees(county, "colleague", matter)
    assert not sees(county, "epidemiologist", matter)


# -- rule-out lists


def test_a_rule_out_list_is_ticked_off_by_the_results_that_arrive(county):
    apps.receive(county.hospital, apps.hfmd())
    apps.deliver()
    one = Suspicion.objects.get()
    assert "肠道病毒71型" in suspected.tests_for("hfmd")
    doctor = county.viewer("clinician")
    with enter(doctor):
        matter = services.open_matter(
            "rule_out", filled(disease="hfmd", differential="水痘", tests="肠道病毒71型核酸\n血常规"), doctor,
            person=one.person, about=("suspicion", one.id), disease=one.disease,
        )  # fmt: skip
        assert [item.value for item in progress.progress(matter)] == ["", ""]
    apps.receive(county.hospital, apps.record("L1", kind="lab_report", who=apps.person(), results=(
        apps.result("肠道病毒71型核酸", "阴性", at=clock.now()),)))  # fmt: skip
    apps.deliver()
    with enter(doctor):
        assert [item.value for item in progress.progress(matter)] == ["阴性", ""]
        hits = {hit.label: hit.detail for hit in suspected.related(doctor, "suspicion", one.id)}
    assert hits["排查清单"].startswith("等待")
    assert hits["感染病会诊"] == "发起"
    page = browser(county, "clinician").get(f"/suspicions/{one.id}").content.decode()
    assert f"/matters/{matter.id}" in page
    asking = browser(county, "clinician").get(f"/matters/new/consult?suspicion={one.id}").content.decode()
    assert 'name="name"' not in asking  # the records know whom it is about


# -- discussions


def start_discussion(county):
    given = {
        "name": "陈小宝",
        "disease": "measles",
        "summary": "发热出疹",
        "at": now(),
        "participants": "张主任、李医生",
    }
    return do(county, "hospital_desk", services.open_matter, "discussion", filled(**given))


def test_a_suspicious_conclusion_asks_for_specimens_and_tells_the_cdc(county):
    matter = start_discussion(county)
    assert not sees(county, "duty_officer", matter)
    do(county, "hospital_desk", services.take, matter.id, "opinion", filled(who="李医生", opinion="疑似"))
    with pytest.raises(Unfilled):  # what to test is asked then
        do(
            county,
            "hospital_desk",
            services.take,
            matter.id,
            "conclude",
            filled(conclusion="suspicious", grounds="符合"),
        )
    done = do(
        county, "hospital_desk", services.take, matter.id, "conclude",
        filled(conclusion="suspicious", grounds="符合", tests="麻疹IgM、核酸"),
    )  # fmt: skip
    assert set(done.waiting) == {"specimen", "notice"}
    for name, kind in (("hospital_lab", "specimen_take"), ("duty_officer", "discussion_notice")):
        viewer = county.viewer(name)
        with enter(viewer):
            assert [item.kind for item in mine(viewer)] == [kind]
    do(
        county,
        "hospital_lab",
        services.take,
        matter.id,
        "specimen",
        filled(taken_at=now(), what="咽拭子2份", to="区疾控"),
    )
    done = do(county, "duty_officer", services.take, matter.id, "notice", filled(note="安排采样送检"))
    assert (done.state, done.outcome) == ("closed", "suspicious")


@pytest.mark.parametrize("conclusion", ["excluded", "confirmed"])
def test_any_other_conclusion_ends_it(county, conclusion):
    matter = start_discussion(county)
    given = filled(conclusion=conclusion, grounds="x")
    done = do(county, "hospital_desk", services.take, matter.id, "conclude", given)
    assert done.state == "closed"
    assert not sees(county, "duty_officer", matter)


def test_the_minutes_are_a_word_document_for_a_purpose(county):
    matter = start_discussion(county)
    desk = county.viewer("hospital_desk")
    with enter(desk):
        with pytest.raises(UserError):
            documents.minutes(matters.matter(matter.id, desk), desk)
        acting = desk.acting_for("asked:quality")
        text = documents.minutes(matters.matter(matter.id, acting), acting)
    document = Document(io.BytesIO(text))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert {"参加人", "张主任、李医生", "发热出疹"} <= set(cells)
    assert "可疑病例讨论记录" in [paragraph.text for paragraph in document.paragraphs]


# -- unknown pneumonia


@pytest.fixture
def pneumonia(county):
    """A suspicion of unknown pneumonia, as identification raises it."""
    apps.receive(county.hospital, apps.hfmd("P1", department="呼吸内科"))
    apps.deliver()
    Suspicion.objects.update(disease="unknown_pneumonia", group="ordinary")
    one = Suspicion.objects.get()
    with apps.as_jobs():
        append(Change("reporting.suspicion_changed", "suspicion", one.id), NODE)
    apps.deliver()
    return Matter.objects.get(kind="pneumonia")


CRITERIA = {"fever": "met", "imaging": "met", "blood": "met", "treatment": "met", "cluster": "no"}


def test_it_begins_by_itself_with_its_discussion_once(county, pneumonia):
    with apps.as_jobs():
        append(Change("reporting.suspicion_changed", "suspicion", pneumonia.about), NODE)
    apps.deliver()
    assert sorted(Matter.objects.values_list("kind", flat=True)) == ["discussion", "pneumonia"]
    assert pneumonia.waiting == ["criteria"]
    assert sees(county, "clinician", pneumonia)
    page = browser(county, "clinician").get(f"/matters/{pneumonia.id}").content.decode()
    assert "四条定义与依据" in page


@pytest.mark.parametrize(
    ("answers", "waits"),
    [
        ({}, ["hospital_consult"]),
        ({"treatment": "unknown"}, ["criteria"]),  # asked again
        ({"treatment": "not_met"}, []),  # is not it
        ({"treatment": "not_met", "cluster": "yes"}, ["hospital_consult"]),
    ],
)
def test_the_four_criteria_decide(county, pneumonia, answers, waits):
    done = do(county, "clinician", services.take, pneumonia.id, "criteria", filled(**{**CRITERIA, **answers}))
    assert done.waiting == waits
    assert done.state == ("open" if waits else "closed")


def test_still_unknown_after_twelve_hours_it_is_reported_and_goes_to_the_county(county, pneumonia):
    do(county, "clinician", services.take, pneumonia.id, "criteria", filled(**CRITERIA))
    item = WorkItem.objects.get(kind="pneumonia_hospital")
    assert item.due_at - item.starts_at == timedelta(hours=12)
    consult = filled(at=now(), experts="三人", opinion="仍不明", conclusion="unknown")
    done = do(county, "hospital_desk", services.take, pneumonia.id, "hospital_consult", consult)
    assert set(done.waiting) == {"report", "county_consult"}
    clocks = {item.kind: item.due_at - item.starts_at for item in WorkItem.objects.filter(
        kind__in=("pneumonia_report", "pneumonia_county"))}  # fmt: skip
    assert clocks == {"pneumonia_report": timedelta(hours=2), "pneumonia_county": timedelta(hours=24)}
    do(county, "hospital_desk", services.take, pneumonia.id, "report", filled(note="已网报"))
    done = do(
        county, "duty_officer", services.take, pneumonia.id, "county_consult",
        filled(at=now(), experts="县专家组", opinion="支原体", conclusion="confirmed", diagnosis="支原体肺炎"),
    )  # fmt: skip
    assert (done.state, done.outcome) == ("closed", "confirmed")


def test_a_cluster_is_consulted_on_at_once(county, pneumonia):
    do(county, "clinician", services.take, pneumonia.id, "criteria", filled(**{**CRITERIA, "cluster": "yes"}))
    item = WorkItem.objects.get(kind="pneumonia_hospital")
    assert (item.urgent, item.due_at - item.starts_at) == (True, timedelta(hours=1))


# -- hospital infection


def admitted(county, order, *, hours=72, ward="ICU"):
    at = clock.now() - timedelta(hours=hours)
    who = apps.person(f"病{'一二三四五六七八九十'[order]}", order=order)
    apps.receive(county.hospital, apps.record(f"IN{order}", who=who, at=at, department=ward, visit="inpatient"))
    return who


def grew(county, order, who, *, value="鲍曼不动杆菌生长", hours=1, name="痰细菌培养"):
    at = clock.now() - timedelta(hours=hours)
    apps.receive(county.hospital, apps.record(f"C{order}", kind="lab_report", who=who, at=at, department="ICU",
                 results=(apps.result(name, value, at=at, specimen="痰"),)))  # fmt: skip
    apps.deliver()


@pytest.mark.parametrize(
    ("stay", "value", "name", "found"),
    [
        (72, "鲍曼不动杆菌生长", "痰细菌培养", 1),
        (24, "鲍曼不动杆菌生长", "痰细菌培养", 0),  # brought along
        (72, "无细菌生长", "痰细菌培养", 0),
        (72, "未检出致病菌", "痰细菌培养", 0),
        (72, "正常菌群", "痰细菌培养", 0),
        (72, "阳性", "甲型流感病毒抗原", 0),  # no culture
    ],
)
def test_a_growth_after_two_days_is_a_candidate(county, stay, value, name, found):
    who = admitted(county, 1, hours=stay)
    grew(county, 1, who, value=value, name=name)
    assert Matter.objects.filter(kind="infection").count() == found


def test_three_alike_in_a_ward_are_a_cluster_and_no_repeat_makes_a_fourth(county):
    for order in (1, 2):
        grew(county, order, admitted(county, order))
    for _ in range(3):
        grew(county, 2, apps.person("病三", order=2))
    grew(county, 9, admitted(county, 9, ward="呼吸内科"))  # another ward
    grew(county, 8, admitted(county, 8), value="铜绿假单胞菌生长")  # another pathogen
    assert not Matter.objects.filter(kind="infection_cluster").exists()
    grew(county, 3, admitted(county, 3))
    cluster = Matter.objects.get(kind="infection_cluster")
    assert (cluster.department, cluster.topic, cluster.waiting) == ("ICU", "鲍曼不动杆菌", ["workup"])
    grew(county, 4, admitted(county, 4))
    assert Matter.objects.filter(kind="infection_cluster").count() == 1
    control = county.viewer("infection_control")
    with enter(control):
        found = infections.overview(control)
    assert [(one.department, one.pathogen, one.patients, one.reaches) for one in found.wards] == [
        ("ICU", "鲍曼不动杆菌", 4, 3)
    ]
    assert found.numbers["all"] == 6
    assert list(found.limits) == [3, 5, 10]


@pytest.mark.parametrize(
    ("cases", "verdict", "special", "waits"),
    [
        ("3", "outbreak", "no", ["report"]),
        ("3", "suspected", "no", []),  # told inside the hospital only
        ("5", "suspected", "no", ["report"]),
        ("10", "suspected", "no", ["report_major"]),
        ("3", "outbreak", "yes", ["report_major"]),
        ("9", "none", "no", []),
    ],
)
def test_what_is_reported_within_which_hours(county, cases, verdict, special, waits):
    for order in (1, 2, 3):
        grew(county, order, admitted(county, order))
    cluster = Matter.objects.get(kind="infection_cluster")
    given = filled(cases=cases, verdict=verdict, special=special, measures="隔离、手卫生")
    done = do(county, "infection_control", services.take, cluster.id, "workup", given)
    assert done.waiting == waits
    hours = {"report": 12, "report_major": 2}
    for item in WorkItem.objects.filter(subject=cluster.id, kind__startswith="infection_report"):
        assert item.due_at - item.starts_at == timedelta(hours=hours[waits[0]])
    assert not sees(county, "duty_officer", cluster)


# -- screening


def test_a_problem_is_rectified_and_checked_again_until_it_is_mended(county):
    with apps.as_jobs():
        assert calendar.begin_due(clock.today()) == 1
        assert calendar.begin_due(clock.today()) == 0
    matter = Matter.objects.get(kind="screening")
    items = ("triage", "zones", "ventilation", "ppe", "hands", "waste", "isolation", "staff", "reporting")
    given = dict.fromkeys(items, "ok") | {"area": "急诊", "hands": "problem", "what": "洗手液空", "who": "急诊科"}
    picture = b"\xff\xd8\xff\xda\x00\x02picture\xff\xd9"
    control = "infection_control"
    done = do(county, control, services.take, matter.id, "check", filled(**given, files={"photo": [picture]}))
    assert done.waiting == ["rectify"]
    done = do(county, control, services.take, matter.id, "rectify", filled(what="已补充"))
    done = do(county, control, services.take, matter.id, "recheck", filled(passed="no", note="仍空"))
    assert done.waiting == ["rectify"]
    do(county, control, services.take, matter.id, "rectify", filled(what="专人负责"))
    done = do(county, control, services.take, matter.id, "recheck", filled(passed="yes"))
    assert (done.state, done.outcome) == ("closed", "yes")
    client = browser(county, control)
    page = client.get(f"/matters/{matter.id}").content.decode()
    picture_url = page.partition('src="/files/')[2].partition('"')[0]
    shown = client.get(f"/files/{picture_url}")
    assert (shown["Content-Type"], shown.content) == ("image/jpeg", picture)
    assert browser(county, "clinician").get(f"/files/{picture_url}").status_code == 404


def test_without_a_problem_it_ends(county):
    items = ("triage", "zones", "ventilation", "ppe", "hands", "waste", "isolation", "staff", "reporting")
    done = do(county, "infection_control", services.open_matter, "screening",
              filled(area="门诊", **dict.fromkeys(items, "ok")))  # fmt: skip
    assert done.state == "closed"


# -- set-up and the sentinel's week

SETUP = {"grade": "l2", "general": "yes", "infectious": "no", "fever": "clinic", "enteric": "yes", "sentinel": "yes"}
MONDAY = date(2026, 11, 30)


def week(county, day=MONDAY):
    """The report that began on that day is of the week before."""
    do(county, "hospital_desk", services.open_matter, "clinic_setup", filled(**SETUP))
    with clock.frozen(datetime(day.year, day.month, day.day, 8, tzinfo=clock.CHINA)), apps.as_jobs():
        calendar.begin_due(day)
    return Matter.objects.get(kind="sentinel_week")


def test_the_rate_of_departments_of_infectious_diseases_goes_by_the_latest_form(county):
    do(county, "hospital_desk", services.open_matter, "clinic_setup", filled(**SETUP))
    do(county, "other_hospital_desk", services.open_matter, "clinic_setup", filled(**{**SETUP, "infectious": "yes"}))
    officer = county.viewer("epidemiologist")
    with enter(officer):
        found = setups.infectious(setups.setups(officer))
        assert {name: len(of) for name, of in found.items()} == {"counted": 2, "having": 1, "lacking": 1}
        assert str(found["lacking"][0].matter.organisation) == "梅陇人民医院"
    do(county, "hospital_desk", services.open_matter, "clinic_setup", filled(**{**SETUP, "infectious": "yes"}))
    with enter(officer):
        assert len(setups.infectious(setups.setups(officer))["having"]) == 2


def test_the_week_is_counted_from_the_records_by_age(county):
    matter = week(county)
    assert matter.topic == "2026-11-23"
    day = datetime(2026, 11, 25, 9, tzinfo=clock.CHINA)
    with clock.frozen(datetime(2026, 11, 25, 12, tzinfo=clock.CHINA)):
        for order, years in enumerate((2, 3, 30, 70), 1):
            who = apps.person(f"某{order}", date(2026 - years, 1, 1), order=order)
            complaint = "发热38.9℃，咳嗽" if years in (2, 30) else "膝痛"
            apps.receive(county.hospital, apps.record(f"V{order}", who=who, at=day, complaint=complaint))
        apps.deliver()
    desk = county.viewer("hospital_desk")
    with enter(desk):
        found = sentinel.counted(desk, date(2026, 11, 23))
    assert Visit.objects.count() == 4
    assert {key: found[key] for key in ("visits_0", "ili_0", "visits_25", "ili_25", "visits_60", "ili_60")} == {
        "visits_0": 2, "ili_0": 1, "visits_25": 1, "ili_25": 1, "visits_60": 1, "ili_60": 0,
    }  # fmt: skip


def test_a_missing_report_is_chased_and_the_cdc_sees_the_rate(county):
    matter = week(county)
    officer = county.viewer("epidemiologist")
    with clock.frozen(datetime(2026, 12, 1, 9, tzinfo=clock.CHINA)), enter(officer):
        assert [(one.answers, one.late) for one in sentinel.reports(officer)] == [({}, True)]
    counts = {
        f"{name}_{age}": "10" if name == "visits" else "1" for name in ("visits", "ili") for age in sentinel.ages()
    }
    more = {"admissions": "5", "sari": "1", "diarrhoea": "2", "samples": "12"}
    with pytest.raises(Unfilled):
        do(county, "hospital_desk", services.take, matter.id, "report", filled(**{**counts, **more, "ili_0": "11"}))
    do(county, "hospital_desk", services.take, matter.id, "report", filled(**counts, **more))
    with clock.frozen(datetime(2026, 12, 1, 9, tzinfo=clock.CHINA)), enter(officer):
        report = sentinel.reports(officer)[0]
    assert (report.ili, report.visits, report.by_age()[0]) == (5, 50, (0, 1, 10))
    counted = sentinel.counted_as([report])
    assert {name: len(of) for name, of in counted.items()} == {
        "all": 1,
        "missing": 0,
        "late": 0,
        "tasks": 1,
        "short": 1,
    }
    figures = {one.label: one.value for one in infection_words.week_figures(counted, QueryDict())}
    assert figures["采样/任务"] == "12/20"


def test_the_pages(county):
    matter = week(county, clock.today())
    for order in (1, 2, 3):
        grew(county, order, admitted(county, order))
    cluster = Matter.objects.get(kind="infection_cluster")
    control, officer, desk = (
        browser(county, name) for name in ("infection_control", "epidemiologist", "hospital_desk")
    )
    page = control.get("/infections/").content.decode()
    assert "鲍曼不动杆菌" in page
    assert f"/matters/{cluster.id}" in page
    assert officer.get("/infections/").status_code == 403
    assert "梅陇人民医院" in officer.get("/sentinel/").content.decode()
    assert "0% (0/1)" in officer.get("/clinics/setup?show=lacking").content.decode()
    assert 'name="visits_0"' in desk.get(f"/matters/{matter.id}/report").content.decode()
    assert desk.get("/matters/new/no_such_kind").status_code == 404
    assert desk.get(f"/matters/{matter.id}/no_such_step").status_code == 404
    assert desk.get("/matters/?kind=nonsense&state=nonsense&at=nonsense").status_code == 200
