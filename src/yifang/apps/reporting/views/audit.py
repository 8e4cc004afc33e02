"""The district's review of cards: what waits by deadline, one card beside its source, audit one or many."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.reporting import queries, services
from yifang.apps.reporting.models import Card, CardState
from yifang.apps.reporting.presenting import district, district_bulk, district_card, steps, suspicions, words
from yifang.apps.reporting.presenting import district_filters as filters
from yifang.apps.reporting.presenting import versions as told
from yifang.apps.reporting.queries import district as reads
from yifang.apps.reporting.queries.clinic import work_on
from yifang.apps.reporting.queries.steps import steps as steps_of
from yifang.apps.reporting.rules import form_of
from yifang.apps.reporting.views import reading, saved
from yifang.kernel.errors import UserError
from yifang.knowledge import load
from yifang.web import components, htmx, tables

SIZE = 40  # a row here has clocks and two dates more than elsewhere
LOOK = 2000  # rows looked at for one page: a condition that few meet answers in time, and then goes on when asked
PAGE = "audit"  # the name under which its views are saved
MOST = 200  # cards in one bulk step


@require_safe
def cards(request: HttpRequest) -> HttpResponse:
    """The list alone."""
    return saved.opening(request, PAGE) or render(request, "reporting/audit_list.html", _list(request))


@require_safe
def card(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """One card beside the list. Each is read only where it is asked for: a list that refreshes itself is no look."""
    detail = {} if htmx.is_htmx(request, "audit-list") else _detail(request, card_id)
    here = reverse("reporting:audit") + tables.with_query(request.GET, work="")
    around = {} if htmx.is_htmx(request, "detail") else _list(request, opened=str(card_id))
    return render(request, "reporting/audit_list.html", around | detail | {"closed_url": here})


@require_POST
def audit(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """Final audit, then on to the next card of the same list."""
    done = services.audit(card_id, request.viewer)
    messages.success(request, _("已终审 {number}。").format(number=done.card_no))
    return _next(request, done)


@require_POST
def audit_revision(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """Audit what was corrected since the final audit."""
    done = services.audit_revision(card_id, request.viewer)
    messages.success(request, _("订正已审核 {number}。").format(number=done.card_no))
    return _next(request, done)


@require_POST
def send_back(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """Return to the hospital with a reason."""
    posted = request.POST
    done = services.return_by_district(card_id, posted.get("code", ""), posted.get("note", ""), request.viewer)
    messages.success(request, _("已退卡 {number}，医院和医生会收到原因。").format(number=done.card_no))
    return _next(request, done)


@require_POST
def delete(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """Delete with a reason; the card stays readable."""
    request.viewer.check("card.audit")
    done = services.delete(card_id, request.POST.get("reason", ""), request.viewer)
    messages.success(request, _("已删除 {number}。").format(number=done.card_no))
    return _next(request, done)


@require_POST
def identity(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """The identity on the card, for the purpose of the work item; without one the purpose is asked first."""
    viewer = request.viewer
    viewer.check("person.open")
    found = queries.card(card_id, viewer).card
    if not viewer.purpose:
        return reading.ask_purpose(request, card_id, reverse("reporting:audit_card", args=[card_id]))
    given = queries.answers(queries.version_for(found, viewer), viewer, identity=True)
    form = form_of(load())
    pairs = [
        (words.word(field.label), given[name])
        for name in given
        if form.is_identity(name) and (field := form.field(name)) is not None
    ]
    return render(request, "reporting/audit_identity.html", {"pairs": pairs})


@require_POST
def bulk_preview(request: HttpRequest) -> HttpResponse:
    """What a bulk audit of the picked cards would do, card by card for those it would not touch."""
    request.viewer.check("card.audit")
    picked = _picked(request)
    preview = services.bulk_audit_preview(picked, request.viewer)
    cards = reads.cards_of(picked)
    context = {
        "preview": preview,
        "ready": district_bulk.ready(preview, cards),
        "blocked": district_bulk.blocked(preview, cards),
        "query": request.POST.get("query", ""),
        "back": _list_url(request),
    }
    part = htmx.is_htmx(request)
    return render(request, "reporting/audit_bulk.html" if part else "reporting/audit_bulk_page.html", context)


@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Do it: what changed meanwhile is looked at again and left aside with its reason."""
    request.viewer.check("card.audit")
    outcome = services.bulk_audit(_picked(request), request.viewer)
    done = _("已终审 {n} 张。").format(n=len(outcome.ready))
    left = district_bulk.reasons(outcome)
    if left:
        messages.warning(request, done + _("未动 {n} 张：{reasons}").format(n=len(outcome.blocked), reasons=left))
    else:
        messages.success(request, done)
    return htmx.redirect(request, _list_url(request))


