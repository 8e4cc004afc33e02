"""Judging a pair of cards: one illness (merged field by field), two illnesses, or the judgement taken back."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from yifang.apps.reporting import policy, services
from yifang.apps.reporting.models import Duplicate
from yifang.apps.reporting.presenting import merging as told
from yifang.apps.reporting.presenting import words
from yifang.apps.reporting.rules import Finding
from yifang.apps.reporting.services.cards import findings_of
from yifang.apps.reporting.views import reading
from yifang.kernel.errors import UserError
from yifang.web import htmx, tables

_DEEDS = {"merge": services.merge, "keep": services.keep_apart, "undo": services.unmerge}
_SAID = {
    "merge": gettext_lazy("已合并：后报的卡不再计入，两张都保留，可撤回。"),
    "keep": gettext_lazy("已判定不是重卡，两张都计入，可撤回。"),
    "undo": gettext_lazy("已撤回判定，请重新判定。"),
}


@require_POST
def judge(request: HttpRequest, duplicate_id: UUID) -> HttpResponse:
    """Merge, keep apart or undo, then back to the card it was judged on."""
    judgement = request.POST.get("judgement", "")
    if judgement not in _DEEDS:
        services.check_judge(duplicate_id, request.viewer)
        raise UserError("reporting.judgement_unknown")
    pair = _DEEDS[judgement](duplicate_id, request.viewer)
    messages.success(request, _SAID[judgement])
    return _back(request, pair)


@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, card_id: UUID, duplicate_id: UUID) -> HttpResponse:
    """The two cards field by field: choose each answer, look at the card that comes out, merge."""
    viewer = request.viewer
    pair, _later = services.check_judge(duplicate_id, viewer)
    if card_id not in (pair.earlier_id, pair.later_id):
        raise Http404
    here = reverse("reporting:merge", args=[card_id, duplicate_id])
    if not viewer.purpose:
        return reading.ask_purpose(request, card_id, here)
    posted = request.method == "POST"
    may_take = policy.can(pair.earlier, "correct", viewer)
    taken = [] if not may_take else told.chosen(pair, request.POST) if posted else told.proposed(pair)
    findings: Sequence[Finding] = findings_of(pair.earlier, services.merged_answers(pair, taken))
    if posted and request.POST.get("do") == "merge":
        try:
            pair = services.merge(duplicate_id, viewer, taken)
        except services.CardErrors as wrong:
            findings = wrong.findings
        else:
            messages.success(request, _SAID["merge"])
            return _back(request, pair)
    findings = [one for one in findings if one.rule != "L28"]  # that there is another card is why one is here
    mine, theirs = told.opened(pair, viewer)
    context = {
        "pair": pair, "card_id": card_id, "lines": told.lines(mine, theirs, taken),
        "result": told.result(pair, {**mine, **{name: theirs.get(name, "") for name in taken}}),
        "may_take": may_take,
        "errors": [(words.word(one.label), words.says(one)) for one in findings if one.severity == "error"],
        "warnings": [(words.word(one.label), words.says(one)) for one in findings if one.severity != "error"],
        "query": request.POST.get("query", request.GET.get("query", "")), "work": request.GET.get("work", ""),
    }  # fmt: skip
    return render(request, "reporting/merge.html", context, status=422 if request.POST.get("do") == "merge" else 200)


def _back(request: HttpRequest, pair: Duplicate) -> HttpResponse:
    opened = request.POST.get("card", "")
    card = opened if opened in (str(pair.earlier_id), str(pair.later_id)) else pair.later_id
    query = QueryDict(request.POST.get("query", "")[:2000])
    return htmx.redirect(request, reverse("reporting:audit_card", args=[card]) + tables.with_query(query, at=""))
