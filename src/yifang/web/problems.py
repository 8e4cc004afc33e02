"""Refusals for machines: `application/problem+json` (RFC 9457) in the language that the client asks for.

Not for people's pages (`web.errors`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse

from yifang.kernel.messages import render


def language(request: HttpRequest) -> str:
    """`zh` or `en`: what `Accept-Language` likes best of the two, Chinese where it says neither."""
    best, chosen = 0.0, "zh"
    for part in request.headers.get("Accept-Language", "").split(","):
        name, _, weight = part.strip().partition(";q=")
        try:
            liking = float(weight) if weight else 1.0
        except ValueError:
            continue
        if name.split("-")[0].lower() in ("zh", "en") and liking > best:
            best, chosen = liking, name.split("-")[0].lower()
    return chosen


def answer(
    request: HttpRequest,
    status: int,
    body: Mapping[str, Any],
    kind: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """JSON for a machine: never kept by a cache, in a named language."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    response = HttpResponse(text, status=status, content_type=kind, headers=headers)
    response["Content-Language"] = language(request)
    response["Vary"] = "Accept-Language"
    response["Cache-Control"] = "no-store"
    return response


def problem(
    request: HttpRequest,
    status: int,
    code: str,
    params: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> HttpResponse:
    """A refusal with the reason and the mend in words; `more` are further members."""
    body = {
        "type": f"urn:yifang:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": render(code, params, language(request)),
        "code": code,
        **more,
    }
    return answer(request, status, body, "application/problem+json", headers)
