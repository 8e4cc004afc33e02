"""Hospital infection for infection control, the sentinel's weeks, the set-up of clinics."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yifang.apps.care.presenting import infections as presenting
from yifang.apps.care.queries import infections as queries
from yifang.apps.care.queries import sentinel as weeks
from yifang.apps.care.queries import setups as setup
from yifang.kernel.errors import NotAllowed
from yifang.knowledge import load


@require_safe
def infections(request: HttpRequest) -> HttpResponse:
    """Candidates, wards in which a pathogen comes together, clusters with their clocks."""
    asked = request.GET
    found = queries.overview(
        request.viewer, asked.get("show", ""), asked.get("ward", "")[:60], asked.get("pathogen", "")[:80]
    )
    context = {
        "found": found, "figures": presenting.figures(found, request.GET), "table": presenting.candidates(found),
        "wards": presenting.wards(found), "clusters": presenting.clusters(found), "limits": found.limits,
        "window": load().matters.hospital_infection.window_days,
    }  # fmt: skip
    return render(request, "care/infections.html", context)


@require_safe
def sentinel(request: HttpRequest) -> HttpResponse:
    """Weekly reports: ILI % by age, what is missing, samples against the task."""
    viewer = request.viewer
    _sees(request, "sentinel_week")
    found = weeks.counted_as(weeks.reports(viewer))
    shown = found.get(request.GET.get("show", ""), found["all"])
    context = {"table": presenting.reports(shown), "figures": presenting.week_figures(found, request.GET)}
    return render(request, "care/sentinel.html", context)


@require_safe
def setups(request: HttpRequest) -> HttpResponse:
    """Which hospitals have their clinics, and the rate of departments of infectious diseases."""
    _sees(request, "clinic_setup")
    found = setup.setups(request.viewer)
    counted = setup.infectious(found)
    context = {
        "table": presenting.setups(counted.get(request.GET.get("show", ""), found)),
        "figures": presenting.setup_figures(found, counted, request.GET),
        "may_fill": request.viewer.role in load().matters.kind("clinic_setup").step("report").by,
    }
    return render(request, "care/setups.html", context)


def _sees(request: HttpRequest, kind: str) -> None:
    request.viewer.check("matter.list")
    if request.viewer.role not in load().matters.kind(kind).sees:
        raise NotAllowed("accounts.not_allowed", role=request.viewer.role, permission="matter.list")
