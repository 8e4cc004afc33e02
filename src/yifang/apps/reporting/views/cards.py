"""The page of a card: where it stands, both clocks, its answers and versions, and the steps open to the viewer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting import clocks, documents, queries, services
from yifang.apps.reporting.models import Card, CardState
from yifang.apps.reporting.presenting import cards, registers, source, steps, suspicions
from yifang.apps.reporting.presenting import versions as told
from yifang.apps.reporting.queries import clinic
from yifang.apps.reporting.queries.opened import evidence_of
from yifang.apps.reporting.queries.steps import steps as steps_of
from yifang.apps.reporting.views import reading
from yifang.kernel import clock
from yifang.web import htmx
from yifang.web.documents import DOCX


@require_safe
def card(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """The page."""
    return render(request, "reporting/card.html", detail(request, card_id))


@require_POST
def identity(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """The answers again with identity open; without a purpose it is asked first."""
    viewer = request.viewer
    viewer.check("person.open")
    if not viewer.purpose:
        return reading.ask_purpose(request, card_id, reverse("reporting:card", args=[card_id]))
    found = queries.card(card_id, viewer)
    context = {"card": found.card, **answers(found.card, viewer, identity=True)}
    if htmx.is_htmx(request):
        return render(request, "reporting/_card_answers.html", context)
    return render(request, "reporting/card.html", {**detail(request, card_id), **context})


@require_POST
def approve(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """The hospital's desk passes the card on; with its national number where it is entered already."""
    posted = request.POST
    number = posted.get("national_card_id", "").strip()
    services.approve(
        card_id, request.viewer, national_card_id=number,
        entered_at=reading.moment(posted.get("entered_at", "")) if number else None,
        late_reason=posted.get("late_reason", ""),
    )  # fmt: skip
    messages.success(request, _("审核通过。") if number else _("审核通过。请录入大疫情网，并回填网报卡号和录入时间。"))
    return _on(request, card_id)


