"""`GET /api/v1/openapi.json`: what the doors for machines are, for their programs and their programmers."""

from django.http import HttpRequest, HttpResponse

from yifang.apps.intake.openapi import description as described
from yifang.web import problems


def description(request: HttpRequest) -> HttpResponse:
    """The OpenAPI description; it names no one and needs no key."""
    if request.method not in ("GET", "HEAD"):
        return problems.problem(request, 405, "intake.api_method", {"allowed": "GET"}, {"Allow": "GET, HEAD"})
    return problems.answer(request, 200, described())
