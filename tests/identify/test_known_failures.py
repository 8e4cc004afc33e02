"""Failures that such systems are known for, as far as the engine is concerned: each told in its own words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from yifang import formats
from yifang.formats.canonical import Code, Diagnosis, Encounter, Note, Record, Result
from yifang.identify import PersonContext, Reported


def diseases(identifier, *records: Record) -> list[list[str]]:
    return [sorted(one.disease for one in outcome.suspicions) for outcome in identifier.identify(list(records))]


def hl7(*segments: str) -> bytes:
    head = "MSH|^~\\&|LIS|HOSP|YF|CDC|20261123081500||{}|1|P|2.5|||||CHN|UTF-8"
    kind = "ADT^A04" if any(one.startswith("PV2") for one in segments) else "ORU^R01"
    rows = [head.format(kind), "PID|1||M01^^^HOSP^MR||测试^一||19800101|F", "PV1|1|O|NK^^^HOSP", *segments]
    return ("\r".join(rows) + "\r").encode()


def read(identifier, data: bytes) -> list[str]:
    [item] = formats.read(("one.hl7", data))
    return sorted({name for found in diseases(identifier, *item.records) for name in found})


def test_the_trigger_stands_in_the_reason_code(identifier):
    """A registration without a diagnosis, whose reason for the visit is coded: B05 must not be overlooked."""
    assert read(identifier, hl7("PV2|||B05.900^麻疹^I10")) == ["measles"]


def test_a_reason_that_asks_for_a_screening_is_no_disease(identifier):
    assert read(identifier, hl7("PV2|||^术前筛查乙肝")) == []


def test_the_code_ordered_equals_the_code_resulted_and_the_second_report_decides(identifier):
    """The first report of a test carries the order's own code and no result yet; the second says positive."""
    obr = "OBR|{0}||F1|77386-4^流感病毒核酸^LN|||20261123080000{1}"
    first, second = obr.format(1, "|" * 18 + "I"), obr.format(2, "|" * 18 + "F")
    pending = "OBX|1|ST|77386-4^甲型流感病毒核酸^LN||待检||||||P"
    positive = "OBX|1|ST|77386-4^甲型流感病毒核酸^LN||阳性||||||F"
    assert read(identifier, hl7(first, pending)) == []
    assert read(identifier, hl7(first, pending, second, positive)) == ["influenza"]


def test_the_second_report_takes_back_the_first(identifier, make):
    """A corrected result is its own record; the one that was taken back says nothing."""
    first = make(lab=(("甲型流感病毒抗原", "阳性", {"status": "cancelled"}),))
    second = make(lab=(("甲型流感病毒抗原", "阴性"),))
    assert diseases(identifier, first, second) == [[], []]


def test_not_only_the_first_matching_code_counts(identifier):
    """Two notifiable codes on one diagnosis, and two diagnoses on one visit: all are kept."""
    both = Diagnosis((Code("icd10", "B05.9", "麻疹"), Code("icd10", "A37.9", "百日咳")), "麻疹、百日咳", "diagnosis[0]")
    other = Diagnosis((Code("icd10", "B01.9", "水痘"),), "水痘", "diagnosis[1]")
    record = Record(
        "encounter", "v1", "final", formats.canonical.Source("test"), encounter=Encounter(kind="outpatient"),
        diagnoses=(both, other),
    )  # fmt: skip
    assert diseases(identifier, record) == [["measles", "pertussis", "varicella"]]


def test_not_only_the_first_matching_result_counts(identifier, make):
    panel = (("甲型流感病毒抗原", "阳性"), ("新冠病毒核酸", "阳性"), ("呼吸道合胞病毒抗原", "阴性"))
    assert diseases(identifier, make(lab=panel)) == [["covid19", "influenza"]]


def test_a_symptom_that_nobody_mentions_is_unknown_and_not_absent(identifier, make):
    """What is not written stays unwritten: no finding says that there was none."""
    [outcome] = identifier.identify([make(note="咳嗽3天")])
    assert {one.concept for one in outcome.findings} == {"cough"}
    assert [one for one in outcome.findings if one.assertion == "absent"] == []


