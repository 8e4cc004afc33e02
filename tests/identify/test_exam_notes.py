"""An examination in notes: one line each, as doctors write them, in Chinese, in English and between the two.

Every line says which diseases must be suspected (none: nobody may be asked), and what is said of some concept.
"""

from __future__ import annotations

import pytest

from yifang import formats

NOTES = [
    # text, diseases suspected, (concept, assertion) that must be found
    # -- said of the patient
    ("患儿发热3天，手、足、臀部出现皮疹，诊断：手足口病", "hfmd", ("hfmd", "present")),
    ("门诊诊断：1.水痘 2.上呼吸道感染", "varicella", ("varicella", "present")),
    ("确诊布氏杆菌病，多西环素治疗", "brucellosis", ("brucellosis", "present")),
    ("布鲁菌病(急性期)，牧民，波浪热", "brucellosis", ("brucellosis", "present")),
    ("入院诊断：新型冠状病毒肺炎(重型)", "covid19", ("covid19", "present")),
    ("流行性感冒(甲型)，奥司他韦口服", "influenza", ("influenza", "present")),
    ("急性乙型病毒性肝炎，黄疸型", "hepatitis_b", ("hepatitis_b", "present")),
    ("慢乙肝，HBV DNA 2.3E6", "hepatitis_b", ("hepatitis_b", "present")),
    ("间日疟，非洲归国人员", "malaria", ("malaria", "present")),
    ("登革出血热，血小板18", "dengue", ("dengue", "present")),
    ("继发性肺结核，痰涂片阳性", "pulmonary_tb", ("pulmonary_tb", "present")),
    ("结核性渗出性胸膜炎", "tb_pleurisy", ("tb_pleurisy", "present")),
    ("二期梅毒，RPR 1:32", "syphilis", ("syphilis", "present")),
    ("淋菌性尿道炎", "gonorrhoea", ("gonorrhoea", "present")),
    ("蜱虫病（SFTS）待进一步治疗", "sfts", ("sfts", "present")),
    ("急性菌痢，大便脓血", "bacillary_dysentery", ("bacillary_dysentery", "present")),
    ("诺如病毒胃肠炎", "other_infectious_diarrhoea", ("other_infectious_diarrhoea", "present")),
    ("肝包虫病术后复发", "echinococcosis", ("echinococcosis", "present")),
    ("流脑，皮肤瘀斑，昏迷", "meningococcal", ("meningococcal", "present")),
    # -- doubted: the card may be written as suspected
    ("麻疹？风疹？", "measles rubella", ("measles", "uncertain")),
    ("疑似百日咳，痉挛性咳嗽2周", "pertussis", ("pertussis", "uncertain")),
    ("猩红热待排", "scarlet_fever", ("scarlet_fever", "uncertain")),
    ("不除外肺结核，建议查痰", "pulmonary_tb", ("pulmonary_tb", "uncertain")),
    ("拟诊流行性腮腺炎", "mumps", ("mumps", "uncertain")),
    ("考虑流行性出血热可能性大", "hfrs", ("hfrs", "uncertain")),
    # -- denied
    ("否认肝炎、结核等传染病史", "", ("pulmonary_tb", None)),
    ("否认乙肝、肺结核病史", "", ("pulmonary_tb", "absent")),
    ("无肺结核病史及接触史", "", ("pulmonary_tb", "absent")),
    ("排除麻疹，考虑药疹", "", ("measles", "absent")),
    ("已除外流行性脑脊髓膜炎", "", ("meningococcal", "absent")),
    ("不支持猩红热诊断", "", ("scarlet_fever", "absent")),
    ("目前无手足口病表现", "", ("hfmd", "absent")),
    ("未患过水痘", "", ("varicella", "absent")),
    ("没有得过麻疹", "", ("measles", "absent")),
    ("新冠抗原阴性，甲流抗原阴性", "", ("covid19", "absent")),
    ("HIV(-)，TP(-)，HBsAg(-)", "", ("hepatitis_b", "absent")),
    ("梅毒、艾滋病筛查均为阴性", "", ("syphilis", "absent")),
    # -- of old
    ("既往肺结核病史10年，已治愈", "", ("pulmonary_tb", "historical")),
    ("幼时患水痘", "", ("varicella", "historical")),
    ("2015年曾患甲肝", "", ("hepatitis_a", "historical")),
    ("5年前患乙肝，现复查", "", ("hepatitis_b", "historical")),
    ("既往史：高血压，肺结核", "", ("pulmonary_tb", "historical")),
    ("小儿麻痹后遗症，右下肢跛行", "", ("polio", "historical")),
    ("陈旧性肺结核，硬结钙化灶", "", ("pulmonary_tb", "historical")),
    ("曾感染新冠，已康复", "", ("covid19", "historical")),
    # -- of others
    ("其母患乙肝", "", ("hepatitis_b", "other_person")),
    ("同班同学患水痘", "", ("varicella", "other_person")),
    ("家中有肺结核病人", "", ("pulmonary_tb", "other_person")),
    ("有麻疹病人接触史", "", ("measles", "other_person")),
    ("父亲为乙肝患者，本人体健", "", ("hepatitis_b", "other_person")),
    ("丈夫HIV阳性", "", ("hiv_aids", "other_person")),
    ("家族史：父患肺结核", "", ("pulmonary_tb", "other_person")),
    ("幼儿园近期有手足口病流行", "", ("hfmd", None)),
    # -- vaccines, screening, teaching, tests only named
    ("接种麻疹疫苗后发热1天", "", ("fever", "present")),
    ("今日接种水痘疫苗第2剂", "", ("varicella", None)),
    ("狂犬病疫苗第3针，犬咬伤", "", ("rabies", None)),
    ("术前查乙肝五项、梅毒、HIV、丙肝", "", ("hepatitis_b", None)),
    ("入职体检，要求查乙肝两对半", "", ("hepatitis_b", None)),
    ("建议完善结核菌素试验", "", ("pulmonary_tb", None)),
    ("流感样症状，流感抗原待回报", "", ("influenza", None)),
    ("健康宣教：预防流感、手足口病", "", ("hfmd", None)),
    ("行肺结核筛查", "", ("pulmonary_tb", None)),
    ("乙肝疫苗已全程接种", "", ("hepatitis_b", None)),
    # -- words within words
    ("荨麻疹2天，瘙痒", "", ("measles", None)),
    ("带状疱疹，左胸背部", "", ("varicella", None)),
    ("非典型肺炎支原体感染", "", ("sars", None)),
    ("副流感病毒感染", "", ("influenza", None)),
    ("流感嗜血杆菌肺炎", "", ("influenza", None)),
    ("消化道出血，热水袋外敷", "", ("hfrs", None)),
    # -- results told
    ("外院查HBsAg阳性，ALT 560", "hepatitis_b", ("hepatitis_b", "present")),
    ("甲流抗原(+)，体温39.2℃", "influenza", ("influenza", "present")),
    ("新冠核酸阳性", "covid19", ("covid19", "present")),
    # -- English and mixed
    ("Impression: measles, day 3 of rash", "measles", ("measles", "present")),
    ("Dx: HFMD", "hfmd", ("hfmd", "present")),
    ("r/o measles", "measles", ("measles", "uncertain")),
    ("Rule out pulmonary TB", "pulmonary_tb", ("pulmonary_tb", "uncertain")),
    ("Suspected pertussis, paroxysmal cough for 2 weeks", "pertussis", ("pertussis", "uncertain")),
    ("Possible dengue fever; travel to Thailand", "dengue", ("dengue", "uncertain")),
    ("Denies fever or cough", "", ("cough", "absent")),
    ("No fever, no cough, no rash", "", ("rash", "absent")),
    ("Patient without diarrhea", "", ("diarrhoea", "absent")),
    ("Negative for influenza A and B", "", ("influenza", "absent")),
    ("COVID-19 PCR negative", "", ("covid19", "absent")),
    ("History of hepatitis B", "", ("hepatitis_b", "historical")),
    ("h/o pulmonary tuberculosis, treated 2010", "", ("pulmonary_tb", "historical")),
    ("Mother has chickenpox", "", ("varicella", "other_person")),
    ("Family history of syphilis", "", ("syphilis", "other_person")),
    ("Received measles vaccine last month", "", ("measles", None)),
    ("Contact with a case of measles", "", ("measles", "other_person")),
    ("Measles has been ruled out", "", ("measles", "absent")),
    ("患者 fever 38.9℃, cough 2天, 诊断 influenza A", "influenza", ("cough", "present")),
    ("Fever and cough for 3 days", "", ("fever", "present")),
    ("COVID-19阳性", "covid19", ("covid19", "present")),
    ("ＨＩＶ感染者，ＣＤ４ 180", "hiv_aids", ("hiv_aids", "present")),
    ("肺TB？", "pulmonary_tb", ("pulmonary_tb", "uncertain")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "diseases", "said"), NOTES, ids=[note[0] for note in NOTES])
def test_a_note(identifier, text, diseases, said):
    [item] = formats.read_text(("notes.txt", text.encode()))
    [outcome] = identifier.identify(item.records)
    assert {one.disease for one in outcome.suspicions} == set(diseases.split())
    concept, assertion = said
    found = {one.assertion for one in outcome.findings if one.concept == concept}
    if assertion is None:
        assert "present" not in found
    else:
        assert found == {assertion}
    for one in outcome.findings:
        if one.start is not None:
            assert one.text == text[one.start : one.end]
