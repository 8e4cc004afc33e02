"""An examination in results and codes: how laboratories name a test and say its outcome, and what must be suspected."""

from __future__ import annotations

import pytest

from yifang.formats.canonical import Code, Diagnosis, Record, Result, Source

SPUTUM, STOOL, PANEL = {"specimen": "痰"}, {"specimen": "粪便"}, {"panel": "术前四项"}
LOAD = {"unit": "copies/mL"}

# (test, value, more), disease suspected; "" where nobody may be asked
RESULTS = [
    # -- the same test as laboratories write it
    (("HIV-1抗体确证试验", "阳性"), "hiv_aids"),
    (("HIV抗体确证试验(WB)", "HIV-1抗体阳性"), "hiv_aids"),
    (("HIV-1/2抗体确证", "阳性"), "hiv_aids"),
    (("人类免疫缺陷病毒抗体确证(免疫印迹法)", "阳性(+)"), "hiv_aids"),
    (("HIV-1 Western Blot", "Positive"), "hiv_aids"),
    (("HIV1病毒载量", "15000", {**LOAD, "reference_range": "<20"}), "hiv_aids"),
    (("HIV-1抗体确证试验", "阴性"), ""),
    (("HIV-1抗体确证试验", "不确定"), ""),
    (("HIV抗体(化学发光)", "阳性"), ""),
    (("HIV Ag/Ab Combo", "Reactive"), ""),
    (("抗-HIV", "初筛阳性,待确证"), ""),
    (("布氏杆菌试管凝集试验", "1:200(++)"), "brucellosis"),
    (("布鲁菌抗体(虎红平板)", "阳性"), "brucellosis"),
    (("布鲁氏菌试管凝集(SAT)", "1:25"), ""),
    (("甲型流感病毒抗原检测", "阳性"), "influenza"),
    (("流感病毒A型核酸", "检出"), "influenza"),
    (("甲乙流抗原", "甲型阳性"), "influenza"),
    (("Influenza A virus RNA", "Detected"), "influenza"),
    (("Influenza A virus RNA", "Not detected"), ""),
    (("新型冠状病毒ORF1ab基因", "阳性"), "covid19"),
    (("SARS-CoV-2 RNA NAA+probe", "Positive"), "covid19"),
    (("SARS-CoV-2 RNA", "NOT DETECTED"), ""),
    (("麻疹病毒抗体IgM", "阳性(+)"), "measles"),
    (("麻疹病毒IgG抗体", "阳性"), ""),
    (("风疹病毒抗体IgM", "1.85", {"reference_range": "<0.9"}), "rubella"),
    (("风疹病毒抗体IgG", "120", {"reference_range": "<10"}), ""),
    (("腮腺炎病毒抗体IgM", "弱阳性"), "mumps"),
    (("登革病毒NS1抗原", "+"), "dengue"),
    (("登革热抗体IgG", "阳性"), ""),
    (("血涂片找疟原虫", "查见恶性疟原虫"), "malaria"),
    (("血涂片找疟原虫", "未查见疟原虫"), ""),
    (("汉坦病毒抗体IgM", "阳性"), "hfrs"),
    (("流行性乙型脑炎病毒IgM", "阳性"), "japanese_encephalitis"),
    (("百日咳杆菌核酸检测", "阳性(CT 24.1)"), "pertussis"),
    (("戊型肝炎病毒抗体IgM", "3.2 S/CO", {"reference_range": "0-1"}), "hepatitis_e"),
    (("甲型肝炎抗体IgM", "阴性"), ""),
    (("乙型肝炎病毒核心抗体IgM", "阳性"), "hepatitis_b"),
    (("乙型肝炎表面抗体", "阳性"), ""),
    (("乙肝表面抗体(抗-HBs)", "560", {"reference_range": "0-10", "unit": "mIU/mL"}), ""),
    (("乙肝e抗体", "阳性"), ""),
    (("HBsAg定量", "> 250.00", {"reference_range": "<0.05", "unit": "IU/mL"}), "hepatitis_b"),
    (("HBsAg定量", "0.01", {"reference_range": "<0.05", "unit": "IU/mL"}), ""),
    (("乙肝表面抗原", "阳性", PANEL), ""),
    (("丙型肝炎病毒RNA定量", "2.5E+06", {"unit": "IU/mL", "reference_range": "<15"}), "hepatitis_c"),
    (("丙型肝炎病毒RNA定量", "<15", {"unit": "IU/mL", "reference_range": "<15"}), ""),
    (("HCV-RNA", "未检测到", {}), ""),
    (("诺如病毒GII核酸", "阳性", STOOL), "other_infectious_diarrhoea"),
    (("A组轮状病毒抗原", "阳性", STOOL), "other_infectious_diarrhoea"),
    (("肠道病毒71型核酸", "阳性"), ""),
    (("柯萨奇病毒A16型核酸", "阴性"), ""),
    (("结核分枝杆菌DNA", "阳性", SPUTUM), "pulmonary_tb"),
    (("痰涂片找抗酸杆菌", "3+", SPUTUM), "pulmonary_tb"),
    (("抗酸染色", "未找到抗酸杆菌", SPUTUM), ""),
    (("GeneXpert MTB/RIF", "MTB DETECTED, RIF Resistance NOT DETECTED", SPUTUM), "pulmonary_tb"),
    (("GeneXpert MTB/RIF", "MTB NOT DETECTED", SPUTUM), ""),
    (("结核感染T细胞检测", "阳性"), ""),
    (("淋球菌培养", "淋病奈瑟菌生长"), "gonorrhoea"),
    (("猴痘病毒DNA", "阳性"), "mpox"),
    (("发热伴血小板减少综合征病毒核酸", "阳性"), "sfts"),
    (("粪便细菌培养", "检出福氏志贺菌", STOOL), "bacillary_dysentery"),
    (("粪便细菌培养", "未检出沙门菌、志贺菌", STOOL), ""),
    (("大便培养+鉴定", "霍乱弧菌O1群小川型", STOOL), "cholera"),
    (("血培养", "伤寒沙门氏菌", {"specimen": "静脉血"}), "typhoid"),
    (("脑脊液培养", "脑膜炎奈瑟菌"), "meningococcal"),
    (("基孔肯雅病毒RNA", "阳性"), "chikungunya"),
    # -- outcomes that are none
    (("甲型流感病毒抗原", ""), ""),
    (("甲型流感病毒抗原", "标本溶血,退检"), ""),
    (("甲型流感病毒抗原", "±"), ""),
    (("甲型流感病毒抗原", "(-)"), ""),
    (("甲型流感病毒抗原", "阴性(-)"), ""),
    (("甲型流感病毒抗原", "Invalid"), ""),
    (("甲型流感病毒抗原", "阳性", {"status": "cancelled"}), ""),
    (("甲型流感病毒抗原", "阳", {}), "influenza"),
    (("甲型流感病毒抗原", "POS", {}), "influenza"),
    (("甲型流感病毒抗原", "（＋）", {}), "influenza"),
    # -- of no concern here
    (("白细胞计数", "15.2", {"reference_range": "3.5-9.5"}), ""),
    (("C反应蛋白", "120", {"reference_range": "<10"}), ""),
    (("肺炎支原体IgM", "阳性"), ""),
    (("EB病毒DNA", "阳性"), ""),
    (("幽门螺杆菌抗体", "阳性"), ""),
    (("肥达反应", "H 1:160"), ""),
]  # fmt: skip


