"""A visit as a FHIR R4 document Bundle: Composition with complaint and history, Patient, Encounter, Condition, results.

One Bundle is one visit; `line` gives it as one line of ndjson.
"""

from __future__ import annotations

import json
from typing import Any

from yifang.world.writing.form import Sender, Visit

_CLASSES = {"outpatient": "AMB", "emergency": "EMER", "inpatient": "IMP", "checkup": "AMB"}
_BASE = "http://example.org"


def document(one: Visit, sender: Sender, system: str = "yifang:world", status: str = "final") -> dict[str, Any]:
    """The Bundle; `status` of its Composition: final, amended or entered-in-error."""
    at = f"{one.at.isoformat()}+08:00"
    who = one.who
    patient: dict[str, Any] = {
        "resourceType": "Patient", "id": "p", "name": [{"text": who.name}], "gender": who.sex,
        "telecom": [{"system": "phone", "value": who.phone}],
        "address": [{"text": who.address, "district": who.area}],
    }  # fmt: skip
    if who.birth:
        patient["birthDate"] = who.birth.isoformat()
    numbers: list[dict[str, Any]] = []
    if who.id_no:
        numbers.append(
            {"type": {"coding": [{"code": "NI"}]}, "system": "urn:oid:2.16.156.10011.1.3", "value": who.id_no}
        )
    if who.mrn:
        numbers.append({"type": {"coding": [{"code": "MR"}]}, "system": f"urn:{system}:mrn", "value": who.mrn})
    if numbers:
        patient["identifier"] = numbers
    resources: list[dict[str, Any]] = [
        {
            "resourceType": "Composition", "id": "c", "status": status, "date": at, "title": "门诊病历",
            "type": {"text": "门诊病历"}, "subject": {"reference": "Patient/p"},
            "encounter": {"reference": "Encounter/e"}, "author": [{"reference": "Practitioner/d"}],
            "custodian": {"display": sender.name},
            "identifier": {"system": f"urn:{system}:{sender.code}", "value": f"EMR-{one.number}"},
            "section": [
                {"title": "主诉", "text": _div(one.complaint)}, {"title": "现病史", "text": _div(one.history)},
            ],
        },
        patient,
        {"resourceType": "Practitioner", "id": "d", "name": [{"text": one.doctor}],
         "identifier": [{"value": one.doctor_no}]},
        {
            "resourceType": "Encounter", "id": "e", "status": "finished", "identifier": [{"value": one.number}],
            "class": {"code": _CLASSES[one.kind]}, "period": {"start": at}, "serviceType": {"text": one.department},
            "reasonCode": [{"text": one.reason}] if one.reason else [],
            "participant": [{"individual": {"reference": "Practitioner/d"}}],
        },
    ]  # fmt: skip
    for number, (code, text) in enumerate(one.diagnoses, 1):
        what: dict[str, Any] = {"text": text}
        if code:
            what["coding"] = [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code, "display": text}]
        resources.append(
            {
                "resourceType": "Condition", "id": f"d{number}", "recordedDate": at,
                "subject": {"reference": "Patient/p"},
                "category": [{"coding": [{"code": "encounter-diagnosis"}]}], "code": what,
            }
        )  # fmt: skip
    done = f"{one.result_at.isoformat()}+08:00"
    for number, line in enumerate(one.results, 1):
        resources.append(
            {
                "resourceType": "Observation", "id": f"o{number}", "status": "final", "code": {"text": line.name},
                "category": [{"coding": [{"code": "laboratory"}]}], "subject": {"reference": "Patient/p"},
                "valueString": line.value, "referenceRange": [{"text": line.normal}],
                "effectiveDateTime": at, "issued": done,
                "specimen": {"display": line.specimen},
            }
        )  # fmt: skip
    return {
        "resourceType": "Bundle", "type": "document", "timestamp": at,
        "identifier": {"system": f"urn:{system}:{sender.code}", "value": f"EMR-{one.number}"},
        "entry": [{"fullUrl": f"{_BASE}/{each['resourceType']}/{each['id']}", "resource": each} for each in resources],
    }  # fmt: skip


def line(bundle: dict[str, Any]) -> bytes:
    """A Bundle as one line, without its line end."""
    return json.dumps(bundle, ensure_ascii=False, separators=(",", ":")).encode()


def _div(text: str) -> dict[str, str]:
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{text}</p></div>'}
