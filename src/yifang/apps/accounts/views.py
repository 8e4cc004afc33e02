"""Changing seat, saying why one looks, breaking the glass and answering for it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from yifang.apps.accounts import policy, purposes, queries, services
from yifang.apps.accounts.middleware import SEAT, chosen_seat
from yifang.apps.accounts.models import GlassState
from yifang.kernel.errors import NotAllowed
from yifang.web import htmx

NOTED = "noted"


@require_POST
def seat(request: HttpRequest) -> HttpResponse:
    """Take another of one's own seats; purposes of the old one do not go along."""
    wanted = request.POST.get("seat", "")
    found = chosen_seat(request.seats, wanted)
    if found is None or str(found.id) != wanted:
        raise NotAllowed("accounts.not_your_seat")
    request.session[SEAT] = wanted
    purposes.forget(request)
    return htmx.redirect(request, "/")


@require_http_methods(["GET", "POST"])
def purpose(request: HttpRequest, subject: UUID) -> HttpResponse:
    """Ask why somebody looks at `subject`, and go on to `next`."""
    onward = _next(request)
    if request.method == "POST":
        said = purposes.asked(request.POST.get("purpose", ""), request.POST.get("note", ""))
        purposes.keep(request, subject, said)
        return htmx.redirect(request, onward)
    context = {"subject": subject, "choices": purposes.CHOICES.items(), "next": onward}
    return render(request, "accounts/purpose.html", context)


@require_http_methods(["GET", "POST"])
def break_glass(request: HttpRequest, person: UUID) -> HttpResponse:
    """The form and its deed."""
    viewer = request.viewer
    viewer.check("glass.open")
    onward = _next(request)
    if request.method == "POST":
        glass = services.break_glass(person, request.POST.get("reason", ""), request.POST.get("note", ""), viewer)
        purposes.keep(request, person, f"glass:{glass.id}", policy.GLASS_OPEN)
        messages.warning(request, _("已打开 3 小时，已通知审批人，全部查看都有记录。"))
        return htmx.redirect(request, onward)
    context = {"person": person, "reasons": policy.glass_reasons(), "next": onward}
    return render(request, "accounts/break_glass.html", context)


@require_http_methods(["GET", "POST"])
def glass(request: HttpRequest, glass_id: UUID) -> HttpResponse:
    """What was opened, by whom and why; the second person's answer, and the note of who answers for the person."""
    viewer = request.viewer
    if request.method == "POST":
        if request.POST.get("state") == NOTED:
            services.note_glass(glass_id, viewer)
            messages.success(request, _("已记录：您已知悉。"))
            return htmx.redirect(request, "/")
        services.answer_glass(glass_id, request.POST.get("state", ""), viewer)
        messages.success(request, _("已记录您的意见。"))
        return htmx.redirect(request, request.path)
    found = queries.glass(glass_id, viewer)
    may_answer = viewer.can("glass.answer") and found.user_id != viewer.user_id
    context = {
        "glass": found,
        "may_answer": may_answer and found.state == GlassState.OPEN,
        "may_note": may_answer and bool(set(found.told) & set(viewer.scopes)),
    }
    return render(request, "accounts/glass.html", context)


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else "/"
