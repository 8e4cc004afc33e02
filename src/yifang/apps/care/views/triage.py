"""Triage: one page that stays open at the desk; a finished patient makes room for the next."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yifang.apps.care import services
from yifang.apps.care.presenting import matters as presenting
from yifang.apps.care.queries import triages as queries
from yifang.apps.care.services import matters as walking
from yifang.apps.care.views import filling
from yifang.apps.forms.services import Unfilled
from yifang.kernel.errors import NotAllowed

KIND = FORM = "triage"


@require_http_methods(["GET", "POST"])
def triage(request: HttpRequest) -> HttpResponse:
    """The form of the next patient, and those of today."""
    viewer = request.viewer
    viewer.check("matter.open")
    kind = walking.kind_of(KIND)
    step = kind.step(kind.starts)
    if viewer.role not in step.by:
        raise NotAllowed("care.not_your_step", step={"zh": step.zh, "en": step.en})
    refused = None
    if request.method == "POST" and not filling.is_refresh(request):
        filled = filling.filled(request, FORM)
        try:
            made = services.open_matter(KIND, filled, viewer)
        except Unfilled as error:
            refused = error
        else:
            where = presenting.outcome(made, kind)
            took = "" if filled.seconds is None else _("，用时 {n} 秒").format(n=filled.seconds)
            messages.success(request, _("已分诊到{where}{took}。").format(where=where, took=took))
            return redirect("care:triage")
    here = reverse("care:triage")
    today = queries.today(viewer)
    context = {
        "form": filling.drawn(request, FORM, here, {}, set(), refused), "here": here, "today": today,
        "started": request.POST.get("started") or filling.started(),
        "numbers": [(presenting.answer(kind, key), number, key) for key, number in today.by_destination.items()],
        "latest": [
            (one, presenting.about(one), presenting.outcome(one, kind), fever) for one, fever in today.latest
        ],
    }  # fmt: skip
    return render(request, "care/triage.html", context, status=422 if refused else 200)
