"""The audit of a hospital's nights: what is listed, what stays, what a person's answer does."""

from datetime import timedelta

import pytest

from tests import apps
from tests.reporting.test_national import export, row
from yifang.apps.accounts.viewers import enter
from yifang.apps.intake.models import Feed
from yifang.apps.intake.services import take_bytes
from yifang.apps.ledger.services import NODE
from yifang.apps.reporting.missed import readings, running
from yifang.apps.reporting.models import AbnormalResult, AuditLine, Reading, ResultState, Suspicion
from yifang.apps.reporting.services import dismiss
from yifang.apps.work.models import WorkItem
from yifang.formats import canonical
from yifang.kernel import clock

FLU = (("J10.101", "流行性感冒"),)


@pytest.fixture
def county(db):
    made = apps.county()
    with apps.as_jobs():
        Feed.objects.create(code="nidris", name="大疫情网导出", organisation=made.cdc)
    return made


def visit(key, order, days_ago=5, **more):
    at = clock.now() - timedelta(days=days_ago)
    who = apps.person(f"患者{order}", order=order)
    return apps.record(key, who=who, at=at, **({"diagnoses": FLU} | more))


def receive(county, *records):
    with apps.as_jobs():
        apps.receive(county.hospital, *records)
    apps.deliver()


def take_cards(county, *rows):
    with apps.as_jobs():
        take_bytes(export(*rows), f"export{len(rows)}.csv", Feed.objects.get(code="nidris"), NODE)
    apps.deliver()


def card(order, days_ago=5, hours=3, **more):
    at = (clock.now() - timedelta(days=days_ago)).astimezone(clock.CHINA)
    given = {
        "disease": "流行性感冒", "name": f"患者{order}", "id_no": f"'{apps.id_no(order=order)}",
        "onset_date": f"{at - timedelta(days=1):%Y-%m-%d}", "diagnosis_datetime": f"{at:%Y-%m-%d %H:%M}",
        "entry_time": f"{at + timedelta(hours=hours):%Y-%m-%d %H:%M}", "county_audit_time": ".",
        "audit_state": "未审核卡", "case_class": "临床诊断病例",
    }  # fmt: skip
    return row(str(order), **(given | more))


def audit(county):
    today = clock.today()
    with apps.as_jobs():
        made = running.run(county.hospital, today - timedelta(days=30), today)
    return made, {line.record.payload["encounter"]["id"]: line for line in AuditLine.objects.select_related("record")}


def test_a_night_says_of_each_visit_what_became_of_it(county):
    receive(county, *[visit(f"V{n}", n) for n in range(1, 5)], visit("V5", 5, days_ago=0))
    take_cards(county, card(1), card(2, hours=40), card(3, report_org="浦江中心医院", days_ago=6))
    made, lines = audit(county)
    kinds = {key: line.kind for key, line in lines.items()}
    assert kinds == {
        "V1": "reported", "V2": "late", "V3": "reported_elsewhere", "V4": "missed", "V5": "waiting",
    }  # fmt: skip
    assert 15 * 60 <= lines["V2"].minutes <= 17 * 60
    assert made.numbers["records"] == {"his": 5}
    assert made.read_again == 0
    assert lines["V4"].evidence[0]["text"]
    assert WorkItem.objects.filter(kind="audit_check", state="open").count() == 1


def test_run_again_it_changes_nothing_and_a_persons_answer_stays(county):
    receive(county, visit("V1", 1), visit("V2", 2))
    _, before = audit(county)
    AuditLine.objects.filter(id=before["V1"].id).update(answer="not_a_case", why="外院确诊后转入")
    _, after = audit(county)
    assert {line.id for line in before.values()} == {line.id for line in after.values()}
    assert (after["V1"].answer, after["V1"].kind) == ("not_a_case", "missed")
    take_cards(county, card(2))
    _, last = audit(county)
    assert last["V2"].kind == "reported"
    assert last["V2"].id == before["V2"].id


def test_what_intake_never_read_is_read_by_night(county):
    receive(county, visit("V1", 1))
    with apps.as_jobs():
        Reading.objects.all().delete()
    made, lines = audit(county)
    assert made.read_again == 1
    assert lines["V1"].kind == "missed"
    Reading.objects.update(digest="of other packs")
    assert audit(county)[0].read_again == 1
    assert Reading.objects.get().digest == readings.digest()


def test_a_visit_without_number_is_not_missed_when_its_person_was_reported(county):
    who = apps.person("患者1", number="", order=1)
    at = clock.now() - timedelta(days=5)
    receive(county, apps.record("V1", who=who, at=at, diagnoses=FLU))
    take_cards(county, card(1))
    assert audit(county)[1]["V1"].kind == "reported"


def test_evidence_taken_back_leaves_the_line_and_says_so(county):
    receive(county, visit("V1", 1))
    assert audit(county)[1]["V1"].kind == "missed"
    receive(county, visit("V1", 1, status="cancelled"))
    audit(county)
    assert AuditLine.objects.get().kind == "gone"


def result(value="阳性"):
    return canonical.Result(
        (), "甲型流感病毒核酸", value, "r1", reference_range="阴性", specimen="咽拭子", panel="流感病毒核酸检测"
    )  # fmt: skip


def test_a_positive_result_waits_for_a_doctor_and_follows_the_answer(county):
    receive(county, visit("L1", 1, kind="lab_report", diagnoses=(), results=(result(),)))
    line = AbnormalResult.objects.get()
    assert (line.state, line.source, line.told_at is not None) == (ResultState.WAITING, "lis", True)
    desk = county.viewer("hospital_desk")
    with enter(desk):
        dismiss(Suspicion.objects.get().id, desk, code="past", note="上周已愈")
    apps.deliver()
    line.refresh_from_db()
    assert (line.state, line.reason) == (ResultState.NO_CARD, "past 上周已愈")
    assert line.confirmed_by_id == county.users["hospital_desk"].pk
