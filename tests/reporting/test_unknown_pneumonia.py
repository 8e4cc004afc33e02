"""Pneumonia of unknown cause: by its four criteria in the records of a stay, never by a code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests import apps
from tests.reporting.test_suspicions import take
from yifang.apps.reporting.models import Suspicion
from yifang.formats import canonical

pytestmark = [pytest.mark.django_db]

WHO = apps.person("吴强", apps.date(1980, 3, 3))
PNEUMONIA = ("J18.900", "肺炎")
FEVER = "发热、咳嗽4天,体温最高39.2℃,收住院"
CT = "胸部CT:双肺多发斑片影,磨玻璃影"
FAILED = "入院后予左氧氟沙星抗感染治疗4天,仍有发热,复查病灶较前进展,无明显改善"


def stay(
    key: str, *results: tuple[str, str], diagnoses=(PNEUMONIA,), kind="encounter", **notes: str
) -> canonical.Record:
    one = apps.record(
        key, kind=kind, who=WHO, visit="inpatient", department="呼吸内科", diagnoses=diagnoses,
        results=tuple(apps.result(name, value) for name, value in results),
    )  # fmt: skip
    given = tuple(canonical.Note(section, text, section, one.at) for section, text in notes.items())
    return replace(one, notes=given, encounter=replace(one.encounter, id="Z1"))


def treated(plan: str) -> canonical.Record:
    return stay("Z1", ("WBC", "5.2"), complaint=FEVER, imaging=CT, plan=plan)


ALL = [stay("Z1", ("白细胞计数", "5.2"), complaint=FEVER, imaging=CT, plan=FAILED)]
APART = [
    stay("Z1", complaint=FEVER),
    stay("L1", ("白细胞计数", "3.1"), ("淋巴细胞绝对值", "0.6"), diagnoses=(), kind="lab_report"),
    stay("R1", diagnoses=(), kind="document", imaging=CT),
    stay("Z2", plan=FAILED),
]
CASES = {
    "all in one record": (ALL, True),
    "one by one in a stay": (APART, True),
    "the picture last": ([APART[0], APART[1], APART[3], APART[2]], True),
    "no treatment yet": (APART[:3], False),
    "treated for two days": ([treated("抗感染治疗2天,仍有发热")], False),
    "getting better": ([treated("抗感染治疗4天,体温正常,明显好转")], False),
    "leucocytes high": ([stay("Z1", ("WBC", "16.8"), complaint=FEVER, imaging=CT, plan=FAILED)], False),
    "no fever": ([stay("Z1", ("WBC", "5.2"), complaint="咳嗽4天,收住院", imaging=CT, plan=FAILED)], False),
    "lungs clear": ([stay("Z1", ("WBC", "5.2"), complaint=FEVER, imaging="双肺未见斑片影", plan=FAILED)], False),
    "a code alone": ([stay("Z1")], False),
    "ordinary bronchopneumonia": (
        [stay("Z1", diagnoses=(("J18.000", "支气管肺炎"),), complaint=FEVER, history="10天前起咳嗽,抗感染治疗效果不佳"),
         *APART[1:3]], False),
    "its agent named in the end": ([*APART, stay("Z3", diagnoses=(("J15.700", "肺炎支原体性肺炎"),))], True),
    "its agent named before": ([stay("Z3", diagnoses=(("J15.700", "肺炎支原体性肺炎"),)), *APART], False),
    "explained by influenza": (
        [stay("Z1", ("WBC", "5.2"), ("甲型流感病毒核酸", "阳性"), complaint=FEVER, imaging=CT, plan=FAILED)], False),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_by_four_criteria(name: str) -> None:
    county = apps.county()
    records, raised = CASES[name]
    for one in records:
        take(county, one)
    found = Suspicion.objects.filter(disease="unknown_pneumonia").first()
    assert (found is not None) is raised
    if found is not None:
        assert (found.case_class, found.urgent, found.confidence) == ("suspected", True, "strong")
        assert {"up_fever", "up_imaging", "up_blood", "up_treatment"} <= {item["rule"] for item in found.evidence}
    assert Suspicion.objects.filter(disease="unknown_pneumonia").count() == int(raised)
