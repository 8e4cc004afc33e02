"""The desk's page of first-diagnosis responsibility: from the first evidence to the report."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yifang.apps.reporting.presenting import suspicions
from yifang.apps.reporting.queries import first


@require_safe
def first_diagnosis(request: HttpRequest) -> HttpResponse:
    """The table; with `department` and `doctor` the records behind a line."""
    viewer = request.viewer
    context: dict[str, object] = {"lines": first.first_to_report(viewer)}
    if "department" in request.GET:
        wanted = request.GET.get("doctor", "")
        doctor = int(wanted) if wanted.isdecimal() and len(wanted) < 18 else None
        rows = first.first_rows(viewer, request.GET["department"], doctor)
        context["rows"] = [suspicions.row(one) for one in rows]
    return render(request, "reporting/first.html", context)