@require_POST
def send_back(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """Return it to the doctor with a reason."""
    services.return_by_hospital(card_id, request.POST.get("reason", ""), request.viewer)
    messages.success(request, _("已退回给报告医生。"))
    return _on(request, card_id)


@require_POST
def enter(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """Record number and time of the national system."""
    posted = request.POST
    services.record_entry(
        card_id, request.viewer, national_card_id=posted.get("national_card_id", ""),
        entered_at=reading.moment(posted.get("entered_at", "")), late_reason=posted.get("late_reason", ""),
    )  # fmt: skip
    messages.success(request, _("已登记网报卡号和录入时间，报告时钟停止。"))
    return _on(request, card_id)


@require_POST
def correct_entry(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """Mend a mistyped national number or time, with the reason."""
    posted = request.POST
    services.correct_entry(
        card_id, request.viewer, national_card_id=posted.get("national_card_id", ""),
        entered_at=reading.moment(posted.get("entered_at", "")), reason=posted.get("reason", ""),
    )  # fmt: skip
    messages.success(request, _("网报卡号和录入时间已更正，原来的保留可查。"))
    return _on(request, card_id)


@require_POST
def discard(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """Lay a draft aside, with the reason."""
    one = services.discard(card_id, request.POST.get("reason", ""), request.viewer)
    if one.suspicion_id is not None:
        messages.success(request, _("草稿已弃置。线索还在等您答复。"))
        return htmx.redirect(request, reverse("reporting:suspicion", args=[one.suspicion_id]))
    messages.success(request, _("草稿已弃置，内容和原因保留可查。"))
    return _on(request, card_id)


@require_POST
def undo_audit(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """Take back an audit that was a slip."""
    services.undo_audit([card_id], request.viewer)
    messages.success(request, _("终审已撤销，卡回到未审核。"))
    return _on(request, card_id)


@require_POST
def explain(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """Say why a card was late."""
    services.explain_late(card_id, request.POST.get("reason", ""), request.viewer)
    messages.success(request, _("已记录迟报原因。"))
    return _on(request, card_id)


@require_POST
def delete(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """Delete it with a reason; it stays readable."""
    services.delete(card_id, request.POST.get("reason", ""), request.viewer)
    messages.success(request, _("报告卡已删除，内容和原因保留可查。"))
    return _on(request, card_id)


@require_POST
def register(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """Record the number of a specialist system."""
    posted = request.POST
    services.register(
        card_id, posted.get("register", ""), posted.get("number", ""), reading.moment(posted.get("at", "")),
        request.viewer,
    )  # fmt: skip
    messages.success(request, _("已登记专病系统编号。"))
    return _on(request, card_id)


@require_POST
def export(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """The card as a Word document; it holds identity, so it needs a purpose."""
    viewer = request.viewer
    viewer.check("card.export")
    if not viewer.purpose:
        return reading.ask_purpose(request, card_id, reverse("reporting:card", args=[card_id]))
    found = queries.card(card_id, viewer)
    headers = {"Content-Disposition": content_disposition_header(True, f"{found.card.card_no}.docx") or "attachment"}
    return HttpResponse(documents.export_card_docx(found.card, viewer), content_type=DOCX, headers=headers)


def detail(request: HttpRequest, card_id: UUID) -> dict[str, Any]:
    """Everything the opened card shows."""
    viewer = request.viewer
    found = queries.card(card_id, viewer)
    one = found.card
    current = queries.version_for(one, viewer)
    shown = evidence_of(current)
    now = clock.now()
    return {
        "opened": cards.row(one),
        "card": one,
        "verbs": found.verbs,
        "is_late": found.late,
        "late_now": clocks.is_late(one.report_due_at, None, now),
        "needs_entry": one.entered_at is None and one.state in _ENTERABLE,
        "may_undo": "undo_audit" in found.verbs and services.may_undo(one, viewer),
        "pairs": [(pair, pair.later if pair.earlier_id == one.id else pair.earlier) for pair in found.duplicates],
        "evidence": suspicions.evidence(shown),
        "excerpts": source.excerpts((item.evidence, item.record) for item in shown),
        "moments": steps.of_card(one, steps_of(one.id)),
        "remarks": cards.remarks(current),
        "now": now.astimezone(clock.CHINA).strftime("%Y-%m-%dT%H:%M"),
        "entered_local": f"{one.entered_at.astimezone(clock.CHINA):%Y-%m-%dT%H:%M}" if one.entered_at else "",
        "work": request.GET.get("work") or clinic.work_on(one.id, viewer),
        "back": reading.onward(request, request.get_full_path()),
        "may_open": viewer.can("person.open"),
        "may_export": viewer.can("card.export"),
        "may_print": viewer.can("card.print"),
        "registers": registers.of_card(one),
        "scans": [scan.id for scan in one.scans.all()],
        "revisions": told.revisions(one),
        "revision_waits": one.state == CardState.AUDITED and one.revisions.filter(audited_at=None).exists(),
        "audit_url": reverse("reporting:audit_card", args=[one.id]) if "audit" in found.verbs else "",
        **answers(one, viewer, identity=False),
    }


_ENTERABLE = (CardState.SUBMITTED, CardState.RETURNED_BY_DISTRICT, CardState.AUDITED)


def answers(one: Card, viewer: Viewer, *, identity: bool) -> dict[str, Any]:
    """The answers by section, and what each version sent on changed in the one before."""
    sent = list(queries.history(one, viewer))
    read = [queries.answers(version, viewer, identity=identity) for version in sent]
    diffs = [(after, cards.changes(told, then)) for after, told, then in zip(sent[1:], read, read[1:], strict=False)]
    return {
        "sections": cards.sections(read[-1], str(one.reporter)) if read else [],
        "diffs": diffs[::-1],
        "identity_open": identity,
    }


def _on(request: HttpRequest, card_id: UUID) -> HttpResponse:
    return htmx.redirect(request, reading.onward(request, reverse("reporting:card", args=[card_id])))
