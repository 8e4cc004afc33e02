"""Whistles: blowing one, following an anonymous one by its code, opening who blew it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from yifang.apps.care import services
from yifang.apps.care.presenting import matters as presenting
from yifang.apps.care.queries import whistles as queries
from yifang.apps.care.services import matters as walking
from yifang.apps.care.services import whistling
from yifang.apps.care.views import filling
from yifang.apps.forms.services import Unfilled

FORM, NOTE = "whistle", "whistle_note"


@require_http_methods(["GET", "POST"])
def whistle(request: HttpRequest) -> HttpResponse:
    """Blow the whistle, by name or without; below, one's own by name."""
    viewer = request.viewer
    viewer.check("whistle.blow")
    anonymous = request.POST.get("anonymous") == "1"
    refused = None
    if request.method == "POST" and not filling.is_refresh(request):
        try:
            blown = services.blow(filling.filled(request, FORM), viewer, anonymous=anonymous)
        except Unfilled as error:
            refused = error
        else:
            if blown.code:
                return render(request, "care/whistle_code.html", {"code": blown.code})
            messages.success(request, _("疾控值班已收到您的吹哨。"))
            return redirect("care:matter", blown.matter.id)
    here = reverse("care:whistle")
    kind = walking.kind_of(whistling.KIND)
    own = queries.own_whistles(viewer)
    context = {
        "form": filling.drawn(request, FORM, here, {}, set(), refused), "here": here, "anonymous": anonymous,
        "started": request.POST.get("started") or filling.started(),
        "own": [(one, presenting.state(one, kind)) for one in own],
    }  # fmt: skip
    return render(request, "care/whistle.html", context, status=422 if refused else 200)


@require_http_methods(["GET", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """What became of an anonymous whistle, by its code; a further word to the CDC."""
    viewer = request.viewer
    viewer.check("whistle.blow")
    code = request.POST.get("code", "")
    context: dict[str, object] = {"code": code, "here": reverse("care:follow")}
    if request.method == "GET" or not code.strip():
        return render(request, "care/follow.html", context)
    refused = None
    if request.POST.get("do") == "say":
        try:
            services.say_by_code(code, filling.filled(request, NOTE))
        except Unfilled as error:
            refused = error
        else:
            messages.success(request, _("已送到疾控值班。"))
    told, unsealed = queries.by_code(viewer, code)
    kind = walking.kind_of(whistling.KIND)
    context |= {
        "state": presenting.state(told.matter, kind), "matter": told.matter,
        "taken": presenting.page_of(told, viewer).taken, "unsealed": unsealed,
        "form": filling.drawn(request, NOTE, "", {}, set(), refused) if told.matter.state == "open" else None,
    }  # fmt: skip
    return render(request, "care/follow.html", context, status=422 if refused else 200)


@require_POST
def unseal(request: HttpRequest, matter_id: UUID) -> HttpResponse:
    """Who blew an anonymous whistle, to a CDC lead who says why."""
    name = services.unseal(matter_id, request.POST.get("reason", ""), request.viewer)
    messages.warning(request, _("吹哨人：{name}。这次查看已记入台账。").format(name=name))
    return redirect("care:matter", matter_id)