@pytest.mark.parametrize("note", ["咳嗽3天，热退", "咳嗽3天，体温36.5℃", "咳嗽3天，发热待询"])
def test_an_unknown_fever_does_not_hide_what_is_known(identifier, make, note):
    [outcome] = identifier.identify([make(note=note)])
    assert "cough" in {one.concept for one in outcome.findings}


def test_an_unknown_age_does_not_rule_a_disease_out(identifier, make):
    assert diseases(identifier, make(dx=("A33 新生儿破伤风",)), make(dx=("A33 新生儿破伤风",), age="3天")) == [
        ["neonatal_tetanus"],
        ["neonatal_tetanus"],
    ]


def test_a_code_of_another_visit_does_not_fire_on_this_one(identifier, make):
    """A batch holds two visits of two persons; neither speaks for the other, in any order."""
    ill = replace(make(dx=("B05.9 麻疹",)), key="ill", encounter=Encounter(id="V1"))
    well = replace(make(dx=("J06.9 上呼吸道感染",), note="咳嗽2天"), key="well", encounter=Encounter(id="V2"))
    assert diseases(identifier, ill, well, ill, well) == [["measles"], [], ["measles"], []]


def test_evidence_of_another_person_does_not_join(identifier, make):
    ill = replace(make(note="拟诊麻疹"), key="ill")
    [earlier] = [outcome.suspicions[0].evidence for outcome in identifier.identify([ill])]
    mine = replace(make(note="咳嗽2天"), key="mine")
    [outcome] = identifier.identify([mine], context={"ill": PersonContext(earlier=earlier)})
    assert outcome.suspicions == ()


def test_a_cancelled_result_says_nothing(identifier, make):
    """Cancelled on its own, as a whole record, and beside one that stands."""
    gone = ("新冠病毒核酸", "阳性", {"status": "cancelled"})
    assert diseases(
        identifier, make(lab=(gone,)), make(lab=(("新冠病毒核酸", "阳性"),), status="cancelled"),
        make(lab=(gone, ("甲型流感病毒抗原", "阳性"))),
    ) == [[], [], ["influenza"]]  # fmt: skip


def test_a_cancelled_diagnosis_says_nothing_and_makes_no_syndrome(identifier, make):
    record = make(dx=("B05.9 麻疹",), note="复诊")
    gone = replace(record, diagnoses=(replace(record.diagnoses[0], status="cancelled"),))
    [outcome] = identifier.identify([gone])
    assert (outcome.suspicions, [one for one in outcome.findings if one.kind == "syndrome"]) == ((), [])


def test_one_result_sent_hundreds_of_times_is_one_piece_of_evidence(identifier, make):
    [once] = identifier.identify([make(lab=(("甲型流感病毒抗原", "弱阳性"),))])
    [often] = identifier.identify([make(lab=(("甲型流感病毒抗原", "弱阳性"),) * 300)])
    assert [one.confidence for one in often.suspicions] == [one.confidence for one in once.suspicions]


def test_the_same_episode_is_not_suspected_again(identifier, make):
    on = date(2026, 11, 20)
    [outcome] = identifier.identify(
        [make(dx=("B05.9 麻疹",))], context=PersonContext(reported=(Reported("measles", on),))
    )
    assert outcome.suspicions == ()
    assert {one.rule for one in outcome.withheld} == {"already_reported"}


def test_a_result_without_its_specimen_or_unit_is_not_thrown_away(identifier):
    bare = Result((), "新冠病毒核酸", "阳性", "result[0]")
    record = Record("lab", "r1", "final", formats.canonical.Source("test"), results=(bare,))
    assert diseases(identifier, record) == [["covid19"]]


def test_a_report_that_was_read_twice_says_the_same_twice(identifier, make):
    record = replace(make(note="发热2天，手足皮疹"), notes=(Note("complaint", "发热2天，手足皮疹", "note[0]"),))
    first, second = identifier.identify([record, record])
    assert first == second
