"""The hospital's public-health desk: tabs by what is to be done, the opened card or suspicion beside, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting import clocks, queries, services
from yifang.apps.reporting.models import Card, Duplicate, DuplicateState
from yifang.apps.reporting.presenting import cards, suspicions, words
from yifang.apps.reporting.queries import clinic, departments
from yifang.apps.reporting.queries.desk import ORDER
from yifang.apps.reporting.views import cards as card_pages
from yifang.apps.reporting.views import reading
from yifang.apps.reporting.views import suspicions as suspicion_pages
from yifang.kernel.errors import UserError, YifangError
from yifang.knowledge import load
from yifang.web import components, htmx, tables

SIZE = 50
_OF_SUSPICIONS = ("to_report", "candidates")
# The hospital's own review, which English tells from the district's audit.
_LABELS = {"to_review": pgettext_lazy("desk", "待审核")}
_EMPTY = {
    "to_report": lambda: _("没有等待医生答复的线索"),
    "to_review": lambda: _("没有待审核的报告卡"),
    "to_enter": lambda: _("没有等待录入的报告卡"),
    "to_correct": lambda: _("没有退回修改的报告卡"),
    "drafts": lambda: _("没有草稿"),
    "candidates": lambda: _("没有需要核查的线索"),
    "late": lambda: _("没有迟报的卡"),
    "unregistered": lambda: _("没有超期未登记专病系统的卡"),
    "suspected": lambda: _("没有超期未订正的疑似病例"),
    "done": lambda: _("还没有办完的报告卡"),
}


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """The tabs with the list, and what `open` names beside it."""
    viewer = request.viewer
    viewer.check("card.review")
    tab = request.GET.get("tab", "")
    tab = tab if tab in queries.TABS else "to_report"
    closed_url = reverse("reporting:desk") + tables.with_query(request.GET, open="", work="")
    context: dict[str, Any] = {"tab": tab, "closed_url": closed_url}
    opened = _uuid(request.GET.get("open", ""))
    beside = None if htmx.is_htmx(request, "desk-list") else opened  # a list that refreshes itself is no look
    if beside is not None and tab in _OF_SUSPICIONS:
        context |= suspicion_pages.detail(request, beside) | {"shows": "suspicion"}
    elif beside is not None:
        context |= card_pages.detail(request, beside) | {"shows": "card"}
    if beside is not None:
        context["back"] = reverse("reporting:desk") + tables.with_query(request.GET, open="", work="", at="")
    if not htmx.is_htmx(request, "detail"):
        context |= _list(request, tab, str(opened or ""))
    return render(request, "reporting/desk.html", context)


@require_POST
def approve_many(request: HttpRequest) -> HttpResponse:
    """First what would happen, then, with `confirmed`, the deed."""
    viewer = request.viewer
    viewer.check("card.review")
    wanted = [one for one in map(_uuid, request.POST.getlist("pick")) if one is not None]
    confirmed = "confirmed" in request.POST
    outcome = _approved(wanted, viewer, keep=confirmed)
    if not confirmed:
        return render(request, "reporting/_approve_preview.html", {"outcome": outcome, "next": _list_url(request)})
    messages.success(
        request,
        _("审核通过 {n} 张，{blocked} 张未通过。").format(n=len(outcome.ready), blocked=len(outcome.blocked)),
    )
    return htmx.redirect(request, reading.onward(request, f"{reverse('reporting:desk')}?tab=to_review"))


@dataclass(slots=True)
class Outcome:
    """Cards that pass, with their warnings, and those that do not, with the reason."""

    ready: list[tuple[cards.Row, Sequence[tuple[str, str]]]] = field(default_factory=list)
    blocked: list[tuple[cards.Row, str]] = field(default_factory=list)


def _approved(wanted: Sequence[UUID], viewer: Viewer, *, keep: bool) -> Outcome:
    """Approve each by itself; without `keep` all is taken back, so that the preview is what would happen."""
    outcome = Outcome()
    with transaction.atomic():
        found = Card.objects.filter(id__in=wanted[:200]).order_by("report_due_at", "id")
        for one in found:
            try:
                with transaction.atomic():
                    _by_itself(one)
                    services.approve(one.id, viewer)
                version = one.versions.get(number=one.version)
                outcome.ready.append((cards.row(one), cards.remarks(version)))
            except YifangError as error:
                outcome.blocked.append((cards.row(one), words.error(error)))
        if not keep:
            transaction.set_rollback(True)
    return outcome


def _by_itself(one: Card) -> None:
    """What is due within two hours is looked at card by card."""
    disease = load().diseases.get(one.disease)
    if disease is not None and clocks.is_urgent(disease.for_subtype(one.subtype)):
        raise UserError("reporting.bulk_class_a")


def _list(request: HttpRequest, tab: str, opened: str) -> dict[str, Any]:
    viewer = request.viewer
    cursor = reading.cursor(request)
    disease = request.GET.get("disease", "")
    disease = disease if disease in load().diseases else ""
    found = queries.desk_rows(viewer, tab, disease=disease, **reading.walk(cursor), limit=SIZE)
    page = tables.page(found, SIZE, lambda one: (getattr(one, ORDER[tab]), one.id), cursor)
    here = tables.with_query(request.GET, open="", work="")

    def url(row: Any) -> str:
        return f"{reverse('reporting:desk')}{here}{'&' if len(here) > 1 else ''}open={row.id}"

    if tab in _OF_SUSPICIONS:
        empty = tables.Empty(_EMPTY[tab](), icon="circle-check")
        table: tables.Table[Any] = suspicions.table(page, f"desk-{tab}", empty, clinic.drafted(page.rows), opened, url)
    else:
        bulk = _bulk(tab)
        caption, nothing = str(queries.TABS[tab]), _EMPTY[tab]()
        table = cards.table(page, f"desk-{tab}", caption, nothing, opened=opened, url=url, bulk=bulk)
    pairs = Duplicate.objects.filter(state=DuplicateState.OPEN).select_related("earlier", "later")
    return {
        "table": table,
        "tabs": _tabs(tab, viewer),
        "disease": disease,
        "diseases": [(one, words.disease(one)) for one in _diseases(page.rows, disease)],
        "chips": _chips(request, disease),
        "pairs_waiting": [(cards.row(pair.earlier), cards.row(pair.later)) for pair in pairs[:20]],
        "departments": departments.this_month(viewer),
    }


def _bulk(tab: str) -> list[tables.BulkAction]:
    """What can be done with many cards of a tab at once."""
    if tab == "to_review":
        return [tables.BulkAction(_("批量审核通过"), reverse("reporting:approve_many"), "check", "preview", "primary")]
    out = [
        tables.BulkAction(_("按大疫情网列导出"), reverse("reporting:columns"), "file-spreadsheet"),
        tables.BulkAction(_("打印"), reverse("reporting:papers"), "printer"),
    ]
    return out if tab in ("to_enter", "done") else []


def _diseases(rows: Sequence[Any], chosen: str) -> list[str]:
    """The choices of the filter, where there is something to choose."""
    found = sorted({one.disease for one in rows if one.disease} | ({chosen} if chosen else set()))
    return found if chosen or len(found) > 1 else []


def _tabs(tab: str, viewer: Viewer) -> list[components.Tab]:
    numbers = queries.desk_counts(viewer)
    here = reverse("reporting:desk")
    urgent = {"to_report": clinic.late(viewer), "late": numbers.get("late", 0) > 0}
    return [
        components.Tab(
            _LABELS.get(key, name), f"{here}?tab={key}", key == tab, numbers.get(key), urgent.get(key, False)
        )
        for key, name in queries.TABS.items()
    ]


def _chips(request: HttpRequest, disease: str) -> list[components.Chip]:
    if not disease:
        return []
    remove = reverse("reporting:desk") + tables.with_query(request.GET, disease="", at="", open="", work="")
    return [components.Chip(_("病种"), words.disease(disease), remove)]


def _list_url(request: HttpRequest) -> str:
    return reading.onward(request, f"{reverse('reporting:desk')}?tab=to_review")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
