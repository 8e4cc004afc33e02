"""The fever clinic's board, the enteric clinic's register, triage held against the records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.care.presenting import clinics as presenting
from yifang.apps.care.queries import clinics as queries
from yifang.apps.care.queries.matters import BOARDS
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed
from yifang.knowledge import load


@require_safe
def fever(request: HttpRequest) -> HttpResponse:
    """Who is in the fever clinic: every step with its time, who waits for what, how promptly results come back."""
    viewer = _seated(request)
    day = _day(request, clock.today())
    show = request.GET.get("show", "")
    board = queries.fever_board(viewer, day, show)
    context = {
        "board": board, "day": day, "show": show, "days": _around(day),
        "figures": presenting.fever_figures(board, request.GET), "table": presenting.fever_table(board, viewer),
        "prompt": presenting.prompt_figures(board, request.GET),
        "may_register": viewer.role in load().matters.kind("fever_visit").step("register").by,
    }  # fmt: skip
    return render(request, "care/fever.html", context)


@require_safe
def enteric(request: HttpRequest) -> HttpResponse:
    """逢泻必登、逢疑必检: who is registered, who is not, who was tested."""
    viewer = _seated(request)
    until = _day(request, clock.today())
    show = request.GET.get("show", "")
    board = queries.enteric_board(viewer, until - timedelta(days=6), until, show)
    context = {
        "board": board, "day": until, "days": _around(until),
        "figures": presenting.enteric_figures(board, request.GET, viewer),
        "table": presenting.enteric_table(board, show),
        "may_register": viewer.role in load().matters.kind("enteric_visit").step("register").by,
    }  # fmt: skip
    return render(request, "care/enteric.html", context)


@require_safe
def reconcile(request: HttpRequest) -> HttpResponse:
    """Triage against registrations and fever-clinic visits by day; every number opens."""
    viewer = request.viewer
    viewer.check("clinic.reconcile")
    day, name = _day(request, clock.today()), request.GET.get("show", "")
    context: dict[str, object] = {"measures": presenting.measures()}
    if name in queries.MEASURES:
        triages, visits = queries.reconciled(viewer, name, day)
        context |= {
            "day": day, "what": presenting.measure(name),
            "table": presenting.triage_table(triages) if not visits and name in presenting.OF_TRIAGES
            else presenting.visit_table(visits, viewer),
        }  # fmt: skip
    else:
        here = reverse("care:reconcile")
        context["days"] = [
            (one, [(key, one.numbers[key], f"{here}?day={one.day}&show={key}") for key in queries.MEASURES])
            for one in queries.reconciliation(viewer, day)
        ]
    return render(request, "care/reconcile.html", context)


def _seated(request: HttpRequest) -> Viewer:
    viewer = request.viewer
    viewer.check("matter.list")
    if viewer.role not in BOARDS:
        raise NotAllowed("accounts.not_allowed", role=viewer.role, permission="matter.list")
    return viewer


def _day(request: HttpRequest, otherwise: date) -> date:
    try:
        return min(date.fromisoformat(request.GET.get("day", "")), clock.today())
    except ValueError:
        return otherwise


def _around(day: date) -> Sequence[tuple[str, str]]:
    """The day before and the day after, as links; no day after today."""
    links = [(_("前一天"), f"?day={day - timedelta(days=1)}")]
    if day < clock.today():
        links.append((_("后一天"), f"?day={day + timedelta(days=1)}"))
    return links
