"""The body of a question as a value: checked field by field, and its resources as one canonical record.

Pure, but for the packs. A resource that the client could not fetch comes as an OperationOutcome and counts as missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from yifang.apps.workstation.cdshooks.services import Service
from yifang.formats.canonical import Record
from yifang.formats.fhir.record import read_document

Json = dict[str, Any]


class BadQuestion(Exception):
    """A question that cannot be answered: HTTP status, message code and what fills it."""

    def __init__(self, status: int, code: str, **params: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.params = status, f"workstation.{code}", params


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks (`users`: every number the practitioner is known by), about whom and which visit, with what data."""

    hook: str
    users: tuple[str, ...]
    patient: str
    patients: tuple[str, ...]
    visits: tuple[str, ...]
    encounter: str
    record: Record


def read(body: bytes, service: Service) -> Question:
    """The question. Raises BadQuestion 400 for what breaks the specification, 412 for data that is missing."""
    root = _object(body)
    for name in ("hook", "hookInstance", "context"):
        if not root.get(name):
            raise BadQuestion(400, "hook_missing", field=name)
    if root["hook"] != service.hook:
        raise BadQuestion(400, "hook_other", hook=str(root["hook"])[:40], wanted=service.hook)
    try:
        UUID(str(root["hookInstance"]))
    except ValueError:
        raise BadQuestion(400, "hook_instance") from None
    context = root["context"]
    if not isinstance(context, dict):
        raise BadQuestion(400, "hook_missing", field="context")
    for name in service.context:
        if not context.get(name):
            raise BadQuestion(400, "hook_missing", field=f"context.{name}")
    patient, user = context["patientId"], context["userId"]
    if not isinstance(patient, str) or not isinstance(user, str):
        raise BadQuestion(400, "hook_missing", field="context.patientId")
    given = root.get("prefetch")
    prefetch = {key: _usable(value) for key, value in given.items()} if isinstance(given, dict) else {}
    for name in service.needs:
        if prefetch.get(name) is None:
            raise BadQuestion(412, "hook_prefetch", key=name)
    if prefetch["patient"].get("resourceType") != "Patient" or prefetch["patient"].get("id", patient) != patient:
        raise BadQuestion(412, "hook_patient")
    return _question(service, context, patient, user, prefetch)


def _question(service: Service, context: Json, patient: str, user: str, prefetch: Json) -> Question:
    orders = context.get("draftOrders")
    parts = [*(prefetch.get(key) for key in ("patient", "encounter", "conditions", "results")), orders]
    resources = [one for part in parts if isinstance(part, dict) for one in _resources(part)]
    entries = [{"resource": one} for one in resources]
    raw = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()
    item = read_document(json.loads(raw), raw, "cds-hooks", 0)
    if not item.records:
        raise BadQuestion(412, "hook_prefetch", key="conditions")
    record = item.records[0]
    encounter = str(context.get("encounterId") or "")
    numbers = [one.value for one in record.person.identifiers if one.kind in ("mrn", "other")]
    return Question(
        service.hook,
        _numbers_of_user(user, prefetch.get("user")),
        patient,
        tuple(dict.fromkeys((*numbers, patient))),
        tuple(dict.fromkeys(one for one in (record.encounter.id, encounter) if one)),
        encounter,
        record,
    )


def _numbers_of_user(user: str, resource: Json | None) -> tuple[str, ...]:
    """The identifiers of the Practitioner (or of the one a PractitionerRole names), then the id itself."""
    found = list(_identifiers(resource)) if resource else []
    if resource and isinstance(resource.get("practitioner"), dict):
        found += list(_identifiers({"identifier": [resource["practitioner"].get("identifier")]}))
        reference = resource["practitioner"].get("reference")
        found += [reference.rpartition("/")[2]] if isinstance(reference, str) else []
    return tuple(dict.fromkeys(one for one in (*found, user.rpartition("/")[2]) if one))


def _identifiers(resource: Json) -> Iterator[str]:
    listed = resource.get("identifier")
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict) and isinstance(one.get("value"), str):
            yield one["value"]


def _resources(part: Json) -> Iterator[Json]:
    """The resource itself, or those of a Bundle."""
    if part.get("resourceType") != "Bundle":
        yield part
        return
    entries = part.get("entry")
    for entry in entries if isinstance(entries, list) else []:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") != "OperationOutcome":
            yield resource


def _usable(value: Any) -> Json | None:
    """The resource, None for nothing and for an OperationOutcome that says why there is none."""
    if not isinstance(value, dict) or value.get("resourceType") == "OperationOutcome":
        return None
    return value


def _object(body: bytes) -> Json:
    try:
        root = json.loads(body)
    except (ValueError, RecursionError):
        raise BadQuestion(400, "hook_json") from None
    if not isinstance(root, dict):
        raise BadQuestion(400, "hook_json")
    return root
