"""The weekly bulletin: the page, and the same as Word, Excel, Markdown and HTML."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yifang.apps.surveillance import documents
from yifang.apps.surveillance.presenting import bulletin as presenting
from yifang.apps.surveillance.presenting import bulletin_pictures, choosing, options
from yifang.apps.surveillance.queries import bulletin as reads
from yifang.kernel import clock
from yifang.kernel.errors import NotFound
from yifang.knowledge import load
from yifang.web.exports import Provenance


@require_safe
def bulletin(request: HttpRequest) -> HttpResponse:
    """The page of a week."""
    viewer = request.viewer
    viewer.check("count.view")
    chosen = presenting.week_of(request.GET, viewer)
    found = reads.bulletin(chosen.selection, viewer)
    paper = presenting.paper(chosen, found, viewer)
    since, area = chosen.selection.since, chosen.selection.area
    later = since + timedelta(weeks=1)
    context = {
        "paper": paper,
        "lines": list(zip(paper.cells, paper.levels, strict=True)),
        "signals": list(zip(paper.signals, found.signals, strict=True)),
        "signal_heads": presenting.signal_heads(),
        "pictures": bulletin_pictures.pictures(chosen, found, choosing.sentence(chosen, viewer)),
        "labels": paper.labels,
        "areas": options.areas_below(area, viewer) if choosing.looks_from_area(viewer) else [],
        "area": area,
        "week": presenting.week_name(since),
        "earlier": _address(since - timedelta(weeks=1), area),
        "later": _address(later, area) if later <= clock.today() else "",
        "unfinished": chosen.selection.until >= clock.today(),
        "files": [
            (kind, label, icon, reverse("surveillance:bulletin_file", args=[kind]) + _query(since, area))
            for kind, label, icon in _FILES
        ],
        "back": reverse("surveillance:situation") + chosen.query(),
    }  # fmt: skip
    return render(request, "surveillance/bulletin.html", context)


_FILES = (
    ("docx", "Word", "file-word"),
    ("xlsx", "Excel", "file-spreadsheet"),
    ("md", "Markdown", "markdown"),
    ("html", "HTML", "code"),
)


@require_safe
def file(request: HttpRequest, kind: str) -> HttpResponse:
    """The same week as a file."""
    viewer = request.viewer
    viewer.check("count.view")
    if kind not in documents.KINDS:
        raise NotFound("surveillance.no_file", kind=kind[:10])
    chosen = presenting.week_of(request.GET, viewer)
    paper = presenting.paper(chosen, reads.bulletin(chosen.selection, viewer), viewer)
    source = Provenance(
        title=f"{paper.title} {paper.subtitle}",
        who=str(request.user),
        seat=str(request.seat),
        at=clock.now(),
        conditions=choosing.sentence(chosen, viewer),
        packs=load().digest,
        node=settings.YIFANG_NODE_NAME,
        purpose=_("疫情周报"),
    )
    name = f"bulletin-{chosen.selection.area}-{presenting.week_name(chosen.selection.since)}.{kind}"
    headers = {"Content-Disposition": content_disposition_header(True, name) or "attachment"}
    return HttpResponse(documents.bulletin(kind, paper, source), content_type=documents.KINDS[kind], headers=headers)


def _address(monday: date, area: str) -> str:
    return reverse("surveillance:bulletin") + _query(monday, area)


def _query(monday: date, area: str) -> str:
    return f"?week={presenting.week_name(monday)}&area={area}"
