"""Report quality: every measure by unit, department, disease and month, its formula in words, and the cards behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yifang.apps.places.models import Organisation
from yifang.apps.reporting.presenting import cards as card_words
from yifang.apps.reporting.presenting import missed as missed_words
from yifang.apps.reporting.presenting import quality as told
from yifang.apps.reporting.presenting import words
from yifang.apps.reporting.queries import missed as audits
from yifang.apps.reporting.queries import quality as reads
from yifang.apps.reporting.queries.choosing import Chosen
from yifang.apps.reporting.views.missed import query_of
from yifang.kernel import clock
from yifang.knowledge import load
from yifang.web import components, tables

SIZE = 50
_LABELS = {
    "organisation": gettext_lazy("按单位"),
    "department": gettext_lazy("按科室"),
    "disease": gettext_lazy("按病种"),
    "month": gettext_lazy("按月"),
}
_MONTHS = 6


@require_safe
def quality(request: HttpRequest) -> HttpResponse:
    """The table of one grouping with the district's own clocks beside the hospitals'."""
    viewer = request.viewer
    viewer.check("quality.view")
    own = viewer.scopes[-1].startswith("org:")
    bys = [by for by in reads.BYS if not (own and by == "organisation")]
    by = next((one for one in bys if one == request.GET.get("by")), bys[0])
    chosen = _chosen(request)
    query = {**_query(chosen), "by": by}
    total = reads.total(viewer, chosen)
    may_open = viewer.can("card.view")
    found = reads.lines(viewer, by, chosen)
    context = {
        "by": by,
        "tabs": [
            components.Tab(_LABELS[one], f"?{urlencode({**query, 'by': one})}", one == by) for one in bys
        ],
        "chosen": chosen,
        "own": own,
        "columns": told.columns("hospital"),
        "lines": told.lines(found, by, chosen, may_open),
        "sum": told.line(reads.Line(None, _("合计"), total, reads.overall(total)), chosen, may_open) if found else None,
        "clocks": told.figures(total, chosen, may_open),
        "formulas": told.formulas(),
        "weights": told.weights(),
        "diseases": [(one, words.disease(one)) for one in reads.diseases(viewer, _chosen(request, disease=False))],
        "organisation": _organisation(chosen.organisation),
        "months": told.months(clock.today()),
        "missed": _missed(request, chosen),
    }  # fmt: skip
    return render(request, "reporting/quality.html", context)


@require_safe
def behind(request: HttpRequest) -> HttpResponse:
    """The cards behind a number."""
    viewer, query = request.viewer, request.GET
    viewer.check("quality.view")
    viewer.check("card.view")
    indicator = next((one for one in load().quality.indicators if one.id == query.get("indicator")), None)
    if indicator is None:
        raise Http404
    verdict = {"yes": True, "no": False}.get(query.get("verdict", ""))
    chosen = _chosen(request)
    cursor = tables.read_cursor(query.get("at", ""))
    after = cursor.values[0] if cursor and len(cursor.values) == 1 and isinstance(cursor.values[0], UUID) else None
    found = reads.behind(viewer, chosen, indicator.id, verdict, after=after, limit=SIZE)
    page = tables.Page(found[:SIZE], "", tables.Cursor((found[SIZE - 1].id,)).token() if len(found) > SIZE else "")
    here = {**_query(chosen), "indicator": indicator.id}
    context = {
        "name": told.name(indicator),
        "formula": told.formula(indicator),
        "tabs": [
            components.Tab(label, f"?{urlencode({**here, 'verdict': key})}", query.get("verdict", "") == key)
            for key, label in told.verdicts(indicator)
        ],
        "chips": _chips(chosen),
        "table": card_words.table(page, "quality-cards", _("报告卡"), _("没有您可以查看的卡")),
        "back": f"{reverse('reporting:quality')}?{urlencode(_query(chosen))}",
    }
    return render(request, "reporting/quality_cards.html", context)


def _missed(request: HttpRequest, chosen: Chosen) -> dict[str, Any] | None:
    """The missed rate of the audit for the same months, with its interval; None for whoever may not see it."""
    if not request.viewer.can("missed.view"):
        return None
    days = replace(chosen, until=_back(chosen.until, -1) - timedelta(days=1))
    found = audits.audit_total(request.viewer, days)
    return {
        "rate": found, "percent": missed_words.percent(found.interval.rate),
        "interval": missed_words.interval(found.interval),
        "url": f"{reverse('reporting:missed_rates')}?{urlencode(query_of(days))}",
    }  # fmt: skip


def _chosen(request: HttpRequest, *, disease: bool = True) -> Chosen:
    query = request.GET
    until = _month(query.get("until", ""), clock.today().replace(day=1))
    since = _month(query.get("since", ""), _back(until, _MONTHS - 1))
    wanted = query.get("disease", "") if disease else ""
    department = query.get("department")
    return Chosen(
        min(since, until), until, _uuid(query.get("org", "")), None if department is None else department[:60],
        wanted if wanted in load().diseases else "",
    )  # fmt: skip


def _query(chosen: Chosen) -> dict[str, Any]:
    return told.query(chosen)


def _chips(chosen: Chosen) -> list[components.Chip]:
    made = [components.Chip(_("月份"), f"{chosen.since:%Y-%m} – {chosen.until:%Y-%m}")]
    if organisation := _organisation(chosen.organisation):
        made.append(components.Chip(_("报告单位"), organisation))
    if chosen.department is not None:
        made.append(components.Chip(_("科室"), chosen.department or "—"))
    if chosen.disease:
        made.append(components.Chip(_("病种"), words.disease(chosen.disease)))
    return made


def _organisation(id: UUID | None) -> str:
    found = Organisation.objects.filter(id=id).first() if id else None
    return str(found) if found else ""


def _month(text: str, default: date) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return default


def _back(month: date, count: int) -> date:
    place = month.year * 12 + month.month - 1 - count
    return date(place // 12, place % 12 + 1, 1)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
