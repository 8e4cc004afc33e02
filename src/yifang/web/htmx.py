"""Small answers to htmx requests: is this one, which part does it want, go elsewhere, tell the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


def is_htmx(request: HttpRequest, target: str = "") -> bool:
    """Whether htmx asked, and where `target` is given, whether for that element's id."""
    return request.headers.get("HX-Request") == "true" and target in ("", request.headers.get("HX-Target"))


def redirect(request: HttpRequest, url: str) -> HttpResponse:
    """A redirect that moves the whole page, also when htmx asked for a fragment of it."""
    if not is_htmx(request):
        return HttpResponseRedirect(url)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    return response


def trigger(response: HttpResponse, events: Mapping[str, Any]) -> HttpResponse:
    """Add events that htmx raises on the page (header HX-Trigger); values must be JSON."""
    known = json.loads(response.get("HX-Trigger", "{}"))
    response["HX-Trigger"] = json.dumps(known | dict(events))
    return response


def live(after: int, topics: list[str]) -> HttpResponse:
    """The answer of `/live`: 204 when no topic changed, else events `live:<topic>` and the number to ask after next."""
    if not topics:
        return HttpResponse(status=204)
    response = trigger(HttpResponse(status=200), {f"live:{topic}": {} for topic in topics})
    response["X-Live-After"] = str(after)
    return response
