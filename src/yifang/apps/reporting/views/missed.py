"""The missed-report audit: the list with one line beside it, rates with their intervals, the register of results."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.places.models import Organisation
from yifang.apps.reporting.missed import answering, criticals
from yifang.apps.reporting.missed.running import DAYS
from yifang.apps.reporting.models import AuditAnswer, AuditLine, ResultState
from yifang.apps.reporting.papers import missed_report
from yifang.apps.reporting.presenting import district_filters as filters
from yifang.apps.reporting.presenting import missed as told
from yifang.apps.reporting.presenting import words
from yifang.apps.reporting.queries import missed as reads
from yifang.apps.reporting.queries.choosing import Chosen
from yifang.apps.reporting.services import trials
from yifang.apps.reporting.views import reading
from yifang.apps.reporting.views.missed_papers import lines_book, results_book
from yifang.kernel import clock
from yifang.kernel.errors import UserError
from yifang.knowledge import load
from yifang.web import components, documents, tables

SIZE = 50
_MOST_DAYS = 366
_BYS = {
    "organisation": gettext_lazy("按单位"),
    "department": gettext_lazy("按科室"),
    "disease": gettext_lazy("按病种"),
}


@require_safe
def missed(request: HttpRequest) -> HttpResponse:
    """The lines of a tab, and the one that `open` names beside them."""
    viewer = request.viewer
    viewer.check("missed.view")
    chosen = chosen_of(request)
    tab = request.GET.get("tab", "")
    tab = tab if tab in reads.TABS else "to_check"
    context = _frame(request, chosen) | {"tab": tab, "opened": None}
    if opened := _uuid(request.GET.get("open", "")):
        context |= _detail(request, opened) | {"opened": opened}
        context["closed_url"] = reverse("reporting:missed") + tables.with_query(request.GET, open="")
    context["table"] = _table(request, tab, chosen, opened)
    numbers = reads.audit_counts(viewer, chosen)
    context["tabs"] = [
        components.Tab(name, tables.with_query(request.GET, tab=key, at="", open=""), key == tab, numbers[key],
                       key == "to_check" and numbers[key] > 0)
        for key, name in reads.TABS.items()
    ]  # fmt: skip
    return render(request, "reporting/missed.html", context)


@require_safe
def of(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """The list of a hospital: where its work item leads."""
    request.viewer.check("missed.view")
    return redirect(f"{reverse('reporting:missed')}?org={organisation_id}")


@require_safe
def line(request: HttpRequest, line_id: UUID) -> HttpResponse:
    """One line on a page of its own."""
    request.viewer.check("missed.view")
    return render(request, "reporting/missed_line.html", _detail(request, line_id))


@require_POST
def answer(request: HttpRequest, line_id: UUID) -> HttpResponse:
    """What the desk found."""
    try:
        answering.answer(line_id, request.viewer, request.POST.get("answer", ""), request.POST.get("why", ""))
        messages.success(request, _("已记下核查结果。"))
    except UserError as wrong:
        messages.error(request, wrong.render(request.LANGUAGE_CODE[:2]))
    return redirect(reading.onward(request, reverse("reporting:missed_line", args=[line_id])))


@require_POST
def card(request: HttpRequest, line_id: UUID) -> HttpResponse:
    """Open the draft of the card that was missed."""
    made = answering.back_fill(line_id, request.viewer)
    return redirect("reporting:edit", card_id=made.id)


@require_safe
def rates(request: HttpRequest) -> HttpResponse:
    """Rates by organisation, department or disease, and what the samples say."""
    viewer = request.viewer
    viewer.check("missed.view")
    chosen = chosen_of(request)
    own = viewer.can("missed.answer")
    bys = [by for by in reads.BYS if not (own and by == "organisation")]
    by = next((one for one in bys if one == request.GET.get("by")), bys[0])
    query = query_of(chosen)
    here = reverse("reporting:missed")
    rows = [
        {
            "name": _name(by, one.key), "rate": one, "percent": told.percent(one.interval.rate),
            "interval": told.interval(one.interval),
            "url": f"{here}?{urlencode({**query, **_narrowed(by, one.key)})}",
        }
        for one in reads.audit_rates(viewer, by, chosen)
    ]  # fmt: skip
    total = reads.audit_total(viewer, chosen)
    context = _frame(request, chosen) | {
        "by": by, "own": own, "rows": rows, "total": total, "percent": told.percent(total.interval.rate),
        "interval": told.interval(total.interval), "query": urlencode(query),
        "tabs": [components.Tab(_BYS[one], f"?{urlencode({**query, 'by': one})}", one == by) for one in bys],
        "reviews": [
            {"one": one, "of_due": told.percent(one.of_due.rate), "of_due_interval": told.interval(one.of_due),
             "of_visits": told.percent(one.of_visits.rate), "of_visits_interval": told.interval(one.of_visits)}
            for one in reads.audit_samples(viewer, chosen)
        ],
    }  # fmt: skip
    return render(request, "reporting/missed_rates.html", context)


@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """The report of the days chosen as a Word document."""
    request.viewer.check("missed.view")
    chosen = chosen_of(request, request.POST)
    contents, source = missed_report.contents(request.viewer, chosen, str(request.seat))
    name = f"missed-{chosen.since:%Y%m%d}-{chosen.until:%Y%m%d}"
    return documents.response(name, missed_report.template(), contents, source)


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """The lines of a tab as a workbook, with names of doctors to the hospital itself."""
    viewer = request.viewer
    viewer.check("missed.view")
    chosen = chosen_of(request, request.POST)
    tab = request.POST.get("tab", "")
    tab = tab if tab in reads.TABS else "missed"
    found = reads.audit_lines(viewer, tab, chosen, limit=20_000)
    return lines_book(request, found, reads.behind(found), f"{reads.TABS[tab]} {chosen.since} – {chosen.until}")


@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """The register of abnormal results and what came of each."""
    viewer = request.viewer
    viewer.check("missed.answer")
    chosen = chosen_of(request)
    state = request.GET.get("state", "")
    cursor = tables.read_place(request.GET.get("at", ""), instants=False)
    found = reads.abnormal_results(viewer, chosen, state, limit=SIZE, **_walk(cursor))
    page = tables.page(found, SIZE, lambda one: (one.day, one.id), cursor)
    records = reads.behind(page.rows)
    table = tables.Table(
        id="results", caption=_("异常结果登记"),
        columns=[
            tables.Column(_("患者"), "identity"), tables.Column(_("提示病种")), tables.Column(_("结果")),
            tables.Column(_("报告时间"), "date"), tables.Column(_("科室"), minor=True),
            tables.Column(_("医生"), minor=True), tables.Column(_("医生确认"), "date"),
            tables.Column(_("处理结果"), "state"),
        ],
        page=tables.Page([told.result(one, records) for one in page.rows], page.before, page.after),
        row_template="reporting/_missed_result_row.html", key=lambda row: row.one.id,
        empty=tables.Empty(
            _("这段时间没有异常结果"),
            _("检验阳性、影像提示传染病时，几秒钟内登记在这里，医生答复后自动更新。"), "microscope",
        ),
        url=lambda row: reverse("records:record", args=[row.one.record_id]) if row.record else "",
    )  # fmt: skip
    tabs = [("", _("全部")), (reads.CRITICAL, _("危急值待确认")), *ResultState.choices]
    context = _frame(request, chosen) | {
        "table": table, "state": state,
        "tabs": [components.Tab(label, tables.with_query(request.GET, state=key, at=""), key == state)
                 for key, label in tabs],
    }  # fmt: skip
    return render(request, "reporting/missed_results.html", context)


@require_safe
def results_of(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """The critical values that wait: where the work item of a hospital leads."""
    request.viewer.check("missed.answer")
    return redirect(f"{reverse('reporting:missed_results')}?state={reads.CRITICAL}")


@require_POST
def confirm(request: HttpRequest, line_id: UUID) -> HttpResponse:
    """What was done about a critical value."""
    try:
        criticals.confirm(line_id, request.viewer, request.POST.get("note", ""))
        messages.success(request, _("已确认。"))
    except UserError as wrong:
        messages.error(request, wrong.render(request.LANGUAGE_CODE[:2]))
    return redirect(reading.onward(request, f"{reverse('reporting:missed_results')}?state={reads.CRITICAL}"))


@require_POST
def results_export(request: HttpRequest) -> HttpResponse:
    """The register as a workbook with the columns that inspectors ask for."""
    viewer = request.viewer
    viewer.check("missed.answer")
    chosen = chosen_of(request, request.POST)
    found = reads.abnormal_results(viewer, chosen, request.POST.get("state", ""), limit=20_000)
    return results_book(request, found, reads.behind(found), f"{chosen.since} – {chosen.until}")


def chosen_of(request: HttpRequest, query: Any = None) -> Chosen:
    """The days and filters that a request names; by default the nights' own span."""
    query = request.GET if query is None else query
    until = filters.day(query.get("until", "")) or clock.today()
    since = filters.day(query.get("since", "")) or until - timedelta(days=DAYS)
    since = max(min(since, until), until - timedelta(days=_MOST_DAYS))
    department, disease = query.get("department"), query.get("disease", "")
    return Chosen(
        since, until, _uuid(query.get("org", "")), None if department is None else department[:60],
        disease if disease in load().diseases else "",
    )  # fmt: skip


