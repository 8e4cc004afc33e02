"""Results as senders write them whom nobody here has met: names in another order, organisms in names, mixed answers."""

from __future__ import annotations

import pytest

from yifang.formats.canonical import Code, Record, Result, Source

STOOL, SPUTUM, URINE = {"specimen": "粪便"}, {"specimen": "痰"}, {"specimen": "Urine"}
DIARRHOEA = "other_infectious_diarrhoea"

# test, value, more of the result, disease suspected; "" where nobody may be asked
RESULTS = [
    # -- the same words in another order, and shorthand
    ("Hepatitis A Ab, IgM", "Positive", {}, "hepatitis_a"),
    ("Hep A IgM", "REACTIVE", {}, "hepatitis_a"),
    ("Hepatitis A Ab, Total", "Positive", {}, ""),
    ("Hepatitis A Ab Total (IgG+IgM)", "Positive", {}, ""),
    ("Hepatitis B Surface Ag", "REACTIVE", {}, "hepatitis_b"),
    ("Hep B Surface Antibody", "Positive", {}, ""),
    ("Hep B Core Ab, IgM", "Positive", {}, "hepatitis_b"),
    ("Hepatitis C Virus RNA", "1250000", {"unit": "IU/mL", "reference_range": "<15"}, "hepatitis_c"),
    ("HIV RNA", "=45000", {"unit": "copies/mL"}, "hiv_aids"),
    ("HIV-1 Ab Western blot", "Positive", {}, "hiv_aids"),
    ("Rubeola Antibody, IgM", "POSITIVE", {}, "measles"),
    ("Measles IgG", "POSITIVE", {}, ""),
    ("Influenza A/H5 RNA", "Detected", {}, "novel_influenza"),
    ("甲肝病毒抗体IgM", "阳性", {}, "hepatitis_a"),
    ("戊肝病毒IgM抗体", "阳性", {}, "hepatitis_e"),
    ("戊型肝炎病毒抗体IgG", "阳性", {}, ""),
    # -- a test that the packs do not list, named by its organism
    ("Campylobacter species by PCR", "DETECTED", STOOL, DIARRHOEA),
    ("Shiga toxin 2 gene", "Positive", STOOL, DIARRHOEA),
    ("B. pertussis, PCR", "DETECTED", {}, "pertussis"),
    ("B. pertussis, PCR", "NOT DETECTED", {}, ""),
    ("Chlamydia trachomatis, NAA", "Positive", {}, "chlamydia"),
    ("Influenza A", "Detected", {}, "influenza"),
    ("Haemophilus influenzae", "Detected", {}, ""),
    ("Parainfluenza virus 3", "Detected", {}, ""),
    ("沙眼衣原体核酸", "阳性", {}, "chlamydia"),
    ("空肠弯曲菌", "检出", STOOL, DIARRHOEA),
    ("恙虫病东方体抗体IgM", "阳性", {}, "scrub_typhus"),
    ("恙虫病东方体抗体IgG", "阳性", {}, ""),
    ("甲型流感病毒IgM抗体", "阳性", {}, ""),
    ("狂犬病毒抗体", "阳性", {}, ""),
    ("VZV immune status", "Positive", {}, ""),
    ("Contact with measles virus", "Positive", {}, ""),
    ("呼吸道病原体核酸", "甲型流感病毒阳性,乙型流感病毒阴性", {}, "influenza"),
    ("呼吸道病原体核酸", "甲型流感病毒阴性,鼻病毒阳性", {}, ""),
    # -- each sentence affirms or denies on its own
    ("Stool culture", "No Salmonella, Shigella or Campylobacter isolated", STOOL, ""),
    ("Stool culture", "Shigella sonnei isolated. No Salmonella isolated.", STOOL, "bacillary_dysentery"),
    ("大便培养", "检出沙门菌,未检出志贺菌", STOOL, DIARRHOEA),
    ("粪便培养", "无沙门菌、志贺菌、霍乱弧菌生长", STOOL, ""),
    ("CSF PCR panel", "Neisseria meningitidis: Detected. Escherichia coli: Not Detected.", {}, "meningococcal"),
    ("Salmonella culture", "not performed", STOOL, ""),
    ("Salmonella culture", "Shigella sonnei", STOOL, "bacillary_dysentery"),
    # -- a longer name hides a shorter one
    ("大便培养", "鼠伤寒沙门菌", STOOL, DIARRHOEA),
    ("Stool culture", "Salmonella Typhimurium", STOOL, DIARRHOEA),
    ("Blood culture", "Salmonella enterica subsp. enterica serovar Typhi", {}, "typhoid"),
    ("AFB culture", "Mycobacterium avium complex", SPUTUM, ""),
    ("E. coli", ">100000 CFU/mL", URINE, ""),
    # -- what a value says
    ("SARS-CoV-2 RNA", "Not Positive", {}, ""),
    ("SARS-CoV-2 RNA", "true", {}, "covid19"),
    ("SARS-CoV-2 RNA", "false", {}, ""),
    ("HBsAg", "阳 性", {}, "hepatitis_b"),
]


@pytest.mark.parametrize(("name", "value", "more", "disease"), RESULTS, ids=[f"{row[0]}: {row[1]}" for row in RESULTS])
def test_a_result(identifier, make, name, value, more, disease):
    [outcome] = identifier.identify([make(lab=((name, value, more),))])
    assert {one.disease for one in outcome.suspicions} == ({disease} if disease else set())


@pytest.mark.parametrize(
    "order", ["输血前八项", "术前免疫八项", "传染病四项(术前)", "产前筛查四项", "Pre-operative infectious screen"]
)
def test_a_screening_order_by_another_name_does_not_prompt(identifier, make, order):
    [outcome] = identifier.identify([make(lab=(("乙肝表面抗原", "阳性", {"panel": order}),))])
    assert not outcome.suspicions
    assert [one.rule for one in outcome.withheld] == ["nr_preop4"]


def test_a_report_that_concludes_with_a_disease(identifier):
    codes = (Code("snomed", "27836007", "Pertussis"),)
    result = Result((), "Culture", "Pertussis", "report.conclusionCode", codes, "CodeableConcept")
    [outcome] = identifier.identify([Record("lab_report", "1", "final", Source("fhir"), results=(result,))])
    assert [one.disease for one in outcome.suspicions] == ["pertussis"]
