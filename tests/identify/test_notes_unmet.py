"""Notes written otherwise than those of the packs' examples: whose disease, when, and how sure."""

from __future__ import annotations

import pytest

# note, words, what is said of them, diseases suspected
NOTES = [
    # -- the heading of today's illness, and a short illness, are no past history
    ("现病史:患者3天前出现发热、皮疹。", "皮疹", "present", ""),
    ("既往史:5年前患过甲肝。现病史:咽痛2天。", "咽痛", "present", ""),
    ("病史:发热3天", "发热", "present", ""),
    ("患者担心发热加重", "发热", "present", ""),
    ("腹泻病史2天", "腹泻", "present", ""),
    ("乙肝病史20年", "乙肝", "historical", ""),
    # -- then, and over
    ("患者3岁时患麻疹。", "麻疹", "historical", ""),
    ("1月前因疟疾住院治疗,现复查。", "疟疾", "historical", ""),
    ("入院前3月因肺结核住院", "肺结核", "historical", ""),
    ("出具水痘痊愈证明", "水痘", "historical", ""),
    ("水痘未痊愈", "水痘", "present", "varicella"),
    ("新冠康复后咳嗽", "咳嗽", "present", ""),
    # -- other people
    ("患儿之兄上周患猩红热,患儿今日发热。", "猩红热", "other_person", ""),
    ("患者之女诊断猩红热", "猩红热", "other_person", ""),
    ("曾祖母死于肺结核。", "肺结核", "other_person", ""),
    ("炭疽接触者,医学观察。", "炭疽", "other_person", ""),
    ("班上有小朋友得手足口病。", "手足口病", "other_person", ""),
    # -- not sure, and not at all
    ("建议排查肺结核。", "肺结核", "uncertain", "pulmonary_tb"),
    ("肺结核不能除外。", "肺结核", "uncertain", "pulmonary_tb"),
    ("需与登革热鉴别。", "登革热", "uncertain", "dengue"),
    ("风湿热,非猩红热", "猩红热", "absent", ""),
    ("不像是水痘", "水痘", "absent", ""),
    # -- results told: before the name, after a titre, below one
    ("粪便培养出宋内志贺菌。", "宋内志贺菌", "present", "bacillary_dysentery"),
    ("粪便未检出志贺菌。", "志贺菌", "absent", ""),
    ("TPPA阳性,RPR 1:32阳性。", "RPR", "present", "syphilis"),
    ("布鲁氏菌试管凝集1:200", "布鲁氏菌试管凝集", "present", "brucellosis"),
    ("布鲁氏菌试管凝集1:25", "布鲁氏菌试管凝集", "present", ""),
    ("伤寒肥达反应1:160", "肥达反应", "present", ""),
    # -- tuberculosis of the lung and elsewhere
    ("肺结核并淋巴结结核", "肺结核", "present", "pulmonary_tb"),
    ("病毒性肝炎,分型待定", "病毒性肝炎", "present", "hepatitis_unspecified"),
    # -- English
    ("Other than cough, no symptoms.", "cough", "present", ""),
    ("Salmonellosis (excluding typhoid fever)", "typhoid fever", "absent", "other_infectious_diarrhoea"),
]


@pytest.mark.parametrize(("text", "words", "assertion", "disease"), NOTES, ids=[row[0] for row in NOTES])
def test_a_note(identifier, make, text, words, assertion, disease):
    [outcome] = identifier.identify([make(note=text)])
    assert {one.disease for one in outcome.suspicions} == ({disease} if disease else set())
    said = {one.assertion for one in outcome.findings if one.text == words and one.start is not None}
    assert said == {assertion}
    for one in outcome.findings:
        assert one.start is None or text[one.start : one.end] == one.text


@pytest.mark.parametrize("text", ["类百日咳", "鼠伤寒沙门菌肠炎", "血清病毒性肝炎标志物阴性"])
def test_longer_words_that_hide_a_disease(identifier, make, text):
    [outcome] = identifier.identify([make(note=text)])
    assert not {"pertussis", "typhoid", "hepatitis_unspecified"} & {one.disease for one in outcome.suspicions}


def test_a_coded_lung_tuberculosis_stands_beside_one_elsewhere(identifier, make):
    [outcome] = identifier.identify([make(dx=("A15.0 肺结核并淋巴结结核",))])
    assert [one.disease for one in outcome.suspicions] == ["pulmonary_tb"]
