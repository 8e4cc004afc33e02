"""Diagnoses, laboratory results, drugs and images: what points to which disease, how strongly, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from yifang import identify
from yifang.formats.canonical import Code, Diagnosis, Record, Result, Source

SPUTUM, URINE, PLEURA = {"specimen": "痰"}, {"specimen": "尿液"}, {"specimen": "胸水"}
STOOL, BLOOD = {"specimen": "大便"}, {"specimen": "静脉血"}


def suspected(outcome: identify.Identified) -> dict[str, str]:
    return {one.disease: one.confidence for one in outcome.suspicions}


DIAGNOSES = [
    # as the source codes it → suspected
    ("B05.9 麻疹", {"measles": "strong"}),
    ("B059 麻疹", {"measles": "strong"}),
    ("b05.900x001 麻疹", {"measles": "strong"}),
    ("A16.200x002 肺结核", {"pulmonary_tb": "strong"}),
    ("A15.6 结核性胸膜炎", {"tb_pleurisy": "strong"}),
    ("A15 呼吸道结核", {"pulmonary_tb": "moderate"}),
    ("A17.0 结核性脑膜炎", {}),
    ("A19.9 粟粒性结核", {"pulmonary_tb": "moderate"}),
    ("B16.9 急性乙型肝炎", {"hepatitis_b": "strong"}),
    ("B16.0 乙型肝炎伴丁型", {"hepatitis_d": "strong", "hepatitis_b": "moderate"}),
    ("A08.1 诺如病毒肠炎", {"other_infectious_diarrhoea": "strong"}),
    ("A75.3 恙虫病", {"scrub_typhus": "strong"}),
    ("A75.0 流行性斑疹伤寒", {"typhus": "strong"}),
    ("R75 HIV实验室证据", {}),
    ("J06.9 急性上呼吸道感染", {}),
    ("J18.9 肺炎", {}),
    ("L50.9 荨麻疹", {}),
    ("B05.9 麻疹?", {"measles": "moderate"}),
    ("B05.9 麻疹待排", {"measles": "moderate"}),
    ("B05.9 排除麻疹", {}),
    ("B05.9 麻疹病史", {}),
    ("麻疹", {"measles": "moderate"}),
    ("慢性乙型病毒性肝炎", {"hepatitis_b": "moderate"}),
    ("A01.1 甲型副伤寒", {"paratyphoid": "strong"}),
]


@pytest.mark.parametrize(("dx", "expected"), DIAGNOSES)
def test_diagnosis(identifier, make, dx, expected):
    [outcome] = identifier.identify([make(dx=(dx,))])
    assert suspected(outcome) == expected


AGES = [("G61.0 格林巴利综合征", "8岁", True), ("G61.0 格林巴利综合征", "40岁", False), ("G04.9 脑炎", "8岁", False)]


@pytest.mark.parametrize(("dx", "age", "expected"), AGES)
def test_flaccid_paralysis_is_a_childrens_watch(identifier, make, dx, age, expected):
    [outcome] = identifier.identify([make(dx=(dx,), age=age)])
    assert ("afp" in suspected(outcome)) is expected


def test_a_weak_code_counts_with_the_sign_beside_it(identifier, make):
    [outcome] = identifier.identify([make(dx=("G62.9 多神经病",), note="四肢瘫软2天", age="6岁")])
    assert suspected(outcome) == {"afp": "moderate"}


RESULTS = [
    # name, value, more → suspected
    ("甲型流感病毒抗原", "阳性", {}, {"influenza": "strong"}),
    ("甲型流感病毒（FluA）核酸检测", "检出", {}, {"influenza": "strong"}),
    ("麻疹病毒 ＩｇＭ", "弱阳性(±)", {}, {"measles": "strong"}),
    ("HBV-DNA定量", "1.5E4", {"unit": "IU/mL", "reference_range": "<20"}, {"hepatitis_b": "moderate"}),
    ("HBV-DNA定量", "<20", {"unit": "IU/mL"}, {}),
    ("HCV RNA", "1.2×10^5", {"unit": "IU/mL"}, {"hepatitis_c": "strong"}),
    ("HBsAg", "0.01", {"reference_range": "0-0.05"}, {}),
    ("HBsAg", "250.00", {"reference_range": "0--0.05"}, {"hepatitis_b": "moderate"}),
    ("HBsAg", "250", {"flags": ("H",)}, {}),  # an abnormal flag and no range
    ("乙型肝炎表面抗体", "阳性", {}, {}),
    ("疟原虫镜检", "未查见疟原虫", {}, {}),
    ("疟原虫镜检", "查见恶性疟原虫", {}, {"malaria": "strong"}),
    ("疟原虫抗体", "阳性", {}, {}),  # antibodies against it are not the parasite
    ("麻疹病毒IgG", "阳性", {}, {}),
    ("新型冠状病毒核酸", "阴性", {}, {}),
    ("新型冠状病毒核酸", "可疑", {}, {}),
    ("ORF1ab基因", "阳性", {"panel": "新型冠状病毒核酸检测"}, {"covid19": "strong"}),
    ("布鲁氏菌抗体(SAT)", "1:200", {}, {"brucellosis": "strong"}),
    ("布鲁氏菌抗体(SAT)", "1:50", {}, {}),
    ("RPR", "1:16", {}, {"syphilis": "moderate"}),
    ("抗酸杆菌涂片", "3+", SPUTUM, {"pulmonary_tb": "strong"}),
    ("抗酸杆菌涂片", "阳性", {}, {"pulmonary_tb": "moderate"}),
    ("抗酸杆菌涂片", "未见抗酸杆菌", SPUTUM, {}),
    ("TB-DNA", "阳性", PLEURA, {"tb_pleurisy": "strong"}),
    ("TB-DNA", "阳性", URINE, {}),
    ("Xpert MTB/RIF", "MTB检出,利福平耐药未检出", SPUTUM, {"pulmonary_tb": "strong"}),
    ("Xpert MTB/RIF", "MTB未检出", SPUTUM, {}),
    ("粪便培养", "检出志贺菌", STOOL, {"bacillary_dysentery": "strong"}),
    ("粪便培养", "未检出志贺菌、沙门菌", STOOL, {}),
    ("血培养及鉴定", "伤寒沙门菌", BLOOD, {"typhoid": "strong"}),
    ("血培养及鉴定", "甲型副伤寒沙门菌", BLOOD, {"paratyphoid": "strong"}),
    ("粪便培养", "沙门菌", STOOL, {"other_infectious_diarrhoea": "strong"}),
    ("霍乱弧菌", "检出非O1/非O139群霍乱弧菌", STOOL, {}),
    ("霍乱弧菌", "检出O139群霍乱弧菌", STOOL, {"cholera": "strong"}),
    ("肥达反应", "阳性", {}, {}),
    ("肺炎支原体IgM", "阳性", {}, {}),
    ("H7N9禽流感病毒核酸", "阳性", {}, {"novel_influenza": "strong"}),
    ("副流感病毒核酸", "阳性", {}, {}),
    ("EV71核酸", "阳性", {}, {}),  # needs the syndrome beside it
    ("新冠抗原", "阳性", {"status": "cancelled"}, {}),
]


@pytest.mark.parametrize(("name", "value", "more", "expected"), RESULTS)
def test_result(identifier, make, name, value, more, expected):
    [outcome] = identifier.identify([make(lab=((name, value, more),))])
    assert suspected(outcome) == expected


def test_a_test_that_needs_a_syndrome_counts_with_it(identifier, make):
    [outcome] = identifier.identify([make(lab=(("EV71核酸", "阳性"),), note="手足皮疹、口腔疱疹2天")])
    assert suspected(outcome) == {"hfmd": "moderate"}


def test_two_moderate_kinds_of_evidence_make_a_strong_one(identifier, make):
    [outcome] = identifier.identify([make(lab=(("TPPA", "阳性"), ("TRUST", "1:16")))])
    [one] = outcome.suspicions
    assert (one.confidence, one.rule, one.case_class) == ("strong", "combine", "confirmed")


def test_one_disease_named_twice_is_one_piece_of_evidence(identifier, make):
    [outcome] = identifier.identify([make(dx=("麻疹",), note="考虑麻疹,麻疹可能")])
    assert suspected(outcome) == {"measles": "moderate"}


CODED = [
    (Code("loinc", "94500-6"), Code("snomed", "260373001", "Detected"), {"covid19": "strong"}),
    (Code("loinc", "94500-6"), Code("snomed", "260415000", "Not detected"), {}),
]


@pytest.mark.parametrize(("test", "answer", "expected"), CODED)
def test_a_coded_result(identifier, test, answer, expected):
    result = Result((test,), "SARS-CoV-2 RNA", answer.text, "OBX[1]", value_codes=(answer,))
    [outcome] = identifier.identify([Record("lab_report", "r", "final", Source("test"), results=(result,))])
    assert suspected(outcome) == expected


DRUGS = [
    (("异烟肼片", "利福平胶囊", "吡嗪酰胺片", "盐酸乙胺丁醇片"), {"pulmonary_tb": "strong"}),
    (("异福酰胺片",), {"pulmonary_tb": "strong"}),
    (("异烟肼片", "利福喷丁胶囊"), {"pulmonary_tb": "moderate"}),
    (("利福平胶囊",), {}),
    (("利奈唑胺", "利福平"), {"pulmonary_tb": "moderate"}),
    (("替诺福韦", "拉米夫定"), {"hepatitis_b": "moderate"}),
    (("替诺福韦", "拉米夫定", "依非韦伦"), {"hiv_aids": "moderate"}),
    (("恩曲他滨替诺福韦片",), {}),
    (("恩曲他滨替诺福韦片", "多替拉韦钠片"), {"hiv_aids": "moderate"}),
    (("恩替卡韦",), {"hepatitis_b": "moderate"}),
    (("索磷布韦维帕他韦片",), {"hepatitis_c": "strong"}),
    (("狂犬病疫苗(Vero细胞)",), {}),
    (("阿莫西林",), {}),
]


@pytest.mark.parametrize(("drugs", "expected"), DRUGS)
def test_drugs(identifier, make, drugs, expected):
    [outcome] = identifier.identify([make(drugs=drugs)])
    assert suspected(outcome) == expected


def test_drugs_to_prevent_an_infection_treat_none(identifier, make):
    drugs = ("富马酸替诺福韦二吡呋酯片", "拉米夫定片")
    told = make(drugs=drugs)
    [outcome] = identifier.identify([replace(told, encounter=replace(told.encounter, reason="职业暴露后预防用药"))])
    assert not outcome.suspicions
    assert [(one.disease, one.rule) for one in outcome.withheld] == [("hepatitis_b", "nr_prophylaxis")]


CLASSES = [
    # results, diagnosis → the class that they prove
    ((("登革病毒NS1抗原", "阳性"),), "A97.9 登革热", "confirmed"),
    ((("登革热IgM抗体", "阳性"),), "A97.9 登革热", "clinical"),
    ((("登革热IgM抗体", "阳性"),), "", "suspected"),
    ((("流感病毒A型核酸", "阳性"),), "", "confirmed"),
    ((("流感病毒A型抗原", "阳性"),), "", None),
    ((("甲型流感病毒H3亚型抗原", "阳性"),), "", None),
    ((("流感病毒A型抗原", "阳性"),), "J11.1 流行性感冒", "confirmed"),
]


@pytest.mark.parametrize(("lab", "dx", "expected"), CLASSES)
def test_what_a_result_proves_by_itself_and_beside_a_diagnosis(identifier, make, lab, dx, expected):
    [outcome] = identifier.identify([make(lab=lab, dx=(dx,) if dx else ())])
    assert [one.case_class for one in outcome.suspicions] == [expected]


def test_rabies_vaccine_is_an_exposure_and_no_rabies(identifier, make):
    [outcome] = identifier.identify([make(drugs=("狂犬病疫苗",), note="犬咬伤2小时")])
    assert not outcome.suspicions
    assert {("rabies_exposure", "exposure"), ("animal_exposure", "syndrome")} <= {
        (one.concept, one.kind) for one in outcome.findings
    }


TOLD = [
    ("外院查甲流抗原阳性", {"influenza": "moderate"}),
    ("自测新冠抗原(+)", {"covid19": "moderate"}),
    ("新冠抗原阴性", {}),
    ("未查新冠抗原", {}),
    ("HBsAg：阳性", {"hepatitis_b": "moderate"}),
    ("HIV抗体阳性", {}),  # a screening test, told or sent
    ("父亲HBsAg阳性", {}),
    ("乙肝两对半已查", {}),
]


@pytest.mark.parametrize(("note", "expected"), TOLD)
def test_a_result_told_in_a_note(identifier, make, note, expected):
    [outcome] = identifier.identify([make(note=note)])
    assert suspected(outcome) == expected


IMAGES = [
    ("右上肺浸润性肺结核", {"pulmonary_tb": "moderate"}),
    ("双肺见空洞,结核可能", {"pulmonary_tb": "moderate"}),
    ("未见空洞", {}),
    ("右上肺陈旧性病灶", {}),
    ("肝右叶包虫囊肿", {"echinococcosis": "moderate"}),
    ("双肺多发斑片影", {}),
]


@pytest.mark.parametrize(("imaging", "expected"), IMAGES)
def test_imaging(identifier, make, imaging, expected):
    [outcome] = identifier.identify([make(imaging=imaging)])
    assert suspected(outcome) == expected


def test_nothing_is_said_of_a_cancelled_record(identifier, make):
    outcomes = identifier.identify([make(dx=("A00.9 霍乱",), status=status) for status in ("cancelled", "corrected")])
    assert [suspected(one) for one in outcomes] == [{}, {"cholera": "strong"}]


def test_a_suspicion_explains_itself(identifier, make):
    [outcome] = identifier.identify([make(dx=("A00.9 霍乱",), note="米泔水样便1天")])
    [one] = outcome.suspicions
    assert one.urgent
    assert one.pack_digest == identifier.digest
    [evidence] = [each for each in one.evidence if each.kind == "diagnosis_code"]
    assert (evidence.path, evidence.rule) == ("diagnosis[0]", "diag_icd")
    assert "A00.9" in evidence.says("zh")
    assert "A00.9" in evidence.says("en")


def test_a_subtype_is_hinted_where_the_code_names_it(identifier, make):
    hints = {
        code: identifier.identify([make(dx=(code,))])[0].suspicions[0].subtype_hint
        for code in ("A51.0 梅毒", "A53.9 梅毒", "B50.9 疟疾", "A15.0 肺结核", "A15.3 肺结核", "A22.1 炭疽")
    }
    assert hints == {
        "A51.0 梅毒": "syphilis_1",
        "A53.9 梅毒": None,
        "B50.9 疟疾": "malaria_falciparum",
        "A15.0 肺结核": "tb_pos",
        "A15.3 肺结核": None,
        "A22.1 炭疽": "anthrax_inhalational",
    }


def test_what_nobody_said_is_not_a_negative(identifier):
    bare = Record(
        "other", "k", "final", Source("test"), diagnoses=(Diagnosis((), "", "d"),), results=(Result((), "", "", "r"),)
    )
    assert identifier.identify([bare]) == [identify.Identified()]
