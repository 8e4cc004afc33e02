"""Figures against words, counts in fields, tests for two organisms, and names as doctors turn them."""

from __future__ import annotations

import pytest

from yifang.formats.canonical import Code, Diagnosis, Issue, Record, Source

SPUTUM, BOTH = {"specimen": "痰"}, {"chlamydia": "moderate", "gonorrhoea": "moderate"}


def denied(**more):
    return {"reference_range": "阴性", **more}


RESULTS = [
    # -- a load where nothing should be found
    ("HCV RNA", "1.7E+06", {"reference_range": "未检出"}, {"hepatitis_c": "strong"}),
    ("HCV-RNA定量", "3.2e5", {"reference_range": "未检测到"}, {"hepatitis_c": "strong"}),
    ("HCV RNA", "4520", {"reference_range": "Not detected"}, {"hepatitis_c": "strong"}),
    ("HCV RNA", "0", {"reference_range": "未检出"}, {}),
    ("HCV RNA", "<15", {"reference_range": "未检出"}, {}),
    ("HCV RNA", "未检出", {"reference_range": "未检出"}, {}),
    ("新冠病毒核酸", "42", {"reference_range": "未检出"}, {}),  # perhaps the cycle at which nothing was found
    ("HCV RNA", "1.7E+06", {}, {}),  # no unit, no reference: nobody knows what of
    # -- bacilli counted
    ("抗酸染色", "3条/300视野", denied(**SPUTUM), {"pulmonary_tb": "strong"}),
    ("痰涂片抗酸杆菌", "抗酸杆菌 5条/300个视野", SPUTUM, {"pulmonary_tb": "strong"}),
    ("抗酸染色", "1-8条/300视野", SPUTUM, {"pulmonary_tb": "strong"}),
    ("AFB smear", "2 AFB/100 fields", SPUTUM, {"pulmonary_tb": "strong"}),
    ("抗酸染色", "0条/300视野", SPUTUM, {}),
    ("抗酸染色", "300视野未找到抗酸杆菌", SPUTUM, {}),
    ("抗酸染色", "3条/300视野", {"specimen": "尿"}, {}),
    # -- signal to cut-off
    ("甲型肝炎病毒抗体IgM", "12.6 S/CO", denied(flags=("A",)), {"hepatitis_a": "strong"}),
    ("甲型肝炎病毒抗体IgM", "12.6", denied(unit="S/CO"), {"hepatitis_a": "strong"}),
    ("抗-HEV IgM", "1.4 COI", denied(), {"hepatitis_e": "strong"}),
    ("抗-HAV IgM", "0.32 S/CO", denied(), {}),
    ("抗-HAV IgM", "0.99", denied(unit="COI", flags=("A",)), {}),
    ("抗-HAV IgM", "5.1", denied(), {}),
    ("抗-HAV IgM", "5.1", denied(flags=("H",)), {"hepatitis_a": "strong"}),
    ("抗-HAV IgM", "阴性", denied(flags=("A",)), {}),
    # -- agglutination of treponemes
    ("甲苯胺红不加热血清试验(TRUST)", "1:4阳性", denied(), {"syphilis": "moderate"}),
    # -- two organisms, one answer
    ("CT/NG", "Positive", {}, BOTH),
    ("Chlamydia trachomatis/Neisseria gonorrhoeae RNA", "Detected", {}, BOTH),
    ("沙眼衣原体/淋球菌核酸", "阳性", {}, BOTH),
    ("CT/NG", "Negative", {}, {}),
    ("CT/NG", "CT positive, NG negative", {}, {}),  # one of them, and the letters are no names
    ("CT/NG", "Chlamydia trachomatis detected; Neisseria gonorrhoeae not detected", {}, {"chlamydia": "strong"}),
    ("伤寒沙门菌、副伤寒沙门菌", "阳性", {}, {"typhoid": "moderate", "paratyphoid": "moderate"}),
    ("Influenza A/B RNA", "Detected", {}, {"influenza": "strong"}),
    ("SARS-CoV+SARS-CoV-2 RNA", "Detected", {}, {"covid19": "strong"}),
    ("胸部CT", "阳性", {}, {}),
]


@pytest.mark.parametrize(("name", "value", "more", "expected"), RESULTS)
def test_a_result(identifier, make, name, value, more, expected):
    [outcome] = identifier.identify([make(lab=((name, value, more),))])
    assert {one.disease: one.confidence for one in outcome.suspicions} == expected


