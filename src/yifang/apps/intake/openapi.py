"""The OpenAPI description of the doors for machines, made from the canonical record's own schema.

`python -m yifang.apps.intake.openapi` writes it to `docs/api/openapi.json`; with `--check` it only compares.
"""

from __future__ import annotations

import json
import sys
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

from yifang.formats.schema import schema

TARGET = Path("docs/api/openapi.json")
MOST = 500
Json = dict[str, Any]
_FHIR = "application/fhir+json"


@lru_cache(maxsize=1)
def description() -> Json:
    """The description as a dict (OpenAPI 3.1)."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Yifang 医防",
            "version": "1",
            "description": (
                "Doors for machines. A key is bound to one organisation and one feed; a client sends it as "
                "`Authorization: Bearer yf1.…`. An answer comes after the commit. Sending the same again is safe: what "
                "is there already is a repeat, nothing doubles. 401: another key is needed; 413: send less at once; "
                "503: send the same again after `Retry-After` seconds. Words come in Chinese, or in English by "
                "`Accept-Language: en`."
            ),
        },
        "security": [{"key": []}],
        "paths": {
            "/api/v1/records": {"post": _records()},
            "/fhir": {"post": _fhir()},
            "/fhir/metadata": {"get": _open("fhirMetadata", "What the FHIR door is", _FHIR, "a CapabilityStatement")},
            "/api/v1/openapi.json": {
                "get": _open("description", "This description", "application/json", "an OpenAPI document")
            },
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "`yf1.<id>.<secret>`"}},
            "schemas": _schemas(),
        },
    }


def _records() -> Json:
    record: Json = {"$ref": "#/components/schemas/Record"}
    sent = {"oneOf": [record, {"type": "array", "items": record, "minItems": 1, "maxItems": MOST}]}
    account = _content("application/json", {"$ref": "#/components/schemas/Account"})
    return {
        "operationId": "postRecords",
        "summary": f"Canonical records: one, or an array of up to {MOST}",
        "description": "One that is refused does not hold up the others; it is kept in quarantine with the reason.",
        "requestBody": {"required": True, "content": _content("application/json", sent)},
        "responses": {
            "201": {"description": "at least one is stored", "content": account},
            "200": {
                "description": "none is new: all are repeats, or some repeats and some refused",
                "content": account,
            },
            "400": _problem("no JSON"),
            "422": _problem("none could be stored; `errors` names every place by JSON pointer, the rule and the mend"),
            **_refusals(_problem),
        },
    }


def _fhir() -> Json:
    resource = {"type": "object", "required": ["resourceType"], "properties": {"resourceType": {"type": "string"}}}
    return {
        "operationId": "postFhir",
        "summary": "FHIR R4: a Bundle of any type, or a single resource",
        "requestBody": {
            "required": True,
            "content": {**_content(_FHIR, resource), **_content("application/json", resource)},
        },
        "responses": {
            "200": {
                "description": (
                    "a Bundle was taken: a Bundle `transaction-response` or `batch-response` with an entry for each; "
                    "or a single resource that was there already: an OperationOutcome"
                ),
                "content": _content(_FHIR, resource),
            },
            "201": {
                "description": "a single resource is stored: an OperationOutcome",
                "content": _content(_FHIR, resource),
            },
            "400": _outcome("no FHIR"),
            "422": _outcome("it tells of no person, or could not be stored; kept in quarantine"),
            **_refusals(_outcome),
        },
    }  # fmt: skip


def _refusals(shape: Any) -> Json:
    told = {
        "401": "no key, or one that is wrong, expired or revoked",
        "403": "the feed of the key is closed",
        "411": "no Content-Length",
        "413": "too large, or too many",
        "415": "another content type",
        "503": "the database cannot be reached; `Retry-After` says when to send the same again",
    }
    return {status: shape(words) for status, words in told.items()}


def _open(name: str, summary: str, kind: str, words: str) -> Json:
    answer = {"description": words, "content": _content(kind, {"type": "object"})}
    return {"operationId": name, "summary": summary, "security": [], "responses": {"200": answer}}


def _content(kind: str, schema: Json) -> Json:
    return {kind: {"schema": schema}}


def _problem(words: str) -> Json:
    return {"description": words, "content": _content("application/problem+json", _ref("Problem"))}


def _outcome(words: str) -> Json:
    return {"description": words, "content": _content(_FHIR, _ref("OperationOutcome"))}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas() -> Json:
    text, number = {"type": "string"}, {"type": "integer", "minimum": 0}
    error = {
        "type": "object",
        "required": ["code", "pointer", "message"],
        "properties": {
            "code": {**text, "description": "the rule, the same in every language"},
            "pointer": {**text, "description": "JSON pointer into what was sent"},
            "place": {**text, "description": "where the text breaks off, when it is no JSON"},
            "message": {**text, "description": "the rule and the mend in words"},
        },
    }
    result = {
        "type": "object",
        "required": ["index", "status"],
        "properties": {
            "index": number,
            "status": {"enum": ["stored", "repeat", "refused"]},
            "errors": {"type": "array", "items": _ref("Error"), "description": "only where refused"},
        },
    }
    counts = {"batch": {**text, "format": "uuid"}, "stored": number, "repeats": number, "refused": number}
    results = {"type": "array", "items": _ref("Result")}
    account = {
        "type": "object",
        "required": [*counts, "results"],
        "properties": {**counts, "results": results},
    }
    problem = {
        "type": "object",
        "description": "RFC 9457",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": text, "title": text, "status": {"type": "integer"}, "detail": text, "code": text,
            "errors": {"type": "array", "items": _ref("Error")}, **counts, "results": results,
        },
    }  # fmt: skip
    issue = {
        "type": "object",
        "properties": {
            "severity": text, "code": text, "details": {"type": "object"}, "diagnostics": text,
            "expression": {"type": "array", "items": text},
        },
    }  # fmt: skip
    outcome = {
        "type": "object",
        "required": ["resourceType", "issue"],
        "properties": {"resourceType": {"const": "OperationOutcome"}, "issue": {"type": "array", "items": issue}},
    }
    canonical = json.loads(json.dumps(deepcopy(schema()["$defs"])).replace("#/$defs/", "#/components/schemas/"))
    ours = {"Account": account, "Result": result, "Error": error, "Problem": problem, "OperationOutcome": outcome}
    return {**canonical, **ours}


def rendered() -> str:
    """The description as the file holds it."""
    return json.dumps(description(), ensure_ascii=False, indent=2) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` say whether it is in step. Run at the root of the repository."""
    if "--check" in arguments:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != rendered():
            print(f"{TARGET} is out of step: run `python -m yifang.apps.intake.openapi`", file=sys.stderr)
            return 1
        return 0
    TARGET.write_text(rendered(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
