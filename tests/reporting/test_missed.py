"""The audit of a hospital's nights: what is listed, what stays, what a person's answer does."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from docx import Document
from openpyxl import load_workbook

from tests import apps
from tests.reporting.district import BACKEND
from tests.reporting.test_national import export, row
from yifang.apps.accounts.viewers import enter
from yifang.apps.intake.models import Feed, Quarantined
from yifang.apps.intake.services import take_bytes
from yifang.apps.ledger.services import NODE
from yifang.apps.reporting.missed import answering, criticals, readings, running
from yifang.apps.reporting.models import AbnormalResult, AuditLine, AuditSample, Card, Reading, ResultState, Suspicion
from yifang.apps.reporting.services import dismiss
from yifang.apps.reporting.services.trials import go_live, start_trial
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


def test_a_garbled_name_is_not_missed_when_its_number_was_reported(county):
    at = clock.now() - timedelta(days=5)
    receive(county, apps.record("V1", who=apps.person("鎮ｈ€", order=1), at=at, diagnoses=FLU))
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


def test_a_regimen_of_several_orders_is_found_and_a_vitamin_beside_one_drug_is_none(county):
    def orders(n, *names):
        return [
            visit(f"D{n}{name}", n, kind="order", diagnoses=(), drugs=(canonical.Drug((), name, "drug"),))
            for name in names
        ]

    receive(county, *orders(1, "异烟肼片", "利福平胶囊", "吡嗪酰胺片"), *orders(2, "利福平胶囊", "维生素B6片"))
    _, lines = audit(county)
    assert {(line.kind, line.disease, line.source) for line in lines.values()} == {
        ("missed", "pulmonary_tb", "pharmacy")
    }  # fmt: skip
    assert len(lines) == 1


def test_a_result_in_quarantine_is_not_held_against_the_card(county):
    at = clock.now() - timedelta(days=5)
    report = visit("VISIT0002", 2, kind="lab_report", diagnoses=(), results=(result(),))
    receive(county, visit("VISIT0001", 1), visit("VISIT0002", 2), report)
    take_cards(county, card(1, case_class="确诊病例"), card(2, case_class="确诊病例"))
    _, lines = audit(county)
    assert (lines["VISIT0001"].kind, lines["VISIT0001"].reason) == ("wrong_class", "class_without_result")
    with apps.as_jobs():
        lab = Feed.objects.create(code="lis", name="检验", organisation=county.hospital)
        broken = f"MSH|^~\\&|LIS|H|YIFANG|CDC|{at:%Y%m%d%H%M}||ORU^R01|RVISIT0001|P|2.5\rPI\r".encode()
        take_bytes(broken, "broken.hl7", lab, NODE)
        assert Quarantined.objects.count() == 1
    _, lines = audit(county)
    assert (lines["VISIT0001"].kind, lines["VISIT0001"].reason) == ("reported", "result_unread")


@pytest.fixture
def audited(county):
    receive(county, *[visit(f"V{n}", n) for n in range(1, 4)], visit("L1", 4, kind="lab_report", results=(result(),)))
    take_cards(county, card(1), card(2, hours=40))
    return audit(county)[1]


def sign_in(county, name):
    client = Client()
    client.force_login(county.users[name], backend=BACKEND)
    return client


def test_the_desk_works_the_list_and_the_district_sees_no_person(county, audited):
    desk, district = sign_in(county, "hospital_desk"), sign_in(county, "epidemiologist")
    page = desk.get("/missed/?tab=missed").content.decode()
    assert audited["V3"].person.masked_name in page
    seen = district.get("/missed/?tab=missed").content.decode()
    assert "梅陇人民医院" in seen
    opened = district.get(f"/missed/{audited['V3'].id}").content.decode()
    assert audited["V3"].person.masked_name not in seen + opened
    assert "流行性感冒" in opened
    own = desk.get(f"/missed/{audited['V3'].id}").content.decode()
    assert "clinician" in own
    assert "clinician" not in opened
    for name in ("clinician", "other_hospital_desk", "neighbour_epidemiologist"):
        assert sign_in(county, name).get(f"/missed/{audited['V3'].id}").status_code in (403, 404)


def test_an_answer_needs_its_reason_and_ends_the_work(county, audited):
    desk = sign_in(county, "hospital_desk")
    for key in ("V3", "L1"):
        desk.post(f"/missed/{audited[key].id}/answer", {"answer": "not_a_case", "why": ""})
        assert AuditLine.objects.get(id=audited[key].id).answer == ""
        desk.post(f"/missed/{audited[key].id}/answer", {"answer": "not_a_case", "why": "外院转入"})
        assert AuditLine.objects.get(id=audited[key].id).answer == "not_a_case"
    assert not WorkItem.objects.filter(kind="audit_check", state="open").exists()
    assert sign_in(county, "epidemiologist").post(
        f"/missed/{audited['V3'].id}/answer", {"answer": "should_report"}
    ).status_code == 403  # fmt: skip


def test_back_filling_opens_a_filled_card_with_the_first_diagnosis(county, audited):
    desk = sign_in(county, "hospital_desk")
    line = audited["V3"]
    answer = desk.post(f"/missed/{line.id}/card")
    made = Card.objects.get(id=answer.url.split("/")[2])
    assert (made.disease, made.diagnosed_at) == ("influenza", line.since.replace(second=0, microsecond=0))
    assert made.report_due_at < clock.now()
    assert desk.post(f"/missed/{line.id}/card").url == answer.url
    line.refresh_from_db()
    assert (line.answer, line.card_id) == ("back_filled", made.id)


def test_a_line_without_suspicion_is_back_filled_from_its_record(county, audited):
    with apps.as_jobs():
        Suspicion.objects.filter(person=audited["V3"].person).update(state="withdrawn")
    made = answering.back_fill(audited["V3"].id, county.viewer("hospital_desk"))
    assert (made.disease, made.person_id) == ("influenza", audited["V3"].person_id)


def test_rates_by_department_open_to_their_lines(county, audited):
    page = sign_in(county, "hospital_desk").get("/missed/rates").content.decode()
    assert "50.0%" in page  # two of four, on either side
    assert "15.0%–85.0%" in page  # Wilson's of 2 in 4
    assert "department=" in page
    assert sign_in(county, "epidemiologist").get("/missed/rates").status_code == 200


def test_a_sample_is_drawn_reviewed_and_gives_an_interval(county, audited):
    desk = sign_in(county, "hospital_desk")
    today = clock.today()
    answer = desk.post("/missed/samples", {"since": today - timedelta(days=30), "until": today, "size": "50"})
    apps.deliver()
    sample = AuditSample.objects.get()
    assert (sample.population, sample.items.count()) == (4, 4)
    assert audited["V3"].get_kind_display() not in desk.get(answer.url).content.decode().split("y-panel")[1][:200]
    for item in sample.items.order_by("number"):
        found = "missed" if item.record_id == audited["V3"].record_id else "nothing"
        desk.post(f"/missed/samples/items/{item.id}", {"found": found, "disease": "influenza", "back": answer.url})
    sample.refresh_from_db()
    assert sum(one["missed"] for one in sample.strata) == 1
    assert "25.0%" in desk.get(answer.url).content.decode()
    seen = sign_in(county, "epidemiologist").get(answer.url).content.decode()
    assert audited["V3"].person.masked_name not in seen
    assert "25.0%" in seen


def test_the_register_of_results_goes_out_as_a_workbook(county, audited):
    desk = sign_in(county, "hospital_desk")
    assert "甲型流感病毒核酸" in desk.get("/missed/results").content.decode()
    answer = desk.post("/missed/results/export", {})
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert [cell.value for cell in book.worksheets[0][1]][:4] == ["序号", "患者", "性别", "出生日期"]
    assert "甲型流感病毒核酸" in str([cell.value for cell in book.worksheets[0][2]])
    lines = desk.post("/missed/export", {"tab": "missed"})
    rows = load_workbook(io.BytesIO(b"".join(lines.streaming_content))).worksheets[0]
    assert rows.max_row == 3
    assert sign_in(county, "epidemiologist").get("/missed/results").status_code == 403


def test_a_quiet_trial_is_audited_for_the_hospital_alone(county):
    with apps.as_jobs():
        start_trial(county.hospital, 30, NODE)
    receive(county, visit("V1", 1))
    _, lines = audit(county)
    assert (lines["V1"].kind, lines["V1"].area) == ("missed", "")
    assert not WorkItem.objects.filter(kind="audit_check", state="open").exists()
    assert "静默试运行" in sign_in(county, "hospital_desk").get("/missed/").content.decode()
    rates = sign_in(county, "epidemiologist").get("/missed/rates").content.decode()
    assert "这段时间没有应报的病例" in rates
    with apps.as_jobs():
        go_live(county.hospital, NODE)
    _, lines = audit(county)
    assert lines["V1"].area == county.hospital.area_code
    assert WorkItem.objects.filter(kind="audit_check", state="open").count() == 1


def test_the_report_on_paper_says_the_rate_with_its_interval_and_names_nobody(county, audited):
    today = clock.today()
    span = {"since": str(today - timedelta(days=30)), "until": str(today)}
    for name in ("hospital_desk", "epidemiologist"):
        got = sign_in(county, name).post("/missed/report", span)
        document = Document(io.BytesIO(got.content))
        text = "\n".join(one.text for one in document.paragraphs)
        cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
        assert "应报 4 例，漏报 2 例" in text
        assert "50.0%（95% 区间 15.0%–85.0%）" in text
        assert {"流行性感冒", "儿科", "15.0%–85.0%", "迟 16 小时"} <= cells
        assert not any("患" in one and "*" in one for one in cells)
    assert sign_in(county, "clinician").post("/missed/report", span).status_code == 403


def test_the_quality_page_shows_the_missed_rate_and_opens_it(county, audited):
    page = sign_in(county, "hospital_desk").get("/quality/").content.decode()
    assert "2/4 · 15.0%–85.0%" in page
    assert "/missed/rates?since=" in page


def critical(name="钾", value="7.1", flag="HH", **more):
    return canonical.Result((), name, value, "r2", unit="mmol/L", flags=(flag,), panel="电解质", **more)


def test_a_critical_value_is_registered_until_somebody_says_what_was_done(county):
    report = {"kind": "lab_report", "diagnoses": ()}
    receive(
        county, visit("L1", 1, days_ago=2, results=(critical(), critical("钠", "139", "N")), **report),
        visit("L2", 2, days_ago=0, results=(critical(value="2.2", flag="LL"),), **report),
    )  # fmt: skip
    one = AbnormalResult.objects.get(record__key__isnull=False, item="钾 7.1 mmol/L")
    assert (one.state, one.critical, one.disease) == (ResultState.WAITING, True, "")
    assert AbnormalResult.objects.count() == 2
    with apps.as_jobs():
        assert criticals.remind() == 1
        assert criticals.remind() == 1
    item = WorkItem.objects.get(kind="critical_check", state="open")
    assert "1" in item.title  # the one of today may still be answered in time
    desk = sign_in(county, "hospital_desk")
    page = desk.get(f"/missed/results/of/{county.hospital.id}", follow=True).content.decode()
    assert "钾 7.1 mmol/L" in page
    assert desk.post(f"/missed/results/{one.id}/confirm", {"note": " "}).status_code == 302
    one.refresh_from_db()
    assert one.state == ResultState.WAITING
    desk.post(f"/missed/results/{one.id}/confirm", {"note": "已复查并处理"})
    one.refresh_from_db()
    assert (one.state, one.reason, one.confirmed_by_id) == (
        ResultState.NO_CARD, "已复查并处理", county.users["hospital_desk"].pk,
    )  # fmt: skip
    assert not WorkItem.objects.filter(kind="critical_check", state="open").exists()


def test_a_critical_value_that_a_suspicion_asks_for_is_one_line(county):
    positive = replace(result(), flags=("AA",))
    receive(county, visit("L1", 1, kind="lab_report", diagnoses=(), results=(positive,)))
    line = AbnormalResult.objects.get()
    assert (line.critical, line.disease, line.suspicion_id is not None) == (True, "influenza", True)
    with apps.as_jobs():
        assert criticals.remind() == 0
