"""`POST /fhir`: a Bundle or a single resource of FHIR R4; answered with a response Bundle or an OperationOutcome."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from yifang.apps.intake.api.gate import Refused, take
from yifang.kernel.messages import render
from yifang.web import problems

KINDS = ("application/fhir+json", "application/json")
_TYPE = "application/fhir+json; fhirVersion=4.0"
_CODES = {
    400: "structure", 401: "login", 403: "forbidden", 405: "not-supported", 411: "required", 413: "too-long",
    415: "not-supported", 422: "processing", 503: "transient",
}  # fmt: skip
_STATUS = {"stored": "201 Created", "repeat": "200 OK"}
_ENTRY = re.compile(r"entry\[(\d+)\]")
Json = dict[str, Any]


def fhir(request: HttpRequest) -> HttpResponse:
    """201 where anything of a single resource was stored, 200 for a repeat or a Bundle, 422 (400: no FHIR) where it
    was refused."""
    language = problems.language(request)
    try:
        told, body = take(request, "fhir", KINDS)
    except Refused as refused:
        words = render(refused.code, refused.params, language)
        issue = _issue("error", _CODES[refused.status], words)
        return _answer(request, refused.status, _outcome([issue]), refused.headers)
    (item,) = told["items"]
    root = _root(body)
    kind = str(root.get("resourceType", ""))
    if item["status"] == "refused":
        unread = item["errors"][0]["code"].startswith("json.")
        issues = [
            _told(one, "error", "structure" if unread else "processing", kind, language) for one in item["errors"]
        ]
        return _answer(request, 400 if unread else 422, _outcome(issues))
    warnings = [_told(one, "warning", "informational", kind, language) for one in item["issues"]]
    if kind == "Bundle" and isinstance(root.get("entry"), list):
        return _answer(request, 200, _response(root, item, warnings))
    done = _issue("information", "informational", render(f"intake.api_{item['status']}", {}, language))
    return _answer(request, 201 if item["status"] == "stored" else 200, _outcome([done, *warnings]))


def metadata(request: HttpRequest) -> HttpResponse:
    """What this door is, as FHIR clients ask it before they send: a CapabilityStatement."""
    if request.method not in ("GET", "HEAD"):
        words = render("intake.api_method", {"allowed": "GET"}, problems.language(request))
        return _answer(request, 405, _outcome([_issue("error", "not-supported", words)]), {"Allow": "GET, HEAD"})
    return _answer(request, 200, CAPABILITIES)


CAPABILITIES: Json = {
    "resourceType": "CapabilityStatement",
    "status": "active",
    "date": "2026-11-27",
    "kind": "instance",
    "implementation": {"description": "Yifang 医防"},
    "fhirVersion": "4.0.1",
    "format": ["json"],
    "rest": [
        {
            "mode": "server",
            "documentation": (
                "Takes reports in and gives nothing out. POST a Bundle of any type or one resource to the base; "
                "the same content again changes nothing."
            ),
            "security": {"description": "Authorization: Bearer with a key of the node (yifang feeds key add)"},
            "interaction": [{"code": "transaction"}, {"code": "batch"}],
        }
    ],
}


def _response(root: Json, item: Json, warnings: list[Json]) -> Json:
    """An entry for each entry that was sent: what became of the record it belongs to, and what was odd in it."""
    status = dict.fromkeys(range(len(root["entry"])), item["status"])
    for record in item["records"]:
        for number in record["entries"]:
            status[number] = record["status"]
    at = datetime.now(UTC).isoformat(timespec="seconds")
    entries: list[Json] = [{"response": {"status": _STATUS[one], "lastModified": at}} for one in status.values()]
    for warning in warnings:
        place = _ENTRY.search(warning.get("expression", [""])[0])
        number = int(place[1]) if place and int(place[1]) < len(entries) else 0
        response = entries[number]["response"] if entries else {}
        response.setdefault("outcome", _outcome([]))["issue"].append(warning)
    kind = "transaction-response" if root.get("type") == "transaction" else "batch-response"
    return {"resourceType": "Bundle", "type": kind, "timestamp": at, "entry": entries}


def _told(one: Json, severity: str, code: str, kind: str, language: str) -> Json:
    place = one["place"]
    expression = place if not place or place.split(".")[0] == kind or place.startswith("line ") else f"{kind}.{place}"
    return _issue(severity, code, render(one["code"], one["params"], language), expression, one["code"])


def _issue(severity: str, code: str, words: str, place: str = "", diagnostics: str = "") -> Json:
    issue: Json = {"severity": severity, "code": code, "details": {"text": words}}
    if diagnostics:
        issue["diagnostics"] = f"{diagnostics} {place}".strip()
    if place and not place.startswith("line "):  # a line of the text is no path into the resource
        issue["expression"] = [place]
    return issue


def _outcome(issues: list[Json]) -> Json:
    return {"resourceType": "OperationOutcome", "issue": issues}


def _root(body: bytes) -> Json:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _answer(request: HttpRequest, status: int, body: Json, headers: Any = None) -> HttpResponse:
    return problems.answer(request, status, body, _TYPE, headers)
