"""Notes: what is found in them, and whether it is said of the patient, now, and as true."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import replace

import pytest

from yifang import knowledge
from yifang.formats.canonical import Person
from yifang.identify.text import measures
from yifang.identify.text.lexicon import ADJACENT, PRE, PSEUDO, Word, compile_lexicon
from yifang.identify.text.scan import Scanner

EXAMPLES = knowledge.load().syndromes.examples


@pytest.fixture(scope="module")
def scanner():
    return Scanner(knowledge.load())


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.text for example in EXAMPLES])
def test_the_examples_of_the_pack(identifier, make, example):
    record = make(note=example.text)
    if example.age_days is not None:
        record = replace(record, person=Person(age_text=f"{example.age_days}天"))
    [outcome] = identifier.identify([record])
    assert {one.concept for one in outcome.findings if one.kind == "syndrome"} == set(example.expect)


ASSERTIONS = [
    # text, concept, assertion
    ("无发热及咳嗽", "cough", "absent"),
    ("无发热，咳嗽3天", "cough", "present"),
    ("否认发热但有咳嗽", "fever", "absent"),
    ("否认发热但有咳嗽", "cough", "present"),
    ("无明显诱因出现发热", "fever", "present"),
    ("不明原因发热", "fever", "present"),
    ("发热未缓解", "fever", "present"),
    ("肢体无力2天", "limb_weak", "present"),
    ("没发烧，也没咳嗽流涕", "runny_nose", "absent"),
    ("不发热不咳嗽", "cough", "absent"),
    ("没有发烧就是咳嗽", "cough", "present"),
    ("有没有发烧", "fever", "uncertain"),
    ("发热待查", "fever", "present"),
    ("可能发热", "fever", "uncertain"),
    ("去年曾有黄疸", "jaundice", "historical"),
    ("其父咳嗽3周", "cough", "other_person"),
    ("母亲代诉患儿发热", "fever", "present"),
    ("母亲诉自己发热", "fever", "other_person"),
    ("家属发现患者发热", "fever", "present"),
    ("我女儿发烧3天", "fever", "present"),
    ("与家人聚餐后腹泻", "diarrhoea", "present"),
    ("发热的同学", "fever", "other_person"),
    ("考虑麻疹", "measles", "uncertain"),
    ("麻疹待排", "measles", "uncertain"),
    ("手足口病?", "hfmd", "uncertain"),
    ("手足口病？", "hfmd", "uncertain"),
    ("不能排除麻疹", "measles", "uncertain"),
    ("已排除麻疹", "measles", "absent"),
    ("乙肝(-)", "hepatitis_b", "absent"),
    ("乙肝、丙肝均阴性", "hepatitis_b", "absent"),
    ("乙肝阳性、丙肝阴性", "hepatitis_b", "present"),
    ("父亲患肺结核", "pulmonary_tb", "other_person"),
    ("与肺结核患者接触", "pulmonary_tb", "other_person"),
    ("陈旧性肺结核", "pulmonary_tb", "historical"),
    ("陈旧性肺结核复发", "pulmonary_tb", "present"),
    ("诊断：慢性乙型肝炎", "hepatitis_b", "present"),
]


@pytest.mark.parametrize(("text", "concept", "assertion"), ASSERTIONS)
def test_assertion(scanner, text, concept, assertion):
    found = {one.assertion for one in scanner.read(text).mentions if one.concept == concept}
    assert found == {assertion}


DECOYS = [
    ("躯干荨麻疹3天", "measles"),
    ("风疹块伴瘙痒", "rubella"),
    ("病理示非典型增生", "sars"),
    ("SARS-CoV-2核酸阳性", "sars"),
    ("接种流感疫苗", "influenza"),
    ("乙肝两对半", "hepatitis_b"),
    ("非感染性腹泻", "other_infectious_diarrhoea"),
    ("副流感病毒感染", "influenza"),
    ("副伤寒", "typhoid"),
    ("开水烧伤", "fever"),
    ("烧心反酸", "fever"),
    ("服退烧药", "fever"),
    ("哮喘病", "dyspnoea"),
    ("吐字不清", "vomiting"),
    ("百日咳", "cough"),
]


@pytest.mark.parametrize(("text", "concept"), DECOYS)
def test_a_word_inside_another_is_not_meant(scanner, text, concept):
    assert concept not in {one.concept for one in scanner.read(text).mentions}


def test_offsets_count_code_points_of_the_note(scanner):
    text = "𠮷😀患儿　ＨＦＭＤ？伴发热３８．５℃，\r\n咳嗽"
    reading = scanner.read(text)
    assert {(one.concept, text[one.start : one.end]) for one in reading.mentions} >= {
        ("hfmd", "ＨＦＭＤ"),
        ("fever", "发热"),
        ("cough", "咳嗽"),
    }
    assert reading.temperatures == (38.5,)


MEASURES = [
    (measures.temperatures, "体温38.9℃", [38.9]),
    (measures.temperatures, "最高39度5", [39.5]),
    (measures.temperatures, "烧到40度", [40.0]),
    (measures.temperatures, "发热39.2", [39.2]),
    (measures.temperatures, "体温未超过38℃", []),
    (measures.temperatures, "患者38岁", []),
    (measures.temperatures, "发热38天", []),
    (measures.durations, "咳嗽20天", [20]),
    (measures.durations, "咳嗽两周", [14]),
    (measures.durations, "咳嗽半个月", [15]),
    (measures.durations, "咳嗽3周余", [21]),
    (measures.durations, "3月5日起咳嗽", []),
]


@pytest.mark.parametrize(("measure", "clause", "expected"), MEASURES)
def test_measures(measure, clause, expected):
    assert measure(clause) == expected


def test_negation_in_patients_turns_of_cmdd(scanner, shared):
    """CMDD (Apache-2.0), turns of patients, mentions that the packs know: is what is absent told from what is there?"""
    folder = shared / "fixtures/zh-clinical-text/cmdd"
    seen = Counter()
    for name in ("cmdd_train_patient_negation.jsonl", "cmdd_dev_patient_negation.jsonl"):
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            for one in scanner.read(row["text"]).mentions:
                if one.kind == "symptom" and one.start < row["end"] and row["start"] < one.end:
                    seen[(row["state"] == "absent", one.assertion == "absent")] += 1
                    break
    precision = seen[(True, True)] / (seen[(True, True)] + seen[(False, True)])
    recall = seen[(True, True)] / (seen[(True, True)] + seen[(True, False)])
    assert sum(seen.values()) > 1500
    assert precision > 0.85
    assert recall > 0.85


def test_reading_is_the_same_with_and_without_cache(shared):
    """A clause read before gives the same answer as a clause read first."""
    path = shared / "fixtures/zh-clinical-text/cmdd/cmdd_train_dialogues.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        texts = [turn["text"] for _, line in zip(range(40), lines, strict=False) for turn in json.loads(line)["turns"]]
    used = Scanner(knowledge.load())
    first = [used.read(text) for text in texts]
    assert [used.read(text) for text in texts] == first


TOLD_OF_OTHERS_AND_OTHER_TIMES = [
    ("同宿舍2人水痘，患者现发热1天", [("varicella", "other_person"), ("fever", "present")]),
    ("班里有手足口，孩子没有", [("hfmd", "other_person")]),
    ("邻居家小孩得了水痘", [("varicella", "other_person")]),
    ("麻疹接触后观察", [("measles", "other_person")]),
    ("新冠感染后1月", [("covid19", "historical")]),
    ("甲流后2天仍发热", [("influenza", "present"), ("fever", "present")]),
    # what follows 未见 may be a change
    ("咳嗽未见好转，痰不易咳出", [("cough", "present"), ("cough", "present")]),
    ("皮疹未见明显消退", [("rash", "present")]),
    # a doubt written in front, and one written behind what stands before
    ("发热待查：？麻疹", [("fever", "present"), ("measles", "uncertain")]),
    ("咳嗽？麻疹", [("cough", "uncertain"), ("measles", "present")]),
]


@pytest.mark.parametrize(
    ("text", "expected"), TOLD_OF_OTHERS_AND_OTHER_TIMES, ids=[row[0] for row in TOLD_OF_OTHERS_AND_OTHER_TIMES]
)
def test_other_people_other_times_and_doubts(scanner, text, expected):
    found = [
        (one.concept, one.assertion) for one in scanner.read(text).mentions if one.concept not in ("spots", "child")
    ]
    assert found == expected


def test_no_word_of_grammar_hides_a_medical_one():
    """没劲 is weariness, whatever it begins with; a word that is both would lose its meaning."""
    lexicon = compile_lexicon(knowledge.load())
    words = {word for seconds in lexicon.words.values() for kept in seconds.values() for word in map(_entry, kept)}
    assert [text for text, concepts, roles in words if concepts and roles & (PSEUDO | PRE | ADJACENT)] == []


def _entry(word: Word) -> tuple[str, bool, int]:
    return word.text, bool(word.concepts), word.roles
