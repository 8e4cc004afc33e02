"""Two views of one visit, a log and a medical record: neither takes away what the other knows, in any order."""

from __future__ import annotations

import itertools

import pytest

from tests import apps
from yifang import formats
from yifang.apps.intake.models import Feed
from yifang.apps.intake.services.batches import open_batch, take
from yifang.apps.ledger.services import NODE
from yifang.apps.records import registers
from yifang.apps.records.models import Record
from yifang.apps.records.visits import whole
from yifang.formats.storage import from_json
from yifang.formats.tabular import read_rows

pytestmark = pytest.mark.django_db
WHO = {"就诊号": "V1", "姓名": "王晓", "性别": "女", "出生日期": "1980-01-01", "就诊时间": "2026-11-14 09:00"}
LOG = WHO | {
    "职业": "农民", "科室": "感染科", "医生": "石磊", "医生工号": "D103", "就诊类型": "急诊", "诊断编码": "",
    "诊断名称": "流行性感冒", "发病日期": "2026-11-12", "初复诊": "复诊", "体温": "38.5",
}  # fmt: skip
EMR = WHO | {"诊断名称": "流行性感冒", "主诉": "发热1天", "现病史": "昨日起发热。", "体格检查": "咽红。"}
CODED = {"诊断编码": "J10.101"}
NO_ONSET = LOG | {"发病日期": "", "职业": ""}
EMR_LATER = EMR | {"现病史": ""}
KNOWN = {"onset": "2026-11-12", "occupation": "农民", "kind": "emergency", "doctor": "石磊 D103", "order": "复诊",
         "notes": {"发热1天", "昨日起发热。", "咽红。", "体温38.5℃"}}  # fmt: skip
OF_LOG = KNOWN | {"onset": "", "occupation": ""}
OF_EMR = KNOWN | {"notes": {"发热1天", "咽红。", "体温38.5℃"}}
# what arrives → (what stands, versions)
ORDERS = {
    "log, emr": ([LOG, EMR], KNOWN, 2),
    "emr, log": ([EMR, LOG], KNOWN, 2),
    "log, emr, log corrected": ([LOG, EMR, NO_ONSET], OF_LOG, 3),
    "log, log corrected, emr": ([LOG, NO_ONSET, EMR], OF_LOG, 3),
    "emr, log, log corrected": ([EMR, LOG, NO_ONSET], OF_LOG, 3),
    "log, emr, emr corrected": ([LOG, EMR, EMR_LATER], OF_EMR, 3),
    "emr, log, emr corrected": ([EMR, LOG, EMR_LATER], OF_EMR, 3),
    "emr, emr corrected, log": ([EMR, EMR_LATER, LOG], OF_EMR, 3),
    "both again and again": ([LOG, EMR, LOG, EMR, EMR, LOG], KNOWN, 2),
    "corrected and back": ([LOG, EMR, NO_ONSET, EMR, LOG], KNOWN, 4),
    "both with a code": ([LOG | CODED, EMR | CODED], KNOWN, 2),
    "both with a code, emr first": ([EMR | CODED, LOG | CODED, EMR | CODED], KNOWN, 2),
}


@pytest.fixture
def county() -> apps.County:
    return apps.county()


def come(county: apps.County, *rows: dict[str, str], feed: str = "his", at_once: bool = False) -> int:
    """The rows through a feed, in a batch each or in one. Returns how many were repeats."""
    one = Feed.objects.get_or_create(code=feed, defaults={"name": feed, "organisation": county.hospital})[0]
    items = [item for row in rows for item in read_rows(list(row), [list(row.values())])]
    assert all(item.records for item in items), items
    repeats = 0
    with apps.as_jobs():
        for part in [items] if at_once else [[item] for item in items]:
            number = next(_batches)
            repeats += take(open_batch(one, f"{number}", number.to_bytes(32, "big")), part, NODE).repeats
    return repeats


_batches = itertools.count(1)


def told(row: Record) -> dict[str, object]:
    said = from_json(row.payload)
    visit = said.encounter
    (diagnosis,) = said.diagnoses
    return {
        "onset": diagnosis.onset.day if diagnosis.onset else "", "occupation": said.person.occupation,
        "kind": visit.kind, "doctor": f"{visit.clinician} {visit.clinician_id}", "order": visit.order,
        "notes": {note.text for note in said.notes},
    }  # fmt: skip


@pytest.mark.parametrize("at_once", [False, True], ids=["one by one", "in one chunk"])
@pytest.mark.parametrize(("rows", "stands", "versions"), ORDERS.values(), ids=ORDERS)
def test_what_a_view_does_not_have_it_does_not_take_away(county, rows, stands, versions, at_once):
    repeats = come(county, *rows, at_once=at_once)
    kept = list(Record.objects.order_by("version"))
    assert [one.current for one in kept] == [False] * (versions - 1) + [True]
    assert told(kept[-1]) == stands
    assert repeats == len(rows) - versions
    assert (kept[-1].clinician_no, kept[-1].department) == ("D103", "感染科")


def test_a_view_says_nothing_again_after_a_column_came_to_another(county):
    come(county, LOG, EMR, feed="one")
    assert come(county, LOG | {"备注": "已电话随访"}, EMR, feed="two") == 1
    assert told(Record.objects.get(current=True))["notes"] == KNOWN["notes"] | {"已电话随访"}


def test_the_register_has_both_where_only_the_log_gives_a_code(county):
    come(county, EMR, LOG | CODED)
    day = Record.objects.earliest("at").at.date()
    with apps.as_jobs():
        (line,) = registers.entries("outpatient", county.hospital.scope, day, day)
    assert (line.values["occupation"], line.values["onset"]) == ("农民", "2026-11-12")
    assert Record.objects.filter(current=True).count() == 2


def test_a_message_or_a_record_of_the_interface_is_the_whole_report(county):
    (item,) = read_rows(list(LOG), [list(LOG.values())])
    come(county, LOG)
    bare = formats.canonical.Record(
        "encounter", item.records[0].key, "final", formats.canonical.Source("json"), item.records[0].person,
        item.records[0].encounter, item.records[0].at,
    )  # fmt: skip
    apps.receive(county.hospital, bare)
    assert from_json(Record.objects.get(current=True).payload).diagnoses == ()


def test_a_draft_knows_what_any_record_of_the_visit_says(county):
    come(county, EMR, LOG | CODED)
    for row in Record.objects.all():
        said = whole(row)
        assert {one.onset.day for one in said.diagnoses if one.onset} == {"2026-11-12"}
        assert (said.person.occupation, said.encounter.clinician) == ("农民", "石磊")
        assert {note.text for note in said.notes} == KNOWN["notes"]
