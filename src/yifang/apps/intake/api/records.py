"""`POST /api/v1/records`: one canonical record as JSON, or an array of up to 500, each accounted for."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.http import HttpRequest, HttpResponse

from yifang.apps.intake.api.gate import Refused, take
from yifang.kernel.messages import render
from yifang.web import problems

KINDS = ("application/json",)
Json = dict[str, Any]


def records(request: HttpRequest) -> HttpResponse:
    """201 where anything was stored, 200 where all of it was there already, 422 (400: no JSON) where nothing was."""
    try:
        told, body = take(request, "records", KINDS)
    except Refused as refused:
        return problems.problem(request, refused.status, refused.code, refused.params, refused.headers)
    several = body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    results = [_result(number, item, several, problems.language(request)) for number, item in enumerate(told["items"])]
    counts = Counter(item["status"] for item in told["items"])
    account = {
        "batch": told["batch"],
        "stored": counts["stored"],
        "repeats": counts["repeat"],
        "refused": counts["refused"],
        "results": results,
    }
    if counts["refused"] < len(results):
        return problems.answer(request, 201 if counts["stored"] else 200, account)
    errors = [error for result in results for error in result["errors"]]
    unread = len(results) == 1 and errors[0]["code"] == "json.broken"
    code, params = "intake.api_refused_all", {"refused": len(results)}
    if len(errors) == 1:
        (one,) = told["items"][0]["errors"]
        code, params = one["code"], one["params"]
    return problems.problem(request, 400 if unread else 422, code, params, errors=errors, **account)


def _result(number: int, item: Json, several: bool, language: str) -> Json:
    result: Json = {"index": number, "status": item["status"]}
    if item["status"] == "refused":
        result["errors"] = [_error(one, f"/{number}" if several else "", language) for one in item["errors"]]
    return result


def _error(error: Json, inside: str, language: str) -> Json:
    place = error["place"]
    where = {"pointer": inside + place} if not place or place.startswith("/") else {"pointer": inside, "place": place}
    return {"code": error["code"], **where, "message": render(error["code"], error["params"], language)}
