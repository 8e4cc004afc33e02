"""Filling a card: a draft, a returned card, a correction; a blank one; and the search for a township.

Every finding is shown at once. Reporting with errors changes nothing and keeps on the page what was typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yifang.apps.reporting import policy, queries, services, versions
from yifang.apps.reporting.models import Card, CardState, CardVersion
from yifang.apps.reporting.presenting import areas_of, card_form, cards, source, suspicions, words
from yifang.apps.reporting.queries import clinic
from yifang.apps.reporting.queries.opened import evidence_of
from yifang.apps.reporting.services import scans
from yifang.apps.reporting.services.cards import findings_of, situation_of
from yifang.apps.reporting.services.drafts import PURPOSE
from yifang.apps.reporting.views import reading
from yifang.apps.reporting.views.reading import ask_purpose
from yifang.kernel.errors import UserError
from yifang.web import htmx

_CORRECTED = (CardState.SUBMITTED, CardState.AUDITED)
# What a correction may be opened for: the field where it begins, and the reason that stands there already.
_OPENED_FOR = {
    "death": ("death_date", gettext_lazy("死亡")),
    "disease": ("disease", gettext_lazy("诊断改变")),
    "class": ("case_class", gettext_lazy("检验或临床确诊")),
}


@require_POST
def blank(request: HttpRequest) -> HttpResponse:
    """A card without a suspicion."""
    card = services.draft_blank(request.viewer)
    return htmx.redirect(request, reverse("reporting:edit", args=[card.id]))


@require_http_methods(["GET", "POST"])
def proxy(request: HttpRequest) -> HttpResponse:
    """代报: for which unit and doctor, with the picture of their paper card; then the form."""
    viewer = request.viewer
    viewer.check("card.draft")
    refusal, posted = "", request.POST
    if request.method == "POST":
        try:
            with transaction.atomic():
                unit = UUID(posted.get("unit", "")) if len(posted.get("unit", "")) == 36 else UUID(int=0)
                card = services.draft_for(viewer, unit, posted.get("doctor", ""))
                if (file := request.FILES.get("file")) is not None:
                    if (file.size or 0) > scans.LARGEST:
                        raise UserError("reporting.scan_too_large", most=scans.LARGEST // 1_000_000)
                    scans.attach(card, file.name or "", file.read(), viewer)
            return htmx.redirect(request, reverse("reporting:edit", args=[card.id]))
        except (UserError, ValueError) as wrong:
            refusal = words.error(wrong) if isinstance(wrong, UserError) else _("请选择单位")
    context = {
        "units": clinic.units_near(viewer), "refusal": refusal, "unit": posted.get("unit", ""),
        "doctor": posted.get("doctor", ""),
    }  # fmt: skip
    return render(request, "reporting/proxy.html", context, status=422 if refusal else 200)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """The form: GET shows the card as it stands, POST with `do` saves, reports, corrects or only draws again."""
    viewer = request.viewer
    found = queries.card(card_id, viewer)
    card = found.card
    verb = "correct" if card.state in _CORRECTED else "save"
    policy.check(card, verb, viewer)
    version = versions.current(card)
    if not viewer.purpose and card.organisation_id == viewer.organisation_id:
        viewer = viewer.acting_for(PURPOSE)  # filling one's own hospital's card is its own reason
    if request.method == "GET":
        if not viewer.purpose:
            return ask_purpose(request, card.id, reverse("reporting:edit", args=[card.id]))
        before = queries.answers(version, viewer, identity=True)
        begin, reason = _OPENED_FOR.get(request.GET.get("for", ""), ("", ""))
        check = verb == "save" and (card.suspicion_id is not None or version.number > 1)
        return _page(request, card, version, before, check=check, focus=begin, reason=str(reason))
    # Without a purpose nothing is filled in but what was typed: an error must not open what the page would not.
    before = queries.answers(version, viewer, identity=True) if viewer.purpose else dict(version.values)
    given = card_form.posted(request.POST, before)
    try:
        return _done(request, card, verb, given, version)
    except services.CardErrors:
        return _page(request, card, version, given, check=True, status=422)
    except UserError as error:
        return _page(request, card, version, given, check=True, status=422, refusal=error)


def _done(request: HttpRequest, card: Card, verb: str, given: Mapping[str, str], version: CardVersion) -> HttpResponse:
    viewer, do = request.viewer, request.POST.get("do", "")
    page = reverse("reporting:card", args=[card.id])
    if do == "refresh":
        check = version.number > 1 or card.suspicion_id is not None
        return _page(request, card, version, given, check=check, focus="disease")
    if verb == "correct":
        services.correct(card.id, given, request.POST.get("reason", ""), viewer)
        messages.success(request, _("订正报告已提交，原版本保留。"))
        return htmx.redirect(request, page)
    if do == "save":
        services.save_draft(card.id, given, viewer)
        messages.success(request, _("草稿已保存。草稿不停时钟，请尽快报告。"))
        return htmx.redirect(request, reverse("reporting:edit", args=[card.id]))
    services.report(card.id, viewer, given)
    messages.success(request, _("已报告到公卫科。录入大疫情网之前时钟不停。"))
    return htmx.redirect(request, reading.onward(request, page))


@require_safe
def areas(request: HttpRequest) -> HttpResponse:
    """Townships for a text, as options of the list below the search."""
    request.viewer.check("card.draft")
    text = request.GET.get("area", "")
    here = request.viewer.area_code
    found = areas_of.search(text, here) if text.strip() else areas_of.choices("", here)[1:]
    return HttpResponse(card_form.options(found))


def _page(
    request: HttpRequest,
    card: Card,
    version: CardVersion,
    answers: Mapping[str, Any],
    *,
    check: bool,
    status: int = 200,
    refusal: UserError | None = None,
    focus: str = "",
    reason: str = "",
) -> HttpResponse:
    form = card_form.CardForm(
        answers, situation_of(card), derived=() if version.reported else version.source.get("derived", ()),
        refresh_url=reverse("reporting:edit", args=[card.id]),
    )  # fmt: skip
    if check:
        form.show(findings_of(card, answers))
    if focus or not (check or card.state in _CORRECTED):
        form.focus(focus)
    shown = evidence_of(version)
    context = {
        "form": form,
        "card": card,
        "row": cards.row(card),
        "correction": card.state in _CORRECTED,
        "may_correct": "correct" in policy.verbs(card, request.viewer),
        "refusal": words.error(refusal) if refusal else "",
        "reason": request.POST.get("reason", reason),
        "opened_for": request.GET.get("for", "") if request.GET.get("for", "") in _OPENED_FOR else "",
        "evidence": suspicions.evidence(shown),
        "excerpts": source.excerpts((item.evidence, item.record) for item in shown),
        "organisation": card.organisation,
        "work": request.GET.get("work") or request.POST.get("work") or clinic.work_on(card.id, request.viewer),
    }
    return render(request, "reporting/card_form.html", context, status=status)
