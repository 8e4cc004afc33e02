"""A rule for each disease and case class that its pack allows, or the reason why there is none; and each rule works."""

from __future__ import annotations

from dataclasses import replace

import pytest

from yifang import identify, knowledge
from yifang.formats import canonical

K = knowledge.load()
ENGINE = identify.compiled(K)
RULES = {one.id: one for one in K.triggers.case_classes}
DAY = canonical.Moment("2026-11-20T10:00", "minute")
WORDS = {
    "hfmd_like": "发热2天,手足皮疹,口腔疱疹",
    "fever_rash": "发热2天,全身皮疹1天",
    "conjunctivitis": "双眼红、流泪、分泌物多1天",
    "sti": "尿道流脓、外阴溃疡3天",
    "tetanus": "牙关紧闭、角弓反张1天",
    "whooping_cough": "阵发性痉挛性咳嗽2周,夜间加重,咳后有鸡鸣样回声",
}
LABS = {one.id: one for one in K.triggers.lab}
CASES = [
    (disease, name, sorted(alternative))
    for disease, one in RULES.items()
    for name, alternatives in one.rules.items()
    for alternative in alternatives
    if "criteria" not in alternative
]


@pytest.mark.parametrize("disease", K.diseases)
def test_every_class_of_a_disease_has_a_rule_or_a_reason(disease: str) -> None:
    one = RULES[disease]
    assert {*one.rules, *one.reasons} == set(K.diseases[disease].case_classes)
    assert all(reason.strip() for reason in one.reasons.values())
    found = K.provenance("triggers", "case_classes", disease)
    assert found.text


@pytest.mark.parametrize(("disease", "expected", "facts"), CASES)
def test_the_evidence_of_a_rule_proposes_its_class(disease: str, expected: str, facts: list[str]) -> None:
    (outcome,) = ENGINE.identify([record_of(disease, facts)])
    found = {one.disease: one.case_class for one in outcome.suspicions}
    assert found.get(disease) == expected, (facts, outcome.suspicions, outcome.withheld)


def record_of(disease: str, facts: list[str]) -> canonical.Record:
    """A record that says just these facts of a disease."""
    pack, diagnoses, results, notes = K.diseases[disease], [], [], []
    for fact in facts:
        name = fact.removesuffix(":strong")
        if name == "diagnosis":
            codes = (canonical.Code("icd10", pack.icd10[0], ""),) if pack.icd10 else ()
            diagnoses.append(canonical.Diagnosis(codes, _name(disease), "DG1[1]", at=DAY))
        elif name == "doubt":
            diagnoses.append(canonical.Diagnosis((), f"{_name(disease)}?", "DG1[1]", at=DAY))
        elif name == "laboratory":
            lab = next(one for one in K.triggers.lab if one.disease == disease and one.level == "strong")
            results.append(_result(lab, strong=True, disease=disease))
            notes += [WORDS[one] for one in lab.requires_syndrome[:1]]
        elif name in LABS:
            lab = LABS[name]
            results.append(_result(lab, strong=fact.endswith(":strong"), disease=disease))
            notes += [WORDS[one] for one in lab.requires_syndrome[:1]]
        else:
            imaging = next(one for one in K.triggers.imaging if one.id == name)
            notes.append(f"影像:{imaging.terms[0]}")
    born = "2026-11-05" if disease == "neonatal_tetanus" else "2016-05-05"
    return canonical.Record(
        kind="encounter", key="V1", status="final", source=canonical.Source("text"), at=DAY,
        person=canonical.Person(birth=canonical.Moment(born, "day")),
        encounter=canonical.Encounter(id="V1", kind="outpatient", start=DAY),
        diagnoses=tuple(diagnoses), results=tuple(results),
        notes=tuple(
            canonical.Note("imaging" if text.startswith("影像") else "complaint", text, f"note[{number}]", DAY)
            for number, text in enumerate(notes)
        ),
    )  # fmt: skip


def _name(disease: str) -> str:
    pack = K.diseases[disease]
    return min(K.names_of(pack), key=lambda name: (name != pack.name, len(name)))


def _result(lab, *, strong: bool, disease: str) -> canonical.Result:
    accepted = K.triggers.specimen_sets[lab.specimens] if lab.specimens else None
    specimen = accepted.accept[0] if accepted else ""
    if accepted and lab.disease != disease:
        specimen = next(one.specimens[0] for one in accepted.reroute if one.disease == disease)
    value = "1:200" if lab.titre and strong else "阳性"
    return canonical.Result((), lab.names[0], value, f"OBX[{lab.id}]", specimen=specimen, at=DAY)


def test_the_surest_class_wins_and_doubt_is_not_a_diagnosis() -> None:
    (outcome,) = ENGINE.identify([record_of("measles", ["diagnosis", "lb_measles_igm"])])
    assert outcome.suspicions[0].case_class == "confirmed"
    (outcome,) = ENGINE.identify([record_of("gonorrhoea", ["diagnosis"])])
    assert outcome.suspicions[0].case_class == "suspected", "gonorrhoea has no clinical class"
    (outcome,) = ENGINE.identify([record_of("influenza", ["doubt"])])
    assert outcome.suspicions[0].case_class is None, "influenza has no suspected class"


@pytest.mark.parametrize(
    "lab", [one for one in K.triggers.lab if one.source == "diagnosis_standards"], ids=lambda one: one.id
)
def test_a_negative_result_of_an_added_test_says_nothing(lab) -> None:
    for value in ("阴性", "未检出", "阴性(-)"):
        one = record_of(lab.disease, [])
        results = (canonical.Result((), lab.names[0], value, "OBX[1]", at=DAY),)
        (outcome,) = ENGINE.identify([replace(one, results=results)])
        assert not outcome.suspicions
