"""The clinician's page: suspicions that wait with the opened one beside them, and the three answers to one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.accounts.models import User
from yifang.apps.reporting import queries, services
from yifang.apps.reporting.models import SUSPICION_TRANSITIONS, DismissReason, SuspicionState
from yifang.apps.reporting.presenting import cards, source, steps, suspicions
from yifang.apps.reporting.queries import clinic, departments
from yifang.apps.reporting.queries.steps import steps as steps_of
from yifang.apps.reporting.views import reading
from yifang.kernel import protocols
from yifang.web import components, htmx, tables

SIZE = 50
_TABS = ("waiting", "cards", "answered", "month")
_WHICH = {
    "found": gettext_lazy("本月全部"),
    "reported": gettext_lazy("本月已报告"),
    "dismissed": gettext_lazy("本月已排除"),
    "waiting": gettext_lazy("本月未答复"),
    "overdue": gettext_lazy("本月超期未答复"),
}


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The list alone."""
    return render(request, "reporting/suspicions.html", _list(request))


@require_safe
def suspicion(request: HttpRequest, suspicion_id: UUID) -> HttpResponse:
    """One suspicion beside the list it is opened from. A list that refreshes itself is no look at what is beside it."""
    context = {} if htmx.is_htmx(request, "suspicion-list") else detail(request, suspicion_id)
    if not htmx.is_htmx(request, "detail"):
        context |= _list(request, opened=str(suspicion_id))
    context["closed_url"] = reverse("reporting:suspicions") + tables.with_query(request.GET, work="")
    return render(request, "reporting/suspicions.html", context)


@require_POST
def start(request: HttpRequest, suspicion_id: UUID) -> HttpResponse:
    """Report it: the card is drafted, filled, and its form opens."""
    card = services.draft_from_suspicion(suspicion_id, request.viewer)
    return htmx.redirect(request, reverse("reporting:edit", args=[card.id]))


@require_POST
def dismiss(request: HttpRequest, suspicion_id: UUID) -> HttpResponse:
    """Not this disease."""
    posted = request.POST
    services.dismiss(suspicion_id, request.viewer, code=posted.get("code", ""), note=posted.get("note", ""))
    messages.success(request, _("已记录：不是这个病。"))
    return htmx.redirect(request, reading.onward(request, reverse("reporting:suspicions")))


@require_POST
def consult(request: HttpRequest, suspicion_id: UUID) -> HttpResponse:
    """Ask a colleague."""
    wanted = request.POST.get("colleague", "")
    colleague = User.objects.filter(pk=int(wanted) if wanted.isdecimal() and len(wanted) < 18 else 0).first()
    services.consult(suspicion_id, request.viewer, colleague=colleague)
    messages.success(request, _("已请{name}会诊，期限不变。").format(name=colleague))
    return htmx.redirect(request, reverse("reporting:suspicion", args=[suspicion_id]))


def detail(request: HttpRequest, suspicion_id: UUID) -> dict[str, Any]:
    """Everything the opened suspicion shows."""
    viewer = request.viewer
    found = queries.suspicion(suspicion_id, viewer)
    one = found.suspicion
    may_answer = viewer.can("suspicion.answer") and viewer.organisation_id == one.organisation_id
    follow = SUSPICION_TRANSITIONS[SuspicionState(one.state)] if may_answer else set()
    return {
        "opened": suspicions.row(one),
        "suspicion": one,
        "card": cards.row(found.card) if found.card else None,
        "related": [hit for source in protocols.related for hit in source.call(viewer, "suspicion", one.id)],
        "others": [suspicions.row(other) for other in found.others],
        "evidence": suspicions.evidence(found.evidence),
        "aside": suspicions.set_aside(one),
        "excerpts": source.excerpts((item.evidence, item.record) for item in found.evidence),
        "moments": steps.of_suspicion(steps_of(one.id)),
        "advice": steps.advice(viewer, one.disease),
        "may_report": SuspicionState.REPORTED in follow,
        "may_dismiss": SuspicionState.DISMISSED in follow,
        "may_consult": one.state in (SuspicionState.OPEN, SuspicionState.CONSULTING) and bool(follow),
        "reasons": DismissReason.choices,
        "colleagues": clinic.colleagues(one, viewer) if follow else [],
        "work": request.GET.get("work") or clinic.work_on(one.id, viewer),
        "back": request.get_full_path(),
    }


def _list(request: HttpRequest, opened: str = "") -> dict[str, Any]:
    viewer = request.viewer
    viewer.check("suspicion.list")
    tab = request.GET.get("tab", "")
    tab = tab if tab in _TABS else "waiting"
    cursor = reading.cursor(request)
    walk = reading.walk(cursor)
    here = tables.with_query(request.GET, at="", work="")
    numbers = clinic.badge(viewer)
    context = {
        "tab": tab,
        "tabs": [
            components.Tab(
                _("待处理"), f"{reverse('reporting:suspicions')}", tab == "waiting", numbers, clinic.late(viewer)
            ),
            components.Tab(
                _("我的报告卡"), f"{reverse('reporting:suspicions')}?tab=cards", tab == "cards", clinic.in_hand(viewer)
            ),
            components.Tab(_("已答复"), f"{reverse('reporting:suspicions')}?tab=answered", tab == "answered"),
        ],
        "may_draft": viewer.can("card.draft"),
    }
    if tab == "cards":
        found = clinic.own_cards(viewer, **walk, limit=SIZE)
        page = tables.page(found, SIZE, lambda card: (card.created_at, card.id), cursor)
        return context | {"table": cards.table(page, "own-cards", _("我的报告卡"), _("还没有您填的报告卡"))}
    if tab == "month":
        department, which = request.GET.get("department", ""), request.GET.get("which", "")
        which = which if which in _WHICH else "found"
        found = departments.of_department(viewer, department, which, **walk, limit=SIZE)
        page = tables.page(found, SIZE, lambda one: (one.found_at, one.id), cursor)
        empty = tables.Empty(_("没有符合条件的线索"), icon="filter")
        context["chips"] = [components.Chip(_("科室"), department or "—"), components.Chip(_("答复"), _WHICH[which])]
    elif tab == "answered":
        found = clinic.answered(viewer, **walk, limit=SIZE)
        page = tables.page(found, SIZE, lambda one: (one.found_at, one.id), cursor)
        empty = tables.Empty(_("还没有答复过的线索"), icon="list-check")
    else:
        found = queries.suspicion_list(viewer, **walk, limit=SIZE)
        page = tables.page(found, SIZE, lambda one: (one.due_at, one.id), cursor)
        empty = tables.Empty(
            _("没有等待处理的线索"), _("病历或检验结果提示法定传染病时，这里会立即出现，并说明依据。"), "circle-check"
        )
    return context | {
        "table": suspicions.table(
            page, f"suspicions-{tab}", empty, clinic.drafted(page.rows), opened,
            lambda row: reverse("reporting:suspicion", args=[row.id]) + here,
        )
    }  # fmt: skip
