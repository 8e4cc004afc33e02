"""What a later clause makes of a disease named before: over, ruled out, under treatment; and what it leaves alone."""

from __future__ import annotations

import time

import pytest

from yifang.identify.text.afterwards import turn_of

SETTLED = [
    # -- over: time in front, or a word behind
    "1月前患流感，已愈，遗留干咳",
    "1个月前得过甲流，现已痊愈",
    "3周前患水痘，已治愈，今来复查",
    "2月前患手足口病，经对症治疗后痊愈",
    "患儿1月余前患猩红热，治疗10天后治愈",
    "患者于3个月前感染新冠病毒，已康复，近日乏力",
    "上月患诺如病毒胃肠炎，自愈",
    "半年前患麻疹，已愈",
    "水痘，已痊愈",
    "患麻疹，水痘，均已愈",
    "手足口病，已愈3周",
    "2月前因新冠住院，已治愈出院",
    # -- what an illness leaves behind
    "流感后咳嗽9天",
    "甲流后干咳2周余",
    "新冠病毒感染后嗅觉减退",
    "感染新冠后咳嗽3周",
    # -- doubted, tested and ruled out
    "流感待排，查甲乙流抗原阴性，已排除",
    "流感待排，查抗原阴性，可排除",
    "流感？甲流抗原阴性，乙流抗原阴性，除外",
    "流感、新冠待排，抗原均阴性，均已排除",
    "考虑麻疹待排，麻疹IgM阴性，现已除外",
    "登革热待查，NS1抗原、IgM均阴性，基本排除",
    "疑似麻疹，经专家会诊，予排除",
    "外院疑诊流感，我院复查甲流抗原阴性，已予排除",
    "疑似猩红热，咽拭子培养阴性，暂排除",
    "流感待排已排除",
    "流感可除外",
    "麻疹待排。复查抗体阴性，已排除麻疹",
    # -- known for years, and reported once in a life
    "乙肝大三阳20年",
    "乙肝20余年，未治疗",
    "慢性丙肝8年",
    "HIV感染6年，规律服药",
    "发现HBsAg阳性15年",
    "梅毒血清固定",
    "梅毒治疗后血清固定，随访",
]

PROMPTS = [
    # -- not ruled out, or another disease is
    ("流感待排，抗原阳性", "influenza"),
    ("流感待排，抗原检测阳性，新冠已排除", "influenza"),
    ("考虑流感，新冠已排除", "influenza"),
    ("流感待排，新冠抗原阴性，已排除", "influenza"),
    ("流感待排，新冠抗原阴性，可排除新冠", "influenza"),
    ("考虑甲流可能，乙流已排除", "influenza"),
    ("流感待排，甲流抗原阴性", "influenza"),
    ("流感待排，胸片未见异常，不予排除", "influenza"),
    ("流感待排，不能排除", "influenza"),
    ("流感待除外", "influenza"),
    ("流感待排，尚未排除", "influenza"),
    ("疑麻疹，风疹IgM阴性，已排除风疹", "measles"),
    ("考虑登革热，流感抗原阴性，已排除", "dengue"),
    ("肺结核待排，痰涂片阴性，肺癌已排除", "pulmonary_tb"),
    ("肺结核待查，建议查痰排除肺结核", "pulmonary_tb"),
    ("流感已排除，考虑麻疹", "measles"),
    # -- not over
    ("1月前患肺结核，现治疗中", "pulmonary_tb"),
    ("1月前确诊肺结核", "pulmonary_tb"),
    ("2年前患肺结核，现抗结核治疗中", "pulmonary_tb"),
    ("3月前确诊布病，仍未愈", "brucellosis"),
    ("1周前患手足口病", "hfmd"),
    ("确诊手足口病，现已治愈出院", "hfmd"),  # the stay that the record is about
    ("水痘，未愈", "varicella"),
    ("水痘，咳嗽已愈", "varicella"),
    ("诊断水痘，病程第5天，待痊愈后返校", "varicella"),
    ("梅毒，治疗后可治愈", "syphilis"),
    ("1月前患流感，已愈，昨日再患水痘", "varicella"),
    ("1月前体检正常，现患流感", "influenza"),
    ("百日咳1月，仍未愈", "pertussis"),
    # -- still ill: what comes after the name belongs to it
    ("患流感后高热不退3天", "influenza"),
    ("患麻疹后咳嗽气促3天", "measles"),
    ("确诊肺结核后咳嗽加重", "pulmonary_tb"),
    ("确诊新冠后居家隔离", "covid19"),
    ("麻疹后肺炎", "measles"),
    # -- no years
    ("乙肝2019年发现，现转氨酶升高", "hepatitis_b"),
    ("急性乙型肝炎，2年级学生", "hepatitis_b"),
    ("乙型肝炎，病程20天", "hepatitis_b"),
]


@pytest.mark.parametrize("section", ["history", "complaint"])
@pytest.mark.parametrize("text", SETTLED)
def test_what_is_over_or_ruled_out_does_not_prompt(identifier, make, text, section):
    [outcome] = identifier.identify([make(note=text, section=section)])
    assert outcome.suspicions == ()


@pytest.mark.parametrize(("text", "disease"), PROMPTS, ids=[row[0] for row in PROMPTS])
def test_what_stands_prompts(identifier, make, text, disease):
    [outcome] = identifier.identify([make(note=text, section="history")])
    assert [one.disease for one in outcome.suspicions] == [disease]


def test_what_is_settled_is_shown_with_its_reason(identifier, make):
    [outcome] = identifier.identify([make(note="流感待排，查甲乙流抗原阴性，已排除")])
    assert [(one.disease, one.reason_zh) for one in outcome.withheld] == [("influenza", "排除")]


def test_a_diagnosis_is_settled_like_a_note(identifier, make):
    [outcome] = identifier.identify([make(dx=("J11.1 流感待排，抗原阴性，已排除",))])
    assert outcome.suspicions == ()


@pytest.mark.parametrize("text", ["经查" * 15 + "愈x", "3周后" * 10 + "愈x", "现" * 29 + "疗", "后已经" * 10 + "排"])
def test_no_wording_takes_long_to_refuse(text):
    started = time.process_time()
    assert turn_of(text) == ""
    assert time.process_time() - started < 0.05
