"""The line list of cases, a case with its cards and what is around it, and sending somebody to the door."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yifang.apps.accounts import purposes
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting import queries
from yifang.apps.reporting.presenting import district, district_case
from yifang.apps.reporting.presenting import district_filters as filters
from yifang.apps.reporting.queries import district as reads
from yifang.apps.reporting.queries.clinic import work_on
from yifang.apps.reporting.services import grid
from yifang.apps.reporting.views import saved
from yifang.kernel import protocols
from yifang.web import htmx, tables

SIZE = 50
LOOK = 2000  # rows looked at for one page: a condition that few meet answers in time, and then goes on when asked
PAGE = "cases"


@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """The line list alone."""
    return saved.opening(request, PAGE) or render(request, "reporting/case_list.html", _list(request))


@require_safe
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """One case beside the list. Each is read only where it is asked for: a list that refreshes itself is no look."""
    detail = {} if htmx.is_htmx(request, "case-list") else _detail(request, case_id)
    here = reverse("reporting:cases") + tables.with_query(request.GET, work="")
    around = {} if htmx.is_htmx(request, "detail") else _list(request, opened=str(case_id))
    return render(request, "reporting/case_list.html", around | detail | {"closed_url": here})


@require_POST
def assign(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Ask a grid worker to call at the address: they see the address and the task, never the disease."""
    posted = request.POST
    grid.assign_visit(case_id, posted.get("place", ""), posted.get("task", ""), request.viewer)
    messages.success(request, _("已派单到网格。网格员只看到称呼、地址和要做的事。"))
    return htmx.redirect(request, reverse("reporting:case", args=[case_id]))


@require_http_methods(["GET", "HEAD", "POST"])
def visit(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The grid worker's side: where to go, what to do, and how it ended."""
    viewer = request.viewer
    if request.method == "POST":
        grid.end_visit(case_id, request.POST.get("outcome", ""), request.POST.get("note", ""), viewer)
        messages.success(request, _("已记录上门结果。"))
        return htmx.redirect(request, reverse("work:mine"))
    item, address = grid.open_visit(case_id, viewer)
    context = {
        "item": item,
        "title": district_case.title(item),
        "address": address,
        "outcomes": [(one, district_case.OUTCOMES.get(one, one)) for one in grid.outcomes()],
    }
    return render(request, "reporting/case_visit.html", context)


def _list(request: HttpRequest, opened: str = "") -> dict[str, object]:
    viewer, query = request.viewer, request.GET
    chosen = filters.case_filter(query)
    key, backwards, cursor = filters.cursor(query, instants=False)
    found = queries.case_list(viewer, chosen, key=key, backwards=backwards, limit=SIZE, look=LOOK)
    stopped = None
    if len(found) <= SIZE:
        stopped = queries.cases_looked_to(viewer, chosen, key=key, backwards=backwards, look=LOOK)
    page = tables.page(found, SIZE, lambda one: one[0], cursor)
    here = tables.with_query(query, at="", work="")
    table = tables.Table(
        id="cases",
        caption=_("病例"),
        columns=district.case_columns(),
        page=tables.Page([district.case_row(one) for _key, one in page.rows], page.before, page.after),
        row_template="reporting/case_row.html",
        key=lambda row: row.id,
        empty=tables.Empty(
            _("没有符合条件的病例"), _("报告卡录入大疫情网后，病例会出现在这里，按报告日期从新到旧。"), "virus"
        ),
        url=lambda row: reverse("reporting:case", args=[row.id]) + here,
        changed=lambda row: row.changed,
        opens_in="detail",
        opened=opened,
    )
    organisations = reads.reporters(viewer)
    return {
        "table": table,
        "chips": filters.chips(query, chosen, organisations),
        "looked": LOOK,
        "further": filters.further(query, stopped, backwards),
        "clear_url": f"{reverse('reporting:cases')}?view=all",
        "chosen": chosen,
        "diseases": district.disease_options(chosen.disease),
        "organisations": organisations,
        "classes": district.CLASSES.items(),
        "may_export": viewer.can("case.export"),
        "purposes": purposes.CHOICES.items(),
        **saved.context(request, PAGE, reverse("reporting:cases")),
    }


def _detail(request: HttpRequest, case_id: UUID) -> dict[str, object]:
    viewer = request.viewer
    found = queries.case(case_id, viewer)
    one = found.case
    places = grid.places_for(one, viewer)
    visited = grid.last_visit(one)
    return {
        "opened": district.case_row(one),
        "case": one,
        "facts": district_case.facts(one),
        "cards": [(card, _card_url(card.id, viewer)) for card in found.cards],
        "moments": district_case.moments(one, found.cards, visited),
        "related": [hit for source in protocols.related for hit in source.call(viewer, "case", one.id)],
        "person_url": reverse("records:person", args=[one.person_id]) if viewer.can("person.open") else "",
        "work": request.GET.get("work") or work_on(one.id, viewer),
        "grid_places": places,
        "grid_tasks": [(task, district_case.task(task)) for task in grid.tasks_for(one)],
        "grid_out": visited is not None and visited.kind == grid.SENT,
    }


def _card_url(card_id: UUID, viewer: Viewer) -> str:
    """The district looks at a card beside its source, a hospital on the card's own page; others have no page of it."""
    if viewer.can("card.audit"):
        return reverse("reporting:audit_card", args=[card_id]) + "?tab=all"
    return reverse("reporting:card", args=[card_id]) if viewer.can("card.view") else ""
