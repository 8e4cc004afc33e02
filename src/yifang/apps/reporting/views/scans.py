"""Pictures of paper cards: dropped, read while one does something else, each answer checked beside its place."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.words import message_language
from yifang.apps.reporting.models import Scan, ScanState
from yifang.apps.reporting.ocr import Answer, engine
from yifang.apps.reporting.presenting import cards, words
from yifang.apps.reporting.queries import scans as reads
from yifang.apps.reporting.rules import form_of
from yifang.apps.reporting.services import scans as services
from yifang.apps.reporting.services.drafts import PURPOSE
from yifang.apps.reporting.views import reading
from yifang.kernel import messages as texts
from yifang.kernel.errors import UserError, YifangError
from yifang.knowledge import load
from yifang.web import htmx

_TONES = {
    ScanState.WAITING: "neutral", ScanState.READING: "info", ScanState.READ: "warn", ScanState.FAILED: "bad",
    ScanState.DRAFTED: "done",
}  # fmt: skip
_PAD = 6  # pixels of the picture around an answer


@require_http_methods(["GET", "HEAD", "POST"])
def scans(request: HttpRequest) -> HttpResponse:
    """The place to drop pictures, and those dropped before."""
    viewer = request.viewer
    viewer.check("card.draft")
    refused = []
    if request.method == "POST":
        files = request.FILES.getlist("files")
        taken = 0
        for file in files[:20]:
            try:
                if (file.size or 0) > services.LARGEST:  # before it is read
                    raise UserError("reporting.scan_too_large", most=services.LARGEST // 1_000_000)
                services.take(file.name or "", file.read(), viewer)
                taken += 1
            except YifangError as wrong:
                refused.append((file.name, words.error(wrong)))
        if taken and not refused:
            messages.success(request, _("已收下 {n} 张照片，识别完会显示在下面。").format(n=taken))
            return htmx.redirect(request, reverse("reporting:scans"))
        if not files:
            refused.append(("—", _("没有选择照片")))
    found = [_row(one) for one in reads.scans(viewer)]
    context = {
        "scans": found,
        "refused": refused,
        "is_there": engine.is_there(),
        "busy": any(one["row"].state in (ScanState.WAITING, ScanState.READING) for one in found),
    }
    return render(request, "reporting/scans.html", context, status=422 if refused else 200)


@require_safe
def scan(request: HttpRequest, scan_id: UUID) -> HttpResponse:
    """What was read, each answer beside its piece of the picture."""
    viewer = request.viewer
    one = reads.scan(scan_id, viewer)
    if not _looking(one, viewer).purpose:
        return reading.ask_purpose(request, scan_id, reverse("reporting:scan", args=[scan_id]))
    found = services.found_in(one)
    answers = {name: each.value for name, each in found.items()}
    lines = [_line(name, each, answers, one) for name, each in _ordered(found)]
    context = {
        **_row(one),
        "sure": [each for each in lines if each["sure"]],
        "unsure": [each for each in lines if not each["sure"]],
        "may_draft": viewer.can("card.draft")
        and viewer.organisation_id == one.organisation_id
        and one.state in (ScanState.READ, ScanState.FAILED),
    }
    return render(request, "reporting/scan.html", context)


@require_safe
def picture(request: HttpRequest, scan_id: UUID) -> HttpResponse:
    """The picture itself."""
    one = reads.scan(scan_id, request.viewer)
    looking = _looking(one, request.viewer)
    if not looking.purpose:
        return reading.ask_purpose(request, scan_id, reverse("reporting:scan_picture", args=[scan_id]))
    data = services.picture_of(one, looking)
    return HttpResponse(data, content_type=one.media, headers={"Cache-Control": "private, max-age=300"})


@require_POST
def draft(request: HttpRequest, scan_id: UUID) -> HttpResponse:
    """Make the draft and open its form."""
    card = services.draft(scan_id, request.viewer)
    messages.success(request, _("已建草稿：把握不大的项留空，请对照照片填写后再报告。"))
    return htmx.redirect(request, reverse("reporting:edit", args=[card.id]))


def _looking(one: Scan, viewer: Viewer) -> Viewer:
    """Reading the papers of one's own unit is its own reason."""
    own = viewer.organisation_id == one.organisation_id and not viewer.purpose
    return viewer.acting_for(PURPOSE) if own else viewer


def _row(one: Scan) -> dict[str, Any]:
    why = texts.render(one.error, {"least": 500}, message_language()) if one.error else ""
    return {"row": one, "state": ScanState(one.state).label, "tone": _TONES[ScanState(one.state)], "why": why}


def _ordered(found: dict[str, Answer]) -> list[tuple[str, Answer]]:
    order = list(form_of(load()).fields)
    return sorted(found.items(), key=lambda one: (order.index(one[0]) if one[0] in order else 99, one[0]))


def _line(name: str, one: Answer, answers: dict[str, str], scan: Scan) -> dict[str, Any]:
    field = form_of(load()).field(name)
    left, top, right, bottom = one.box
    left, top = max(left - _PAD, 0), max(top - _PAD, 0)
    wide, high = min(right + _PAD, scan.width) - left, min(bottom + _PAD, scan.height) - top
    return {
        "label": words.word(field.label) if field else name,
        "value": cards.said(field, answers) if field else one.value,
        "percent": round(100 * one.confidence),
        "sure": one.is_sure,
        "box": f"{left} {top} {max(wide, 1)} {max(high, 1)}",
    }
