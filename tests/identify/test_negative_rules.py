"""Each negative rule of the triggers pack: what it holds back, and when the evidence prompts all the same."""

from __future__ import annotations

from datetime import date

import pytest

from yifang import identify, knowledge
from yifang.identify import PersonContext, Reported

PANEL = {"panel": "术前四项"}

# rule → [(what the record holds, disease that must not be suspected)]
HELD = {
    "nr_preop4": [
        ({"lab": (("乙肝表面抗原(HBsAg)", "阳性", PANEL),)}, "hepatitis_b"),
        ({"lab": (("HBsAg", "250", {"reference_range": "0-0.05", "panel": "输血前检查"}),)}, "hepatitis_b"),
        ({"lab": (("HBsAg", "阳性"),), "reason": "内镜前筛查"}, "hepatitis_b"),
    ],
    "nr_hiv_screen": [
        ({"lab": (("HIV抗体", "有反应"),)}, "hiv_aids"),
        ({"lab": (("ＨＩＶ－１／２ 抗体", "阳性(+)"),)}, "hiv_aids"),
    ],
    "nr_hbv_carrier": [
        ({"dx": ("Z22.5 乙型肝炎表面抗原携带者",), "lab": (("HBsAg", "阳性"),)}, "hepatitis_b"),
        ({"dx": ("乙肝携带者",)}, "hepatitis_b"),
    ],
    "nr_tp_single": [({"lab": (("梅毒螺旋体抗体", "阳性"),)}, "syphilis")],
    "nr_hcv_ab_only": [({"lab": (("丙型肝炎病毒抗体", "阳性"),)}, "hepatitis_c")],
    "nr_maternal_antibody": [({"lab": (("TPPA", "阳性"), ("RPR", "阴性")), "age": "2月"}, "syphilis")],
    "nr_refill": [
        ({"dx": ("B18.1 慢性乙型病毒性肝炎",), "drugs": ("恩替卡韦分散片",), "reason": "复诊配药"}, "hepatitis_b"),
        ({"dx": ("A16.2 肺结核",), "note": "要求续方"}, "pulmonary_tb"),
    ],
    "nr_checkup": [
        ({"lab": (("乙肝表面抗原", "阳性"),), "visit": "checkup"}, "hepatitis_b"),
        ({"imaging": "右上肺斑片影,肺结核可能,结核可能", "reason": "入职体检"}, "pulmonary_tb"),
    ],
    "nr_gastroenteritis": [
        ({"dx": ("A09 急性胃肠炎",), "note": "腹泻1天"}, "other_infectious_diarrhoea"),
        ({"dx": ("A09.900x003 急性肠炎",)}, "other_infectious_diarrhoea"),
    ],
    "nr_old_tb": [
        ({"dx": ("陈旧性肺结核",)}, "pulmonary_tb"),
        ({"dx": ("B90.9 肺结核",)}, "pulmonary_tb"),
        ({"dx": ("A16.2 陈旧性肺结核",)}, "pulmonary_tb"),
        ({"imaging": "右上肺陈旧性空洞"}, "pulmonary_tb"),
        ({"dx": ("高血压",), "note": "肺结核病史20年"}, "pulmonary_tb"),
    ],
    "nr_tb_operated": [({"dx": ("肺结核术后",)}, "pulmonary_tb"), ({"imaging": "右上肺结核术后改变"}, "pulmonary_tb")],
    "nr_extrapulmonary_tb": [
        ({"dx": ("A18.0 骨结核",), "drugs": ("异烟肼片", "利福平胶囊", "吡嗪酰胺片")}, "pulmonary_tb"),
    ],
    "nr_ntm": [
        ({"lab": (("分枝杆菌培养", "阳性,鉴定为非结核分枝杆菌", {"specimen": "痰"}),)}, "pulmonary_tb"),
        ({"dx": ("非结核分枝杆菌肺病",), "lab": (("抗酸染色", "2+", {"specimen": "痰"}),)}, "pulmonary_tb"),
    ],
    "nr_igra": [({"lab": (("T-SPOT.TB", "阳性"),)}, "pulmonary_tb")],
    "nr_negative_result": [({"note": "HIV感染阴性,乙肝(-)"}, "hepatitis_b")],
    "nr_sequela": [({"dx": ("B91 小儿麻痹后遗症",)}, "polio")],
    "nr_vaccine": [
        ({"dx": ("Z24.2 狂犬病暴露后预防接种",)}, "rabies"),
        ({"note": "来院接种水痘"}, "varicella"),
    ],
    "nr_prophylaxis": [
        ({"drugs": ("替诺福韦", "恩曲他滨", "多替拉韦"), "note": "职业暴露后PEP"}, "hiv_aids"),
        ({"drugs": ("异烟肼片", "利福喷丁胶囊"), "dx": ("Z29.2 预防性治疗",)}, "pulmonary_tb"),
    ],
    "nr_j09_h1n1": [({"dx": ("J09 甲型H1N1流感",)}, "novel_influenza")],
    "nr_common_pneumonia": [],  # no code stands for 不明原因肺炎, see test_common_pneumonia_never_prompts
    "nr_recent_vaccine_igm": [
        ({"lab": (("麻疹病毒IgM", "阳性"),), "doses": (("麻腮风三联疫苗", "2026-11-03"),)}, "measles"),
    ],
}
CASES = [(rule, held, disease) for rule, cases in HELD.items() for held, disease in cases]


def test_every_rule_of_the_pack_is_specified_here():
    assert set(HELD) == {rule.id for rule in knowledge.load().triggers.negative_rules}


