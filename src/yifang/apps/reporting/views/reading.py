"""What the pages of suspicions and cards read from a request in the same way: cursors, times, where to go on to."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from yifang.apps.reporting.rules.answers import read_time
from yifang.web import htmx, tables


def cursor(request: HttpRequest) -> tables.Cursor | None:
    """The place in a list ordered by a time and an id; None for the beginning and for what is no such place."""
    return tables.read_place(request.GET.get("at", ""), instants=True)


def walk(found: tables.Cursor | None) -> dict[str, object]:
    """The arguments of a list's query."""
    return {"key": found.values if found else None, "backwards": bool(found and found.backwards)}


def moment(text: str) -> datetime | None:
    """A time that was typed, aware; None for none."""
    return read_time(text.strip())


def onward(request: HttpRequest, default: str) -> str:
    """The `next` of a form where it stays on this node, else `default`."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else default


def ask_purpose(request: HttpRequest, subject: UUID, onward: str) -> HttpResponse:
    """Lead to the question why somebody looks at `subject`, and from there on to `onward`."""
    return htmx.redirect(request, f"{reverse('accounts:purpose', args=[subject])}?{urlencode({'next': onward})}")