def query_of(chosen: Chosen) -> dict[str, str]:
    """The same as a query string holds it."""
    found = {"since": str(chosen.since), "until": str(chosen.until)}
    if chosen.organisation:
        found["org"] = str(chosen.organisation)
    if chosen.department is not None:
        found["department"] = chosen.department
    return found | ({"disease": chosen.disease} if chosen.disease else {})


def _frame(request: HttpRequest, chosen: Chosen) -> dict[str, Any]:
    own = request.viewer.can("missed.answer")
    return {
        "chosen": chosen, "chips": _chips(request, chosen), "last": reads.last_audit(request.viewer, chosen),
        "own": own, "query": urlencode(query_of(chosen)),
        "quiet": own and bool(trials.running([request.viewer.organisation_id])),
    }  # fmt: skip


def _table(request: HttpRequest, tab: str, chosen: Chosen, opened: UUID | None) -> tables.Table:
    cursor = tables.read_place(request.GET.get("at", ""), instants=False)
    found = reads.audit_lines(request.viewer, tab, chosen, limit=SIZE, **_walk(cursor))
    page = tables.page(found, SIZE, lambda one: (one.day, one.id), cursor)
    records = reads.behind(page.rows)
    own = request.viewer.can("missed.answer")
    first = tables.Column(_("患者"), "identity") if own else tables.Column(_("报告单位"), "identity")
    return tables.Table(
        id="missed", caption=reads.TABS[tab],
        columns=[
            first, tables.Column(_("病种")), tables.Column(_("就诊日期"), "date"), tables.Column(_("科室")),
            tables.Column(_("来源"), minor=True), tables.Column(_("依据"), minor=True),
            tables.Column(_("结论"), "state"),
        ],
        page=tables.Page([told.row(one, records) for one in page.rows], page.before, page.after),
        row_template="reporting/_missed_row.html", key=lambda row: row.one.id,
        empty=tables.Empty(
            _("没有这样的线索"), _("每晚两点以后核查前 35 天；第一次核查之前这里是空的。"), "search"
        ),
        url=lambda row: reverse("reporting:missed") + tables.with_query(request.GET, open=str(row.one.id)),
        opens_in="detail", opened=str(opened or ""),
    )  # fmt: skip