@pytest.mark.parametrize(("rule", "held", "disease"), CASES, ids=[f"{case[0]}-{case[2]}" for case in CASES])
def test_evidence_is_withheld_with_the_rule(identifier, make, rule, held, disease):
    [outcome] = identifier.identify([make(**held)])
    assert disease not in {one.disease for one in outcome.suspicions}
    assert (disease, rule) in {(one.disease, one.rule) for one in outcome.withheld}


PROMPTS = [
    ("confirmed by RNA", {"lab": (("抗-HCV", "阳性", PANEL), ("HCV RNA", "1.2E5", {"unit": "IU/mL"}))}, "hepatitis_c"),
    ("confirmed by blot", {"lab": (("HIV抗体", "阳性"), ("HIV抗体确证试验", "阳性"))}, "hiv_aids"),
    ("both syphilis tests", {"lab": (("TPPA", "阳性"), ("TRUST", "1:16"))}, "syphilis"),
    ("diagnosed before surgery", {"lab": (("HBsAg", "阳性", PANEL),), "dx": ("B16.9 急性乙型肝炎",)}, "hepatitis_b"),
    (
        "diagnosed at a check-up",
        {"lab": (("HBsAg", "阳性"),), "dx": ("B16.9 急性乙肝",), "visit": "checkup"},
        "hepatitis_b",
    ),
    ("stool proves it", {"dx": ("A09 急性胃肠炎",), "lab": (("诺如病毒核酸", "阳性"),)}, "other_infectious_diarrhoea"),
    ("the doctor names it", {"dx": ("A09 感染性腹泻",)}, "other_infectious_diarrhoea"),
    (
        "old lesion, new bacilli",
        {"dx": ("陈旧性肺结核",), "lab": (("Xpert MTB/RIF", "检出", {"specimen": "痰"}),)},
        "pulmonary_tb",
    ),
    ("relapse", {"dx": ("A16.2 陈旧性肺结核复发",)}, "pulmonary_tb"),
    ("no vaccine lately", {"lab": (("麻疹病毒IgM", "阳性"),), "doses": (("麻腮风疫苗", "2020-01-01"),)}, "measles"),
    ("lungs as well", {"dx": ("A18.0 骨结核", "A16.2 肺结核")}, "pulmonary_tb"),
    ("H7 found", {"dx": ("J09 流感",), "lab": (("H7N9", "阳性"),)}, "novel_influenza"),
]


@pytest.mark.parametrize(("why", "held", "disease"), PROMPTS, ids=[case[0] for case in PROMPTS])
def test_what_lifts_a_rule_prompts(identifier, make, why, held, disease):
    [outcome] = identifier.identify([make(**held)])
    assert disease in {one.disease for one in outcome.suspicions}


def test_common_pneumonia_never_prompts(identifier, make):
    records = [make(dx=(f"{code}.9 肺炎",), imaging="双肺多发斑片影") for code in ("J12", "J13", "J15", "J16", "J18")]
    assert all(not outcome.suspicions for outcome in identifier.identify(records))


REPORTED = [
    ("hepatitis_b", "B18.1 慢性乙型肝炎", Reported("hepatitis_b", date(2015, 1, 1)), False),
    ("pulmonary_tb", "A15.0 肺结核", Reported("pulmonary_tb", date(2026, 5, 1)), False),
    ("pulmonary_tb", "A15.0 肺结核", Reported("pulmonary_tb", date(2024, 5, 1), date(2024, 11, 1)), True),
    ("influenza", "J10.1 流感", Reported("influenza", date(2026, 11, 20)), False),
    ("influenza", "J10.1 流感", Reported("influenza", date(2026, 1, 20)), True),
]


@pytest.mark.parametrize(("disease", "dx", "card", "prompts"), REPORTED)
def test_an_episode_is_asked_once(identifier, make, disease, dx, card, prompts):
    [outcome] = identifier.identify([make(dx=(dx,))], context=PersonContext(reported=(card,)))
    assert (disease in {one.disease for one in outcome.suspicions}) is prompts
    if not prompts:
        assert ("already_reported", disease) in {(one.rule, one.disease) for one in outcome.withheld}


def test_a_refill_whose_card_was_looked_for_and_not_found_is_shown(identifier, make):
    record = make(dx=("B18.1 慢性乙型病毒性肝炎",), reason="复诊配药")
    [looked] = identifier.identify([record], context=PersonContext())
    assert [one.disease for one in looked.suspicions] == ["hepatitis_b"]


def test_every_refusal_can_be_put_into_words(identifier, make):
    records = [make(**held) for _, held, _ in CASES]
    for outcome in identifier.identify(records):
        for one in outcome.withheld:
            assert one.rule in one.says("zh")
            assert one.rule in one.says("en")
            assert one.evidence.says("zh")


EPISODES = [
    ("hepatitis_b", date(2026, 1, 1), (), "hepatitis_b:p"),
    ("measles", date(2026, 1, 1), (), "measles:p:2026-01-01"),
    ("measles", date(2026, 1, 12), (Reported("measles", date(2026, 1, 1)),), "measles:p:2026-01-01"),
    ("measles", date(2026, 2, 1), (Reported("measles", date(2026, 1, 1)),), "measles:p:2026-02-01"),
    ("pulmonary_tb", date(2026, 9, 1), (Reported("pulmonary_tb", date(2026, 1, 1)),), "pulmonary_tb:p:2026-01-01"),
    (
        "pulmonary_tb",
        date(2026, 9, 1),
        (Reported("pulmonary_tb", date(2026, 1, 1), date(2026, 7, 1)),),
        "pulmonary_tb:p:2026-09-01",
    ),
]


@pytest.mark.parametrize(("disease", "at", "earlier", "key"), EPISODES)
def test_episode_key(identifier, disease, at, earlier, key):
    assert identify.episode_key(identifier.episodes, disease, "p", at, earlier) == key