def one_of(given) -> tuple:
    name, value, *more = given
    return (name, value, *more) if more else (name, value)


@pytest.mark.parametrize(("result", "disease"), RESULTS, ids=[f"{r[0]} {r[1]} {r[2:] or ''}" for r, _ in RESULTS])
def test_a_result(identifier, make, result, disease):
    [outcome] = identifier.identify([make(lab=(one_of(result),))])
    assert {one.disease for one in outcome.suspicions} == ({disease} if disease else set())


CODED = [
    # LOINC, name, coded value (SNOMED) or text → disease
    (("loinc", "94500-6", "SARS-CoV-2 RNA Resp Ql NAA+probe"), ("snomed", "260373001", "Detected"), "covid19"),
    (("loinc", "94500-6", "SARS-CoV-2 RNA Resp Ql NAA+probe"), ("snomed", "260415000", "Not detected"), ""),
    (("loinc", "5196-1", "HBsAg SerPl Ql IA"), ("snomed", "10828004", "Positive"), "hepatitis_b"),
    (("loinc", "13950-1", "HAV IgM SerPl Ql IA"), ("snomed", "10828004", "Positive"), "hepatitis_a"),
    (("loinc", "13950-1", "HAV IgM SerPl Ql IA"), ("snomed", "260385009", "Negative"), ""),
    (("loinc", "13955-0", "HCV Ab SerPl Ql IA"), ("snomed", "260385009", "Negative"), ""),
]


