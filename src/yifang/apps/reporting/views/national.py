"""The page on which our cards and those of the national system stand side by side, and who reports how punctually."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yifang.apps.reporting.presenting import cards as card_words
from yifang.apps.reporting.presenting import district_filters as filters
from yifang.apps.reporting.presenting import national
from yifang.apps.reporting.queries import national as reads
from yifang.kernel import clock
from yifang.web import tables
from yifang.web.components import Tab

SIZE = 50
_TABS = {
    "different": gettext_lazy("两边不同"),
    "only_there": gettext_lazy("仅大疫情网有"),
    "only_here": gettext_lazy("仅本平台有"),
    "unknown": gettext_lazy("病种不认识"),
    "both": gettext_lazy("两边一致"),
}
_EMPTY = {
    "different": gettext_lazy("没有两边不同的卡"),
    "only_there": gettext_lazy("没有只在大疫情网的卡"),
    "only_here": gettext_lazy("没有只在本平台的卡"),
    "unknown": gettext_lazy("没有病种不认识的卡"),
    "both": gettext_lazy("还没有两边都有的卡"),
}


@require_safe
def side_by_side(request: HttpRequest) -> HttpResponse:
    """One tab of the comparison, and the punctuality of the last weeks."""
    viewer, query = request.viewer, request.GET
    viewer.check("national.view")
    tab: reads.Tab = next((one for one in reads.TABS if one == query.get("tab")), "different")
    organisation = query.get("org", "")[:120]
    until = clock.today()
    since = filters.day(query.get("since", "")) or until - timedelta(days=27)
    numbers = reads.tab_counts(viewer)
    context = {
        "tab": tab,
        "tabs": [Tab(_TABS[one], f"?tab={one}", one == tab, numbers.get(one)) for one in reads.TABS],
        "organisation": organisation,
        "last": reads.last_export(viewer),
        "table": _here(request) if tab == "only_here" else _there(request, tab, organisation),
        "punctuality": reads.punctuality(viewer, since, until),
        "since": since,
        "until": until,
    }
    return render(request, "reporting/national.html", context)


def _there(request: HttpRequest, tab: reads.Tab, organisation: str) -> tables.Table:
    key, backwards, cursor = filters.cursor(request.GET, instants=True)
    found = reads.national_cards(
        request.viewer, tab, organisation=organisation, cursor=key, backwards=backwards, limit=SIZE
    )
    page = tables.page(found, SIZE, lambda one: (one.entered_at, one.id), cursor)
    return tables.Table(
        id="national",
        caption=_TABS[tab],
        columns=[
            tables.Column(_("患者"), "identity"),
            tables.Column(_("病种")),
            tables.Column(_("卡片ID")),
            tables.Column(_("发病日期"), "date"),
            tables.Column(_("录入时间"), "date"),
            tables.Column(_("报告单位"), minor=True),
            tables.Column(_("不同之处") if tab == "different" else _("审核状态")),
        ],
        page=tables.Page([national.row(one) for one in page.rows], page.before, page.after),
        row_template="reporting/national_row.html",
        key=lambda row: row.id,
        empty=tables.Empty(
            _EMPTY[tab],
            ""
            if reads.last_export(request.viewer)
            else _("把县区从大疫情网导出的卡片文件放进数据源文件夹，就会在这里逐张比对。"),
            "git-compare",
        ),
        url=lambda row: row.url,
    )


def _here(request: HttpRequest) -> tables.Table:
    found = reads.only_here(request.viewer, SIZE)
    return tables.Table(
        id="national",
        caption=_TABS["only_here"],
        columns=[
            tables.Column(_("患者"), "identity"),
            tables.Column(_("病种")),
            tables.Column(_("卡片编号")),
            tables.Column(_("报告单位")),
            tables.Column(_("状态"), "state"),
        ],
        page=tables.Page([card_words.row(one) for one in found]),
        row_template="reporting/national_own_row.html",
        key=lambda row: row.id,
        empty=tables.Empty(
            _EMPTY["only_here"], _("已报出、导出文件却没有的卡会列在这里：多半是还没有录入大疫情网。"), "git-compare"
        ),
        url=lambda row: reverse("reporting:card", args=[row.id]),
    )
