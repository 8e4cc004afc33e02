"""The desk's page of a quiet trial: begin one, see what it would have done, and go live with one click."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.places.models import Organisation, OrganisationKind
from yifang.apps.reporting import services
from yifang.apps.reporting.presenting import suspicions, words
from yifang.apps.reporting.queries import trials
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound
from yifang.web import htmx

DAYS = 14
_BY = {
    "day": gettext_lazy("按日"), "disease": gettext_lazy("按病种"), "department": gettext_lazy("按科室"),
    "rule": gettext_lazy("按规则"),
}  # fmt: skip


@require_safe
def trial(request: HttpRequest, trial_id: UUID | None = None) -> HttpResponse:
    """The latest trial of the hospital, or the chosen one, with the records behind a number where one is asked for."""
    viewer = request.viewer
    known = trials.trials(viewer)
    wanted = str(trial_id or request.GET.get("trial", ""))
    chosen = next((one for one in known if str(one.id) == wanted), known[0] if known else None)
    context: dict[str, Any] = {"trials": known, "chosen": chosen, "days": DAYS}
    if chosen is not None:
        report = trials.trial_report(viewer, chosen)
        by, value = request.GET.get("by", ""), request.GET.get("value", "")
        context |= {
            "report": report,
            "running": chosen.runs_at(clock.now()),
            "may_go_live": chosen.ended_at is None,
            "sections": [
                (label, key, [(value, _named(key, value), count) for value, count in report.counts[key]])
                for key, label in _BY.items()
            ],
            "missed": [(one, words.disease(one.disease) if one.disease else one.disease_text) for one in report.missed],
        }  # fmt: skip
        if by in _BY or by == "all":
            rows = trials.trial_rows(viewer, chosen, by, value)
            shown = _named(by, value) if value else ""
            context |= {"rows": [suspicions.row(one) for one in rows], "shown": shown}
    return render(request, "reporting/quiet.html", context)


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Begin a trial of the viewer's hospital."""
    given = request.POST.get("days", "")
    services.start_trial(_own(request), int(given) if given.isdecimal() and len(given) < 5 else 0, request.viewer)
    messages.success(request, _("已开始试运行：只记录，不提示，不上报。"))
    return htmx.redirect(request, reverse("reporting:quiet"))


@require_POST
def live(request: HttpRequest) -> HttpResponse:
    """Go live."""
    asked = services.go_live(_own(request), request.viewer)
    told = ngettext(
        "已转为正式运行，{n} 条还在时限内的线索现在提示医生。",
        "已转为正式运行，{n} 条还在时限内的线索现在提示医生。",
        asked,
    )
    messages.success(request, told.format(n=asked))
    return htmx.redirect(request, reverse("reporting:quiet"))


@require_safe
def everywhere(request: HttpRequest) -> HttpResponse:
    """The hospitals of the node and which of them try quietly, for the administrator, who sees no record."""
    now = clock.now()
    rows = [
        (hospital, one, one is not None and one.runs_at(now)) for hospital, one in trials.latest_trials(request.viewer)
    ]
    return render(request, "reporting/quiet_everywhere.html", {"rows": rows, "days": DAYS})


@require_POST
def start_at(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """The administrator begins a trial of a hospital."""
    request.viewer.check("trial.manage")
    given = request.POST.get("days", "")
    days = int(given) if given.isdecimal() and len(given) < 5 else 0
    services.start_trial(_hospital(organisation_id), days, request.viewer)
    messages.success(request, _("已开始试运行：只记录，不提示，不上报。"))
    return htmx.redirect(request, reverse("reporting:quiet_everywhere"))


@require_POST
def end_at(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """The administrator ends one: within a minute the jobs ask what is in time."""
    services.end_today(_hospital(organisation_id), request.viewer)
    messages.success(request, _("试运行到此为止，一分钟内转为正式运行。"))
    return htmx.redirect(request, reverse("reporting:quiet_everywhere"))


def _hospital(organisation_id: UUID) -> Organisation:
    found = Organisation.objects.filter(id=organisation_id, kind=OrganisationKind.HOSPITAL, active=True).first()
    if found is None:
        raise NotFound("reporting.no_organisation")
    return found


def _own(request: HttpRequest) -> Organisation:
    request.viewer.check("card.review")
    found = Organisation.objects.filter(id=request.viewer.organisation_id).first()
    if found is None:
        raise NotAllowed("reporting.no_organisation")
    return found


def _named(by: str, value: str) -> str:
    return words.disease(value) if by == "disease" else value or "—"
