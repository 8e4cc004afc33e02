"""FHIR R4: bundles, references, states, and JSON that is not what it should be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from yifang.formats import fhir
from yifang.formats.canonical import Item, Record

PATIENT = {
    "resourceType": "Patient", "id": "p1", "identifier": [{"value": "MRN1"}], "gender": "male",
    "birthDate": "1990-07-21",
    "name": [{"use": "official", "family": "张", "given": ["三"]}],
}  # fmt: skip
SPECIMEN = {"resourceType": "Specimen", "id": "s1", "type": {"coding": [{"code": "119364003", "display": "血清"}]}}


def observation(status: str = "final", **value: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": "o1", "status": status, "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "5196-1", "display": "HBsAg"}]},
        "specimen": {"reference": "#inside"}, "contained": [SPECIMEN | {"id": "inside"}],
        "effectiveDateTime": "2026-11-23T07:00:00+08:00",
        **(value or {"valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "260373001"}]}}),
    }  # fmt: skip


def report(status: str = "final") -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport", "id": "r1", "status": status, "result": [{"reference": "urn:uuid:obs"}],
        "identifier": [{"type": {"coding": [{"code": "FILL"}]}, "value": "F01"}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "24364-2", "display": "HBV panel"}]},
    }  # fmt: skip


def bundle(*resources: dict[str, Any], urls: dict[int, str] | None = None) -> str:
    entries = [{"fullUrl": (urls or {}).get(at, ""), "resource": one} for at, one in enumerate(resources)]
    return json.dumps({"resourceType": "Bundle", "type": "message", "entry": entries})


def records(text: str) -> tuple[Record, ...]:
    (item,) = fhir.read(text)
    assert item.refusal is None
    return item.records


def test_a_laboratory_bundle_with_references() -> None:
    (record,) = records(bundle(PATIENT, report(), observation(), urls={2: "urn:uuid:obs"}))
    (result,) = record.results
    assert (record.kind, record.status, record.person.name) == ("lab_report", "final", "张三")
    assert (result.codes[0].system, result.value_codes[0].system, result.panel) == ("loinc", "snomed", "HBV panel")
    assert (result.specimen, result.path) == ("血清", "entry[2].resource")
    assert record.at is not None
    assert (record.at.iso, record.at.offset_minutes) == ("2026-11-23T07:00:00", 480)
    assert record.key.startswith("lab:F01|24364-2|")


@pytest.mark.parametrize(
    ("reported", "observed", "status"),
    [
        ("final", "final", "final"),
        ("amended", "final", "corrected"),
        ("corrected", "final", "corrected"),
        ("preliminary", "preliminary", "preliminary"),
        ("entered-in-error", "entered-in-error", "cancelled"),
        ("final", "entered-in-error", "cancelled"),
        ("cancelled", "final", "cancelled"),
    ],
)
def test_states_share_the_key(reported: str, observed: str, status: str) -> None:
    (record,) = records(bundle(PATIENT, report(reported), observation(observed)))
    (usual,) = records(bundle(PATIENT, report(), observation()))
    assert (record.status, record.key) == (status, usual.key)


@pytest.mark.parametrize(
    ("value", "shown", "unit"),
    [
        ({"valueQuantity": {"value": 1.5, "unit": "IU/mL", "comparator": ">"}}, ">1.5", "IU/mL"),
        ({"valueQuantity": {"value": 120.0}}, "120", ""),
        ({"valueString": "阳性"}, "阳性", ""),
        ({"valueBoolean": True}, "true", ""),
        ({"valueInteger": 3}, "3", ""),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, "1:128", ""),
        ({"valueCodeableConcept": {"text": "检出"}}, "检出", ""),
    ],
)
def test_values(value: dict[str, Any], shown: str, unit: str) -> None:
    (record,) = records(json.dumps(observation(**value)))
    assert (record.results[0].value, record.results[0].unit) == (shown, unit)


def test_components_are_results_of_their_own() -> None:
    parts = [{"code": {"text": "收缩压"}, "valueInteger": 120}, {"code": {"text": "舒张压"}, "valueInteger": 80}]
    source = observation(component=parts)
    (record,) = records(json.dumps(source))
    assert [(one.name, one.value, one.path) for one in record.results] == [
        ("收缩压", "120", "Observation.component[0]"),
        ("舒张压", "80", "Observation.component[1]"),
    ]


def test_a_record_for_each_patient() -> None:
    other = PATIENT | {"id": "p2", "identifier": [{"value": "MRN2"}], "name": [{"text": "李四"}]}
    (first, second) = records(bundle(PATIENT, other, observation()))
    assert (first.person.name, len(first.results), second.person.name, len(second.results)) == ("张三", 1, "李四", 0)
    assert first.key != second.key


@pytest.mark.parametrize(
    ("clinical", "verification", "assertion", "status"),
    [
        ("active", "confirmed", "present", "final"),
        ("active", "provisional", "uncertain", "final"),
        ("active", "refuted", "absent", "final"),
        ("resolved", "confirmed", "historical", "final"),
        ("active", "entered-in-error", "present", "cancelled"),
    ],
)
def test_conditions(clinical: str, verification: str, assertion: str, status: str) -> None:
    condition = {
        "resourceType": "Condition", "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10",
        "code": "A15.0"}]},
        "clinicalStatus": {"coding": [{"code": clinical}]}, "verificationStatus": {"coding": [{"code": verification}]},
        "onsetDateTime": "2026-11",
    }  # fmt: skip
    (record,) = records(bundle(PATIENT, condition))
    (diagnosis,) = record.diagnoses
    assert (diagnosis.assertion, diagnosis.status, diagnosis.codes[0].system) == (assertion, status, "icd10")
    assert diagnosis.onset is not None
    assert (diagnosis.onset.iso, diagnosis.onset.precision) == ("2026-11", "month")


def test_a_refused_dose_is_cancelled() -> None:
    dose = {"resourceType": "Immunization", "status": "not-done", "vaccineCode": {"coding": [{"code": "03"}]}}
    (record,) = records(bundle(PATIENT, dose))
    assert [one.status for one in record.immunizations] == ["cancelled"]


WRONG: list[Any] = [None, 3, "x", [], {}, [[1]], {"coding": 3}, {"coding": [None]}, [{"reference": 1}], True]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(
    "name", ["code", "subject", "result", "identifier", "effectiveDateTime", "contained", "status"]
)
def test_wrong_types_are_read_around(name: str, wrong: Any) -> None:
    (item,) = fhir.read(bundle(PATIENT, report() | {name: wrong}, observation() | {name: wrong}))
    assert item.refusal is None


def indexes(items: list[Item]) -> list[tuple[int, str]]:
    return [(item.index, item.refusal.code if item.refusal else "read") for item in items]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (json.dumps(PATIENT), [(0, "read")]),
        (f"{json.dumps(PATIENT)}\n\n{json.dumps(PATIENT)}\n", [(0, "read"), (2, "read")]),
        (f"{json.dumps(PATIENT)}\n{{broken\n{json.dumps(PATIENT)}", [(0, "read"), (1, "json.broken"), (2, "read")]),
        (f"{json.dumps(PATIENT, indent=1)}\n{json.dumps(PATIENT, indent=1)}", [(0, "read"), (1, "read")]),
        (f"[{json.dumps(PATIENT)}, 7]", [(0, "read"), (1, "json.not_fhir")]),
        ('{"resourceType": "Bundle", "entry": []}', [(0, "fhir.empty")]),
        ('{"resourceType": "Organization", "name": "x"}', [(0, "fhir.no_person")]),
        ('{"a": 1}', [(0, "json.not_fhir")]),
        ('{"a": ', [(0, "json.broken")]),
        ("[" * 5000, [(0, "json.broken")]),
    ],
    ids=["one", "ndjson", "ndjson with a broken line", "documents in a row", "array", "no entry", "nobody", "no FHIR",
         "cut short", "too deep"],
)  # fmt: skip
def test_what_is_an_item(text: str, expected: list[tuple[int, str]]) -> None:
    assert indexes(list(fhir.read(text))) == expected


def test_bundles_in_parameters_and_in_bundles() -> None:
    inner = json.loads(bundle(PATIENT, observation()))
    wrapped = {"resourceType": "Parameters", "parameter": [{"name": "content", "resource": inner}]}
    (record,) = records(json.dumps({"resourceType": "Bundle", "entry": [{"resource": wrapped}]}))
    assert record.results[0].path == "entry[0].resource.parameter[0].resource.entry[1].resource"


def test_an_hl7_message_wrapped_in_json_is_read_as_hl7() -> None:
    text = json.dumps({"name": "x", "hl7": "MSH|^~\\&|A|B|||2026||ADT^A04|1|P|2.5\nPID|1||P1||Doe^Jane"})
    (item,) = fhir.read(text)
    assert (item.format, item.records[0].person.name) == ("hl7v2", "Jane Doe")


def test_a_coding_with_a_name_only() -> None:
    condition = {"resourceType": "Condition", "subject": {"reference": "Patient/p1"}}
    (record,) = records(bundle(PATIENT, condition | {"code": {"coding": [{"display": "Acute hepatitis A"}]}}))
    assert [each.text for each in record.diagnoses] == ["Acute hepatitis A"]


@pytest.mark.parametrize(("status", "said"), [("active", ["uncertain"]), ("revoked", [])])
def test_why_a_test_was_asked_for_is_a_question(status: str, said: list[str]) -> None:
    request = {"resourceType": "ServiceRequest", "status": status, "subject": {"reference": "Patient/p1"}}
    (record,) = records(bundle(PATIENT, request | {"reasonCode": [{"text": "麻疹"}]}))
    assert [each.assertion for each in record.diagnoses] == said


def test_why_a_visit_was_made_is_the_complaint() -> None:
    visit = {"resourceType": "Encounter", "status": "finished", "subject": {"reference": "Patient/p1"}}
    (record,) = records(bundle(PATIENT, visit | {"reasonCode": [{"text": "发热3天"}]}))
    assert [(each.section, each.text) for each in record.notes] == [("complaint", "发热3天")]


@pytest.mark.parametrize(("name", "section"), [("胸部CT平扫", "imaging"), ("Culture", "laboratory")])
def test_a_report_without_category_goes_by_its_name(name: str, section: str) -> None:
    told = {"resourceType": "DiagnosticReport", "status": "final", "subject": {"reference": "Patient/p1"}}
    (record,) = records(bundle(PATIENT, told | {"code": {"text": name}, "conclusion": "双肺斑片影"}))
    assert [each.section for each in record.notes] == [section]
