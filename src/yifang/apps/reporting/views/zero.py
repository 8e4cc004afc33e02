"""Zero reports: what a unit owes and answers with one press; what the CDC ordered, how it is kept, who is missing."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.accounts.words import message_language
from yifang.apps.reporting.models import Cadence, ZeroOrder, ZeroReport
from yifang.apps.reporting.presenting import card_form, words
from yifang.apps.reporting.presenting import district_filters as filters
from yifang.apps.reporting.queries import zero as reads
from yifang.apps.reporting.services import zero as services
from yifang.apps.reporting.views import reading
from yifang.kernel import clock
from yifang.kernel.errors import UserError
from yifang.knowledge import load
from yifang.web import components, htmx

_WHICH = {
    "": gettext_lazy("全部"),
    "missing": gettext_lazy("未报"),
    "zero": gettext_lazy("零报告"),
    "cases": gettext_lazy("有病例"),
}
_DUE_HOURS = 10


@require_safe
def zero(request: HttpRequest) -> HttpResponse:
    """The unit's own page, or the CDC's."""
    viewer = request.viewer
    if viewer.can("zero.answer"):
        context = {
            "owed": [_line(one) for one in reads.owed(viewer)],
            "given": [_line(one) for one in reads.given(viewer)],
        }
        return render(request, "reporting/zero.html", context)
    viewer.check("zero.order")
    return _orders(request)


@require_POST
def answer(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """None, or the cards of the period; of a syndrome how many."""
    text = request.POST.get("number", "")
    none = request.POST.get("answer") == "none"
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
    services.answer(report_id, request.viewer, none=none, number=number)
    messages.success(request, _("已零报告。") if none else _("已报告。"))
    return htmx.redirect(request, reading.onward(request, reverse("reporting:zero")))


@require_POST
def order(request: HttpRequest) -> HttpResponse:
    """Ask units for zero reports."""
    request.viewer.check("zero.order")
    posted = request.POST
    units = []
    for text in posted.getlist("units"):
        with suppress(ValueError):
            units.append(UUID(text))
    kind, _sep, subject = posted.get("subject", "").partition(":")
    try:
        services.order(
            request.viewer, disease=subject if kind == "disease" else "",
            syndrome=subject if kind == "syndrome" else "", cadence=posted.get("cadence", ""),
            due_hours=_number(posted.get("due_hours", "")), units=units,
            since=filters.day(posted.get("since", "")) or clock.today(),
            until=filters.day(posted.get("until", "")) or clock.today(), reason=posted.get("reason", ""),
        )  # fmt: skip
    except UserError as wrong:
        return _orders(request, wrong)
    messages.success(request, _("零报告已布置。每个报告期结束时，各单位的待办里会出现。"))
    return htmx.redirect(request, reverse("reporting:zero"))


@require_safe
def one(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """One order with its answers."""
    which = request.GET.get("which", "")
    which = which if which in _WHICH else ""
    found, reports = reads.reports(request.viewer, order_id, which)
    context = {
        "order": found,
        "name": _subject(found),
        "reports": [_line(each) for each in reports],
        "tabs": [components.Tab(label, f"?which={key}", key == which) for key, label in _WHICH.items()],
    }
    return render(request, "reporting/zero_order.html", context)


@require_POST
def call_off(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Ask no more."""
    services.call_off(order_id, request.viewer)
    messages.success(request, _("已停止布置，已报的保留。"))
    return htmx.redirect(request, reverse("reporting:zero"))


@require_safe
def report(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Where a work item leads: the unit's page."""
    request.viewer.check("zero.answer")
    return htmx.redirect(request, reverse("reporting:zero"))


def _orders(request: HttpRequest, wrong: UserError | None = None) -> HttpResponse:
    viewer = request.viewer
    fields = {
        "subject": _("病种或症候群"), "cadence": _("频次"), "due_hours": _("期末后几小时内"), "until": _("起止日期"),
        "units": _("报告单位"), "reason": _("布置依据"),
    }  # fmt: skip
    context = {
        "orders": [{"kept": each, "name": _subject(each.order), "rate": _rate(each)} for each in reads.orders(viewer)],
        "units": reads.units(viewer),
        "diseases": card_form.diseases(""),
        "syndromes": [(each.id, load().syndrome_name(each.id, _lang())) for each in load().syndromes.syndromes],
        "cadences": Cadence.choices,
        "today": clock.today().isoformat(),
        "due_hours": request.POST.get("due_hours", _DUE_HOURS),
        "posted": request.POST,
        "picked": request.POST.getlist("units"),
        "wrong": [fields[name] for name in wrong.params.get("wrong", ())] if wrong else [],
        "refused": words.error(wrong) if wrong and "wrong" not in wrong.params else "",
    }
    return render(request, "reporting/zero_orders.html", context, status=422 if wrong else 200)


def _line(one: ZeroReport) -> dict[str, Any]:
    cards = len(services.cards_of(one)) if one.number is None else 0
    return {"row": one, "name": _subject(one.order), "period": _period(one), "cards": cards}


def _period(one: ZeroReport) -> str:
    start, end = services.bounds(one.order, one.period)
    if one.order.cadence == Cadence.DAY:
        return f"{start:%Y-%m-%d}"
    return f"{start:%Y-%m-%d} – {end - (end - start) / 7:%m-%d}"


def _subject(order: ZeroOrder) -> str:
    return words.disease(order.disease) if order.disease else load().syndrome_name(order.syndrome, _lang())


def _rate(kept: reads.Kept) -> str:
    return f"{100 * kept.in_time / kept.asked:.1f}%" if kept.asked else ""


def _lang() -> str:
    return message_language()


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
