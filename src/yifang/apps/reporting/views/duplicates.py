"""Judging a pair of cards: one illness, two illnesses, or the judgement taken back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from yifang.apps.reporting import services
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
    opened = request.POST.get("card", "")
    card = opened if opened in (str(pair.earlier_id), str(pair.later_id)) else pair.later_id
    query = QueryDict(request.POST.get("query", "")[:2000])
    return htmx.redirect(request, reverse("reporting:audit_card", args=[card]) + tables.with_query(query, at=""))