@pytest.mark.parametrize(("test", "value", "disease"), CODED, ids=[f"{t[1]} {v[2]}" for t, v, _ in CODED])
def test_a_coded_result(identifier, test, value, disease):
    result = Result((Code(*test),), test[2], value[2], "OBX[1]", value_codes=(Code(*value),))
    record = Record("lab_report", "K", "final", Source("hl7v2"), results=(result,))
    [outcome] = identifier.identify([record])
    assert {one.disease for one in outcome.suspicions} == ({disease} if disease else set())


DIAGNOSES = [
    (("icd10", "A23.900", "布氏杆菌病"), "brucellosis"),
    (("icd10", "A23.9", "布鲁菌病"), "brucellosis"),
    (("icd10", "U07.100x001", "新型冠状病毒肺炎"), "covid19"),
    (("local", "ZD0001", "布氏杆菌病"), "brucellosis"),
    (("local", "", "新型冠状病毒肺炎"), "covid19"),
    (("icd10", "B20.900", "艾滋病"), "hiv_aids"),
    (("icd10", "Z21.x00", "无症状HIV感染"), "hiv_aids"),
    (("icd10", "J10.101", "流行性感冒伴肺炎"), "influenza"),
    (("icd10", "B01.900", "水痘"), "varicella"),
    (("icd10", "A08.000", "轮状病毒性肠炎"), "other_infectious_diarrhoea"),
    (("icd10", "J06.900", "急性上呼吸道感染"), ""),
    (("icd10", "B02.900", "带状疱疹"), ""),
    (("icd10", "Z23.801", "麻疹疫苗接种"), ""),
    (("icd10", "Z11.400", "HIV筛查"), ""),
    (("icd10", "Z22.500", "乙型肝炎携带者"), ""),
    (("icd10", "B90.900", "陈旧性肺结核"), ""),
]


@pytest.mark.parametrize(("code", "disease"), DIAGNOSES, ids=[f"{c[1]} {c[2]}" for c, _ in DIAGNOSES])
def test_a_diagnosis(identifier, code, disease):
    diagnosis = Diagnosis((Code(*code),) if code[1] else (), code[2], "DG1[1]")
    record = Record("encounter", "K", "final", Source("hl7v2"), diagnoses=(diagnosis,))
    [outcome] = identifier.identify([record])
    assert {one.disease for one in outcome.suspicions} == ({disease} if disease else set())


@pytest.mark.parametrize("status", ["cancelled", "preliminary", "corrected", "final"])
def test_a_cancelled_record_says_nothing(identifier, make, status):
    from dataclasses import replace

    [outcome] = identifier.identify([replace(make(lab=(("甲型流感病毒抗原", "阳性"),)), status=status)])
    assert bool(outcome.suspicions) is (status != "cancelled")