@pytest.mark.parametrize("trust", ["1:4阳性", "1:16", "阳性(1:8)"])
@pytest.mark.parametrize("name", ["梅毒螺旋体颗粒凝集试验(TPPA)", "TPHA", "梅毒螺旋体明胶颗粒凝集试验"])
def test_both_tests_for_syphilis_confirm(identifier, make, name, trust):
    record = make(lab=((name, "阳性"), ("甲苯胺红不加热血清试验(TRUST)", trust)), note="体检发现梅毒抗体阳性3天")
    [outcome] = identifier.identify([record])
    assert [(one.disease, one.confidence, one.case_class) for one in outcome.suspicions] == [
        ("syphilis", "strong", "confirmed")
    ]


DIAGNOSES = [
    ("手-足-口病", {"hfmd": "moderate"}),
    ("手、足、口病(普通型)", {"hfmd": "moderate"}),
    ("浸润性肺结核", {"pulmonary_tb": "moderate"}),
    ("活动性肺结核", {"pulmonary_tb": "moderate"}),
    ("秋季腹泻", {"other_infectious_diarrhoea": "moderate"}),
    ("波浪热", {"brucellosis": "moderate"}),
    ("布氏杆菌感染", {"brucellosis": "moderate"}),
    ("腮腺炎（流行性）", {"mumps": "moderate"}),
    ("水痘样皮疹", {"varicella": "moderate"}),
    ("腮腺炎", {}),
    ("流感样病例", {}),
    # viral enteritis: its code is the disease's, and the rule about unspecified enteritis names A09 and K52 only
    ("A08.400 病毒性肠炎", {"other_infectious_diarrhoea": "strong"}),
    ("病毒性肠炎", {"other_infectious_diarrhoea": "moderate"}),
    ("A09.900 急性肠炎", {}),
    ("急性肠炎", {}),
    ("K52.9 非感染性肠炎", {}),
]


@pytest.mark.parametrize(("dx", "expected"), DIAGNOSES)
def test_a_diagnosis(identifier, make, dx, expected):
    [outcome] = identifier.identify([make(dx=(dx,))])
    assert {one.disease: one.confidence for one in outcome.suspicions} == expected


@pytest.mark.parametrize(
    ("text", "disease"),
    [
        ("水痘样皮疹可能性大", "varicella"),
        ("初步印象：水痘样皮疹", "varicella"),
        ("躯干见水痘样皮疹", ""),
        ("躯干见麻疹样皮疹，药物所致", ""),
        ("麻疹样药疹", ""),
        ("发热呈波浪热型", ""),
    ],
)
def test_the_look_of_a_rash_or_a_fever_is_no_diagnosis(identifier, make, text, disease):
    [outcome] = identifier.identify([make(note=text, section="history")])
    assert [one.disease for one in outcome.suspicions] == ([disease] if disease else [])


def test_words_of_imaging_count_once(identifier, make):
    [outcome] = identifier.identify([make(imaging="右上肺浸润性肺结核")])
    assert [(one.disease, one.confidence) for one in outcome.suspicions] == [("pulmonary_tb", "moderate")]


@pytest.mark.parametrize(
    ("note", "more", "prompts"),
    [
        ("体检发现乙肝表面抗原阳性3天", {}, True),
        ("单位体检时查出HBsAg阳性", {}, True),
        ("入职体检", {}, False),
        ("体检发现乙肝表面抗原阳性", {"visit": "checkup"}, False),
        ("体检发现乙肝表面抗原阳性", {"reason": "入职体检"}, False),
    ],
)
def test_a_visit_after_a_checkup_is_none(identifier, make, note, more, prompts):
    [outcome] = identifier.identify([make(note=note, lab=(("HBsAg", "阳性"),), **more)])
    assert bool(outcome.suspicions) is prompts


@pytest.mark.parametrize(("issues", "prompts"), [((Issue("hl7.not_a_case", "OBX[1]"),), False), ((), True)])
def test_a_notification_classed_as_no_case_does_not_prompt(identifier, issues, prompts):
    reported = Diagnosis((Code("phin", "10140", "Measles"),), "Measles", "OBR[1].31", "reported", assertion="uncertain")
    record = Record("case_notification", "case-1", "final", Source("test"), diagnoses=(reported,), issues=issues)
    [outcome] = identifier.identify([record])
    assert bool(outcome.suspicions) is prompts
    assert [one.disease for one in outcome.withheld] == ([] if prompts else ["measles"])
