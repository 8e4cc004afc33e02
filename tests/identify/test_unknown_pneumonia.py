# ruff: noqa: E501 (tables are read by their lines)
"""Pneumonia of unknown cause by its four criteria: the ordinary pneumonia of every day is none, a true one is found.

The days of treatment are those that are written of the treatment; a diagnosis that names the agent explains it.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from tests.identify.test_decoys import ENGINE, raised, visit
from yifang.formats import canonical
from yifang.identify.pneumonia import ALL
from yifang.world.data import common, said

FAILED = "入院后予左氧氟沙星抗感染治疗4天,仍有发热,无明显改善"
CT = "双肺多发斑片影,磨玻璃影"
WBC = ("白细胞计数", "5.2", "全血")
UNKNOWN = {"unknown_pneumonia"}


def stay(*results, text="肺炎", code="J18.900", history=FAILED, exam="T 38.9℃", **more) -> canonical.Record:
    return visit(
        *(results or (WBC,)),
        diagnoses=((code, text),),
        history=history,
        exam=exam,
        imaging=CT,
        kind="inpatient",
        **more,
    )


FAILS = [
    FAILED, "经5天规范抗菌治疗,病情加重", "头孢曲松静滴,共5天,效果不佳", "3天前外院予头孢静滴,无好转", "抗感染治疗1周无效",
    "予哌拉西林、莫西沙星抗感染治疗3-5天未见好转", "头孢治疗2天无好转,换阿奇霉素治疗四天,进行性加重", "治疗上给予抗感染第4天,体温未降,无改善",
]  # fmt: skip
HELPS = [
    "10天前起咳嗽,渐有发热38.2℃,抗感染治疗效果不佳,今来院", "咳嗽5天,抗感染治疗无效", "发热5天抗感染治疗无效", "抗感染治疗无效,咳嗽7天",
    "抗感染治疗后明显好转,咳嗽5天", "抗感染治疗3天,体温正常,明显好转", "抗感染治疗2天,仍有发热", "3天前外院予头孢静滴1天,无好转",
    "抗感染治疗4天,仍有发热,换药后热退,病灶吸收", "病情加重4天,予抗感染治疗", "抗感染治疗至12月3日,仍有发热", "抗感染治疗5天,无进行性加重",
]  # fmt: skip
DECOYS = {
    "mycoplasma": stay(code="J15.700", text="肺炎支原体性肺炎"),
    "agent in words": stay(code="", text="支气管肺炎(肺炎链球菌性肺炎)"),
    "aspiration": stay(code="J69.000", text="吸入性肺炎"),
    "leucocytes of the stool": stay(("白细胞", "3", "粪便")),
    "leucocytes a field": stay(("白细胞", "0-2/HP")),
    "a local name": stay(("本院WBC甲", "5.2", "全血")),
    "high": stay(("白细胞计数", "16.8", "全血")),
    "no fever": stay(exam="T 36.8℃"),
}
TRUE = {
    "agent in doubt": stay(code="J15.700", text="肺炎支原体性肺炎?"),
    "no agent named": stay(code="J15.900", text="细菌性肺炎"),
    "lymphocytes low": stay(("白细胞计数", "12.0", "全血"), ("淋巴细胞绝对值", "0.6", "全血")),
}


@pytest.mark.parametrize("told", FAILS)
def test_days_of_treatment_that_did_not_help(told: str) -> None:
    assert raised(stay(history=told)) == UNKNOWN


@pytest.mark.parametrize("told", HELPS)
def test_days_of_the_illness_are_no_days_of_treatment(told: str) -> None:
    assert raised(stay(history=told)) == set()


@pytest.mark.parametrize("name", DECOYS)
def test_what_speaks_against_it(name: str) -> None:
    assert raised(DECOYS[name]) == set()


@pytest.mark.parametrize("name", TRUE)
def test_what_does_not_speak_against_it(name: str) -> None:
    assert raised(TRUE[name]) == UNKNOWN


def test_the_first_leucocytes_count() -> None:
    """High before the treatment, normal after it: not the early stage that the criterion speaks of."""
    first, later = stay(("白细胞计数", "16.8", "全血")), stay()
    later = replace(later, at=canonical.Moment("2026-11-25T08:00", "minute"))
    (one,), (two,) = (ENGINE.identify([record]) for record in (first, later))
    earliest = {item.rule: item for item in (*two.criteria, *one.criteria)}
    assert earliest.keys() > ALL
    assert ENGINE.unexplained(list(earliest.values())) is None
    assert ENGINE.unexplained(two.criteria) is not None


@pytest.mark.parametrize("code", ["J18.900", "J18.000", "J15.700", "J15.900"])
def test_the_practice_hospitals_ordinary_pneumonia_is_none(code: str) -> None:
    """Every wording that it has there, beside leucocytes and a picture as they would have to be."""
    (illness,) = (one for one in common() if one.id == "pneumonia")
    (text,) = (text for own, text in illness.diagnoses if own == code)
    for wording in illness.histories:
        assert raised(stay(code=code, text=text, history=said(wording, Random(7)))) == set()