def _detail(request: HttpRequest, line_id: UUID) -> dict[str, Any]:
    viewer = request.viewer
    found: AuditLine = reads.audit_line(viewer, line_id)
    records = reads.behind([found])
    every = reads.records_of(found)
    own = viewer.can("missed.answer") and viewer.organisation_id == found.organisation_id
    return {
        "row": told.row(found, records), "line": found, "record": records.get(found.record_id),
        "evidence": told.evidence(found, {str(key): one for key, one in every.items()}), "own": own,
        "doctor": told.doctor(records.get(found.record_id)) if own else "",
        "answers": [(one.value, one.label) for one in (AuditAnswer.SHOULD_REPORT, AuditAnswer.DUPLICATE,
                                                       AuditAnswer.NOT_A_CASE)],
        "told": reads.cards_of(found),
    }  # fmt: skip


def _chips(request: HttpRequest, chosen: Chosen) -> list[components.Chip]:
    made = [components.Chip(_("就诊日期"), f"{chosen.since} – {chosen.until}")]
    if chosen.organisation and (found := Organisation.objects.filter(id=chosen.organisation).first()):
        made.append(components.Chip(_("报告单位"), str(found), tables.with_query(request.GET, org="", at="")))
    if chosen.department is not None:
        query = request.GET.copy()
        query.pop("department", None)
        made.append(components.Chip(_("科室"), chosen.department or "—", f"?{query.urlencode()}"))
    if chosen.disease:
        remove = tables.with_query(request.GET, disease="", at="")
        made.append(components.Chip(_("病种"), words.disease(chosen.disease), remove))
    return made


def _narrowed(by: str, key: Any) -> dict[str, str]:
    return {{"department": "department", "disease": "disease", "organisation": "org"}[by]: str(key)}


def _name(by: str, key: Any) -> str:
    if by == "organisation":
        return str(Organisation.objects.get(id=key))
    return words.disease(key) if by == "disease" else str(key) or "—"


def _walk(cursor: tables.Cursor | None) -> dict[str, Any]:
    return {"key": cursor.values if cursor else None, "backwards": bool(cursor and cursor.backwards)}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
