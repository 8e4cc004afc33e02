"""The line list out to Excel: the list's conditions, who took it and why; sensitive diseases only when asked for."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yifang.apps.accounts import purposes
from yifang.apps.reporting import queries
from yifang.apps.reporting.documents import LINE_LIST
from yifang.apps.reporting.presenting import district_case
from yifang.apps.reporting.presenting import district_filters as filters
from yifang.apps.reporting.queries import district as reads
from yifang.kernel import clock
from yifang.knowledge import load
from yifang.web import exports


@require_POST
def line_list(request: HttpRequest) -> HttpResponse:
    """The rows that the page's conditions show, masked as on the page, with a sheet that says where they come from."""
    viewer = request.viewer
    viewer.check("case.export")
    if not viewer.purpose:
        viewer = viewer.acting_for(purposes.asked(request.POST.get("purpose", ""), request.POST.get("note", "")))
    query = filters.posted(request)
    sensitive = request.POST.get("sensitive") == "1"
    chosen = replace(filters.case_filter(query), sensitive=sensitive)
    conditions = filters.sentence(filters.chips(query, chosen, reads.reporters(viewer)))
    source = exports.Provenance(
        title=_("病例明细（脱敏）"),
        who=str(request.user),
        seat=str(request.seat),
        at=clock.now(),
        conditions="；".join(filter(None, (conditions, "" if sensitive else _("不含敏感病种")))),
        packs=load().digest,
        node=settings.YIFANG_NODE_NAME,
        purpose=district_case.purpose(viewer.purpose),
    )
    rows = (district_case.export_row(row) for row in queries.line_list(viewer, chosen, [one.key for one in LINE_LIST]))
    return exports.response(f"line-list-{clock.today():%Y%m%d}", LINE_LIST, rows, source)
