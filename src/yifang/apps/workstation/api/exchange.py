"""`POST /api/v1/window`: a server hands over a link that it signed and gets an address that tells nothing."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse

from yifang.apps.workstation.limits import FOLLOWED, REFUSED
from yifang.apps.workstation.links import LIFE, LONGEST, BadLink
from yifang.apps.workstation.services import opening
from yifang.web import problems


def exchange(request: HttpRequest) -> HttpResponse:
    """200 with `url` and `seconds`; 403 for what is no link or opens nothing."""
    if request.method != "POST":
        return problems.problem(request, 405, "intake.api_method", {"allowed": "POST"}, {"Allow": "POST"})
    address = request.META.get("REMOTE_ADDR", "")
    if REFUSED.spent(address) or FOLLOWED.spent(address):
        return problems.problem(request, 429, "workstation.too_many", headers={"Retry-After": "60"})
    FOLLOWED.count(address)
    link = _link(request)
    if not link:
        return problems.problem(request, 403, "workstation.exchange_body")
    try:
        path = opening.exchange(link, address)
    except BadLink as bad:
        REFUSED.count(address)
        return problems.problem(request, 403, bad.code, bad.params)
    told = {"url": request.build_absolute_uri(path), "seconds": int(LIFE.total_seconds())}
    return problems.answer(request, 200, told)


def _link(request: HttpRequest) -> str:
    if int(request.META.get("CONTENT_LENGTH") or 0) > 2 * LONGEST:
        return ""
    try:
        said = json.loads(request.body)
        link = said["link"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return link if isinstance(link, str) else ""
