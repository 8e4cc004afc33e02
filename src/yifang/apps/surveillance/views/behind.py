"""The cases behind a number of the situation page: exactly those that the clicked mark stands for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yifang.apps.reporting.presenting import district
from yifang.apps.surveillance.models import DayKind
from yifang.apps.surveillance.presenting import behind as parts
from yifang.apps.surveillance.presenting import choosing, words
from yifang.apps.surveillance.queries import behind as reads
from yifang.web import tables
from yifang.web.components import Chip

SIZE = 50


@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """The list, newest first by the day that is counted."""
    viewer, query = request.viewer, request.GET
    viewer.check("count.view")
    chosen, part = parts.part(query, viewer)
    cursor = tables.read_place(query.get("at", ""), instants=part.chosen.day == DayKind.DIAGNOSIS)
    key = (cursor.values[0], cursor.values[1]) if cursor else None
    found = reads.behind(part, viewer, key=key, backwards=bool(cursor and cursor.backwards), limit=SIZE)
    page = tables.page(found.rows, SIZE, lambda one: one[0], cursor)
    table = tables.Table(
        id="behind",
        caption=_("这个数背后的病例"),
        columns=district.case_columns(),
        page=tables.Page([district.case_row(one) for _key, one in page.rows], page.before, page.after),
        row_template="reporting/case_row.html",
        key=lambda row: row.id,
        empty=tables.Empty(
            _("没有您可打开的个案"), _("这个数里的病例按您的岗位和目的不显示个案，或这里是零。"), "virus"
        ),
        url=lambda row: reverse("reporting:case", args=[row.id]),
    )
    context = {
        "table": table,
        "found": found,
        "total": words.number_words(found.total),
        "openable": None if found.total is None or found.hidden is None else found.total - found.hidden,
        "labels": choosing.labels(chosen, viewer),
        "chips": [Chip(label, value, verb=_("为")) for label, value in parts.narrowed(chosen, part)],
        "back": reverse("surveillance:situation") + chosen.query(),
        "is_syndrome": chosen.is_syndrome,
    }
    return render(request, "surveillance/behind.html", context)
