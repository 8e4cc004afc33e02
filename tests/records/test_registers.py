"""The registers that a hospital keeps: what stands in them, what is missing, who may look, and what leaves."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta

import openpyxl
import pytest

from tests import apps
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.models import Entry
from yifang.apps.records import registers
from yifang.apps.records.registers.reading import picked, rows_of
from yifang.formats import canonical
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError
from yifang.knowledge import load

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 11, 23, 9, 30, tzinfo=clock.CHINA)


@pytest.fixture
def county() -> apps.County:
    return apps.county()


def visit(key: str, at: datetime = DAY, name: str = "陈小宝", **more) -> canonical.Record:
    made = apps.record(
        key, at=at, diagnoses=(("B08.401", "手足口病"),), who=apps.person(name, **more.pop("who", {})), **more
    )
    onset = replace(made.diagnoses[0], onset=canonical.Moment("2026-11-22", "day"))
    return replace(made, diagnoses=(onset,), encounter=replace(made.encounter, clinician="李医生"))


def page(county, register: str, name: str = "hospital_desk", **more) -> list[registers.Line]:
    viewer = county.viewer(name, more.pop("purpose", ""))
    with enter(viewer):
        return registers.page(register, more.pop("day", DAY.date()), viewer, **more)


def test_the_outpatient_log_has_what_is_asked_for_and_says_what_is_missing(county):
    full = visit("A", who={"occupation": "散居儿童", "guardian": "陈父"})
    bare = replace(visit("B", at=DAY + timedelta(hours=1), name="王五", who={"number": ""}), diagnoses=())
    apps.receive(county.hospital, full, bare, visit("C", at=DAY - timedelta(days=1)))
    later, first = page(county, "outpatient")
    assert first.values == {
        "visit_no": "A", "department": "儿科", "clinician": "李医生", "occupation": "散居儿童", "diagnosis": "手足口病",
        "visited_at": "2026-11-23 09:30", "onset": "2026-11-22", "visit_order": "复诊", "name": "陈*宝", "sex": "男",
        "age": "5岁", "phone": first.values["phone"], "address": apps.DISTRICT, "guardian": "…",
    }  # fmt: skip
    assert first.row.missing == ()
    assert set(later.row.missing) == {"occupation", "diagnosis", "onset"}
    assert [line.record.id for line in page(county, "outpatient", gaps=True)] == [later.record.id]
    assert page(county, "outpatient", department="骨科") == []
    (only,) = page(county, "outpatient", day=DAY.date() - timedelta(days=1))
    assert only.values["visit_order"] == "初诊"


def test_with_a_purpose_identity_is_open_and_judged(county):
    apps.receive(county.hospital, visit("A", who={"address": "", "guardian": ""}))
    (line,) = page(county, "outpatient", purpose="asked:quality")
    assert line.values["name"] == "陈小宝"
    assert set(line.row.missing) == {"address", "guardian", "occupation"}


def test_an_inpatient_is_in_two_registers_each_on_its_day(county):
    stay = visit("S", at=DAY - timedelta(days=9), visit="inpatient")
    end = canonical.Moment("2026-11-23T11:00", "minute")
    apps.receive(county.hospital, replace(stay, encounter=replace(stay.encounter, end=end)))
    assert page(county, "outpatient") == []
    assert page(county, "admissions") == []
    (came,) = page(county, "admissions", day=DAY.date() - timedelta(days=9))
    (left,) = page(county, "discharges")
    assert (came.values["admitted_at"], left.values["discharged_at"]) == ("2026-11-14 09:30", "2026-11-23 11:00")
    assert "outcome" in left.row.missing  # no source has it yet


def test_a_visit_that_two_systems_tell_of_stands_once(county):
    log = visit("A", who={"occupation": "散居儿童"})
    note = replace(visit("A2"), encounter=log.encounter, diagnoses=())  # the medical record of the same visit
    other = replace(log, key="A3", diagnoses=(replace(log.diagnoses[0], text="上呼吸道感染"),))
    apps.receive(county.hospital, log, note, other)
    (line,) = page(county, "outpatient")
    assert set(line.values["diagnosis"].split("；")) == {"手足口病", "上呼吸道感染"}
    assert line.row.missing == ()


def test_only_abnormal_results_are_registered_with_what_they_point_to(county):
    lab = apps.cholera_report("L")
    normal = replace(lab, key="N", results=tuple(replace(one, value="阴性", value_codes=()) for one in lab.results))
    apps.receive(county.hospital, lab, normal)
    day = page_day(lab)
    lines = page(county, "laboratory", day=day)
    assert {line.values["meaning"] for line in lines} == {"霍乱"}
    assert {line.row.disease for line in lines} == {"cholera"}


def page_day(record):
    return datetime.fromisoformat(record.at.iso[:10]).date()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("右上肺空洞影，周围卫星灶，考虑继发性肺结核", "空洞"), ("双肺未见实变、空洞", ""), 
        ("未见肺炎征象。右下肺斑片影", "斑片"),
        ("胸廓对称，双肺纹理清晰", ""), ("排除肺结核", ""), ("双肺多发磨玻璃影", "磨玻璃"),
    ],
)  # fmt: skip
def test_an_imaging_report_is_picked_by_words_that_it_does_not_take_back(text, word):
    pack = load().registers
    assert picked(text, pack.imaging_words, pack.not_before) == word


def test_imaging_is_registered_from_reports_and_from_notes_of_visits(county):
    made = visit("X")
    note = canonical.Note("imaging", "胸片示右下肺斑片影", "row[2].影像所见")
    assert [row.values["word"] for row in rows_of("imaging", replace(made, notes=(note,)))] == ["斑片"]
    assert rows_of("imaging", made) == []
    assert rows_of("imaging", replace(made, notes=(note,), status="cancelled")) == []


def test_a_page_ends_where_the_next_begins_and_nobody_is_twice(county):
    apps.receive(
        county.hospital, *(visit(f"V{n}", at=DAY + timedelta(minutes=n // 3), name=f"张{n}") for n in range(23))
    )
    seen, after = [], None
    while True:
        lines = page(county, "outpatient", after=after, limit=5)
        seen += [line.values["visit_no"] for line in lines[:5]]
        if len(lines) <= 5:
            break
        after = (lines[4].record.at, lines[4].record.id)
    assert sorted(seen) == sorted(f"V{n}" for n in range(23))


def test_only_the_hospitals_own_desk_looks_and_each_look_is_kept(county):
    apps.receive(county.hospital, visit("A"))
    assert page(county, "outpatient", name="other_hospital_desk") == []
    for name in ("clinician", "hospital_lab", "epidemiologist", "administrator", "stranger"):
        with pytest.raises(NotAllowed):
            page(county, "outpatient", name=name)
    with pytest.raises(NotFound):
        page(county, "births")
    page(county, "outpatient")
    entry = Entry.objects.filter(kind="register.viewed").order_by("-id").first()
    assert entry.facts == {"register": "outpatient", "day": "2026-11-23", "rows": 1}


def test_other_apps_read_a_hospitals_register_as_jobs(county):
    apps.receive(county.hospital, visit("A"))
    with apps.as_jobs():
        (line,) = registers.entries("outpatient", county.hospital.scope, DAY.date() - timedelta(days=3), DAY.date())
        assert line.values["diagnosis"] == "手足口病"
        assert list(registers.entries("outpatient", county.other_hospital.scope, DAY.date(), DAY.date())) == []


def test_the_page_in_both_languages_and_what_leaves_as_a_table(county, client):
    apps.receive(county.hospital, visit("A", name="=cmd()|x"), visit("B", at=DAY + timedelta(hours=2)))
    client.force_login(county.users["hospital_desk"])
    page = client.get("/registers/?day=2026-11-23").content.decode()
    assert "门诊日志" in page
    assert "缺" in page
    assert "凭了解归纳" in page  # every column is inferred, and says so
    client.cookies["django_language"] = "en"
    assert "Outpatient log" in client.get("/registers/?day=2026-11-23").content.decode()
    client.cookies["django_language"] = "zh-hans"
    assert "这一天没有要登记的" in client.get("/registers/?day=2020-01-01").content.decode()
    assert client.get("/registers/?register=births").status_code == 404
    told = {"register": "outpatient", "first": "2026-11-23", "last": "2026-11-23", "purpose": "quality"}
    book = client.post("/registers/export", told | {"as": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(book.streaming_content))).worksheets[0]
    assert {row[1].value for row in sheet.iter_rows(min_row=2)} == {"=cmd()|x", "陈小宝"}
    text = client.post("/registers/export", told | {"as": "csv"}).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert {row[1] for row in rows[1:]} == {"'=cmd()|x", "陈小宝"}
    assert client.post("/registers/export", {**told, "purpose": ""}).status_code == 400
    assert client.post("/registers/export", {**told, "first": "2026-01-01"}).status_code == 400
    kept = Entry.objects.filter(kind="register.exported").order_by("id").first()
    assert (kept.facts["rows"], kept.purpose) == (2, "asked:quality")


def test_an_export_without_a_purpose_is_refused(county):
    viewer = county.viewer("hospital_desk")
    with enter(viewer), pytest.raises(UserError):
        registers.export("outpatient", DAY.date(), DAY.date(), viewer)
