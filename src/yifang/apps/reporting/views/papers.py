"""Cards on paper and in the national system's columns: what leaves with identity open, each time recorded."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.reporting import documents, queries
from yifang.apps.reporting.models import Card
from yifang.apps.reporting.services.drafts import PURPOSE
from yifang.apps.reporting.views import reading
from yifang.kernel import clock
from yifang.web import exports

MOST = 200  # cards at once


@require_safe
def paper(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """One card as it lies on paper; it holds identity, so it needs a purpose."""
    viewer = request.viewer
    viewer.check("card.print")
    if not viewer.purpose:
        return reading.ask_purpose(request, card_id, reverse("reporting:paper", args=[card_id]))
    found = queries.card(card_id, viewer)
    sheets = [documents.sheet(found.card, viewer)]
    return render(
        request, "reporting/paper.html", {"sheets": sheets, "back": reverse("reporting:card", args=[card_id])}
    )


@require_POST
def papers(request: HttpRequest) -> HttpResponse:
    """The picked cards of one's own hospital, one after the other."""
    viewer = request.viewer
    viewer.check("card.print")
    viewer = viewer if viewer.purpose else viewer.acting_for(PURPOSE)
    sheets = [documents.sheet(card, viewer) for card in _picked(request)]
    return render(request, "reporting/paper.html", {"sheets": sheets, "back": reverse("reporting:desk")})


@require_POST
def columns(request: HttpRequest) -> HttpResponse:
    """The picked cards of one's own hospital in the national system's columns, as Excel or, with `as=csv`, as text."""
    viewer = request.viewer
    viewer.check("card.export")
    viewer = viewer if viewer.purpose else viewer.acting_for(PURPOSE)
    cards = _picked(request)
    name = f"national-{clock.now().astimezone(clock.CHINA):%Y%m%d-%H%M}"
    if request.POST.get("as") == "csv":
        data = documents.national_csv(cards, viewer)
        return HttpResponse(
            data, content_type="text/csv; charset=gb18030",
            headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
        )  # fmt: skip
    fields, rows, source = documents.national_rows(cards, viewer, request.user, str(request.seat))
    return exports.response(name, fields, rows, source)


def _picked(request: HttpRequest) -> Sequence[Card]:
    """The picked cards of one's own hospital, in the order of the list."""
    try:
        wanted = [UUID(one) for one in request.POST.getlist("pick")][:MOST]
    except ValueError:
        wanted = []
    found = queries.cards_by_id(wanted)
    cards = [found[id] for id in dict.fromkeys(wanted) if id in found]
    return [card for card in cards if card.organisation_id == request.viewer.organisation_id]