def _list(request: HttpRequest, opened: str = "") -> dict[str, object]:
    viewer, query = request.viewer, request.GET
    tab, chosen = filters.audit_tab(query), filters.audit_filter(query)
    key, backwards, cursor = filters.cursor(query, instants=chosen.waiting)
    found = queries.audit_list(viewer, chosen, key=key, backwards=backwards, limit=SIZE, look=LOOK)
    stopped = None
    if len(found) <= SIZE:
        stopped = queries.cards_looked_to(viewer, chosen, key=key, backwards=backwards, look=LOOK)
    page = tables.page(found, SIZE, lambda one: one[0], cursor)
    around = reads.around([one for _key, one in page.rows])
    rows = [district.card_row(one, around.persons.get(one.person_id), around.pairs) for _key, one in page.rows]
    here = tables.with_query(query, at="", work="")
    table = tables.Table(
        id=f"audit-{tab}",
        caption=_("待审核的报告卡") if chosen.waiting else _("报告卡"),
        columns=[
            tables.Column(_("患者"), "identity"),
            tables.Column(_("审核时限"), "clock"),
            tables.Column(_("病种")),
            tables.Column(_("发病日期"), "date", minor=True),
            tables.Column(_("诊断时间"), "date", minor=True),
            *([tables.Column(_("状态"), "state")] if tab == "all" else []),
            tables.Column(_("报告单位"), minor=True),
        ],
        page=tables.Page(rows, page.before, page.after),
        row_template="reporting/audit_row.html",
        key=lambda row: row.id,
        empty=tables.Empty(
            _("没有待审核的报告卡") if chosen.waiting else _("没有符合条件的报告卡"),
            _("医院登记网报卡号后，报告卡会按审核时限排在这里。"),
            "clipboard-check",
        ),
        url=lambda row: reverse("reporting:audit_card", args=[row.id]) + here,
        changed=lambda row: row.changed,
        opens_in="detail",
        opened=opened,
        bulk=(
            [tables.BulkAction(_("批量终审"), reverse("reporting:audit_bulk_preview"), "check", "bulk", "primary")]
            if chosen.waiting
            else []
        ),
    )
    organisations = reads.reporters(viewer)
    return {
        "table": table,
        "tab": tab,
        "tabs": _tabs(tab, query, queries.audit_counts(viewer)),
        "revised": [(one, district.card_row(one.card, None, {})) for one in queries.revisions_waiting(viewer)],
        "chips": filters.chips(query, chosen, organisations),
        "looked": LOOK,
        "further": filters.further(query, stopped, backwards),
        "clear_url": f"{reverse('reporting:audit')}?tab={tab}",
        "chosen": chosen,
        "diseases": district.disease_options(chosen.disease),
        "organisations": organisations,
        "classes": district.CLASSES.items(),
        "states": [(state, state.label) for state in filters.STATES],
        **saved.context(request, PAGE, reverse("reporting:audit")),
    }


def _tabs(tab: str, query: QueryDict, counts: dict[str, int]) -> list[components.Tab]:
    def url(name: str) -> str:
        return reverse("reporting:audit") + tables.with_query(query, tab=name, state="", late="", at="", work="")

    late = counts["overdue"]
    return [
        components.Tab(_("待审核"), url("waiting"), tab == "waiting", counts["waiting"], bool(late)),
        components.Tab(_("已超审核时限"), url("overdue"), tab == "overdue", late, bool(late)),
        components.Tab(_("全部"), url("all"), tab == "all"),
    ]


def _detail(request: HttpRequest, card_id: UUID) -> dict[str, object]:
    viewer = request.viewer
    viewer.check("card.audit")
    found = queries.card(card_id, viewer)
    one = found.card
    history = list(queries.history(one, viewer))
    version = history[-1]
    remarks = district_card.findings(version)
    given = queries.answers(version, viewer, identity=False)
    pairs = reads.pairs(one)
    return_reasons = form_of(load()).fields["return_reason"].codes or {}
    work = request.GET.get("work") or work_on(one.id, viewer)
    return {
        "opened": district.card_row(one, one.person, {}),
        "card": one,
        "late": found.late,
        "verbs": found.verbs,
        "sections": district_card.sections(one, version, given, one.person, remarks),
        "from_record": bool(version.source.get("evidence")),
        "evidence": suspicions.kept_evidence(version.source.get("evidence", ()), {}),
        "remarks": [(each, words.word(each.label), words.says(each)) for each in remarks],
        "pairs": [district_card.pair(each, one) for each in pairs],
        "may_merge": viewer.can("card.merge"),
        "changes": district_card.last_change(history, viewer),
        "moments": steps.of_card(one, steps_of(one.id)),
        "dates": district_card.dates(one, version),
        "reasons": [(code, words.word(text)) for code, text in return_reasons.items()],
        "case_url": reverse("reporting:case", args=[one.case_id]) if one.case_id and viewer.can("case.list") else "",
        "correction_url": reverse("reporting:edit", args=[one.id]),
        "may_export": viewer.can("card.export"),
        "may_print": viewer.can("card.print"),
        "revisions": told.revisions(one),
        "revision_waits": one.state == CardState.AUDITED and one.revisions.filter(audited_at=None).exists(),
        "work": work,
        "query": request.GET.urlencode(),
    }


def _next(request: HttpRequest, done: Card) -> HttpResponse:
    """The card after this one in the list it was opened from, else the list."""
    query = filters.posted(request)
    chosen = filters.audit_filter(query)
    here = tables.with_query(query, work="", at="")
    if chosen.waiting and done.audit_due_at:
        following = queries.audit_list(request.viewer, chosen, key=(done.audit_due_at, done.id), limit=1)
        if following:
            return htmx.redirect(request, reverse("reporting:audit_card", args=[following[0][1].id]) + here)
    return htmx.redirect(request, reverse("reporting:audit") + here)


def _list_url(request: HttpRequest) -> str:
    return reverse("reporting:audit") + tables.with_query(filters.posted(request), work="", at="")


def _picked(request: HttpRequest) -> list[UUID]:
    """The picked cards. Raises UserError `reporting.nothing_picked` for none, `reporting.too_many_picked`."""
    picked = []
    for text in request.POST.getlist("pick"):
        try:
            picked.append(UUID(text))
        except ValueError:
            continue
    if not picked:
        raise UserError("reporting.nothing_picked")
    if len(picked) > MOST:
        raise UserError("reporting.too_many_picked", most=MOST)
    return picked
