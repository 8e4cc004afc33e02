"""The page of cards that wait for a correction of their class."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.reporting.presenting import cards
from yifang.apps.reporting.queries import followups as queries
from yifang.apps.reporting.services import followups as services
from yifang.web import htmx


@require_safe
def followups(request: HttpRequest) -> HttpResponse:
    """Those that a later result makes surer, and those that are suspected for too long."""
    viewer = request.viewer
    viewer.check("card.report")
    context = {
        "surer": [cards.row(one) for one in queries.to_correct(viewer)],
        "long": [cards.row(one) for one in queries.long_suspected(viewer)],
        "days": queries.days_suspected(),
    }
    return render(request, "reporting/followups.html", context)


@require_POST
def keep(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """It stays as it is, with a reason."""
    services.keep(card_id, request.viewer, reason=request.POST.get("reason", ""))
    messages.success(request, _("已记录：病例分类不变。"))
    return htmx.redirect(request, reverse("reporting:followups"))
