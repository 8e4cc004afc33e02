"""Warnings to the departments of hospitals (预警提示): published by the CDC, read there, and who has read them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.reporting.presenting.card_form import diseases
from yifang.apps.reporting.presenting.guidance import guidance
from yifang.apps.surveillance import services
from yifang.apps.surveillance.queries import says
from yifang.apps.surveillance.queries.signals import disease_name
from yifang.apps.surveillance.queries.warnings import published, received, warning_departments
from yifang.apps.surveillance.services.feeding_back import DAYS, MOST_DAYS
from yifang.kernel import clock
from yifang.web import htmx


@require_safe
def warnings(request: HttpRequest) -> HttpResponse:
    """For a CDC what it published, with the form; for a hospital's desk what it was told and who has read it."""
    viewer = request.viewer
    publishes = viewer.can("signal.answer")
    found = published(viewer) if publishes else received(viewer)
    context: dict[str, Any] = {
        "publishes": publishes,
        "rows": [
            (one, disease_name(one.feedback.disease), says(one.feedback), one.feedback.until > clock.now())
            for one in found
        ],
        "days": DAYS,
        "most": MOST_DAYS,
    }
    if publishes:
        context |= {"diseases": diseases("")[1:], "departments": warning_departments(viewer)}
    return render(request, "surveillance/warnings.html", context)


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Publish one; the guidance of the packs goes with it where it was asked for."""
    posted = request.POST
    disease, text, days = posted.get("disease", ""), posted.get("text", ""), posted.get("days", "")
    if text.strip() and posted.get("guidance"):
        text = "\n".join([text.strip(), *(f"{label}：{words}" for label, words, _sure in guidance(disease))])
    services.publish_warning(
        request.viewer, disease=disease, text=text, departments=posted.getlist("department"),
        days=int(days) if days.isdecimal() and len(days) < 4 else 0,
    )  # fmt: skip
    messages.success(request, _("已发布，目标科室医生和医院公卫科会看到。"))
    return htmx.redirect(request, reverse("surveillance:warnings"))
