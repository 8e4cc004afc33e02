"""The situation of an area: pictures and tables of what is chosen, the years before, and the outlines of the map."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.places import maps
from yifang.apps.surveillance.models import DayKind, PlaceKind
from yifang.apps.surveillance.presenting import choosing, diseases, options, pictures, words
from yifang.apps.surveillance.presenting.choosing import Chosen
from yifang.apps.surveillance.presenting.signals import CASE_CLASSES
from yifang.apps.surveillance.queries import situation as reads
from yifang.kernel.errors import NotFound


@require_safe
def situation(request: HttpRequest) -> HttpResponse:
    """The page; the years before come by themselves after it, for they read six years."""
    viewer = request.viewer
    viewer.check("count.view")
    chosen = choosing.read(request.GET, viewer)
    found = reads.overview(chosen.selection, viewer, chosen.step)
    source = choosing.sentence(chosen, viewer)
    area = chosen.selection.area
    geometry = f"{reverse('surveillance:map', args=[area])}?v={maps.version(area)}" if maps.version(area) else ""
    context = {
        "chosen": chosen,
        "found": found,
        "labels": choosing.labels(chosen, viewer),
        "curve": pictures.curve(chosen, found, source),
        "pyramid": pictures.pyramid(chosen, found, source),
        "map": pictures.map_of(chosen, found, source, geometry),
        "heat": pictures.heat(chosen, found, source),
        "heads": diseases.heads(chosen),
        "lines": diseases.lines(chosen, found),
        "figures": _figures(chosen, found),
        "source": source,
        "years_url": reverse("surveillance:years") + chosen.query(),
        "bulletin_url": reverse("surveillance:bulletin") + f"?area={area}",
        **_choices(chosen, viewer),
    }
    return render(request, "surveillance/situation.html", context)


@require_safe
def years(request: HttpRequest) -> HttpResponse:
    """This year against the five before: the part that the page fetches."""
    viewer = request.viewer
    viewer.check("count.view")
    chosen = choosing.read(request.GET, viewer)
    step = "week" if request.GET.get("by") == "week" else "month"
    found = reads.years(chosen.selection, viewer, step)
    source = choosing.sentence(chosen, viewer)
    context = {
        "years": pictures.years(chosen, found, step, source),
        "by": step,
        "by_month": reverse("surveillance:years") + chosen.query(),
        "by_week": reverse("surveillance:years") + chosen.query(by="week"),
    }
    return render(request, "surveillance/_years.html", context)


@require_safe
def outlines(request: HttpRequest, area: str) -> HttpResponse:
    """The GeoJSON of the areas below one, as the installation brought it. The address changes when the file does."""
    request.viewer.check("count.view")
    text = maps.read(area)
    if not text:
        raise NotFound("surveillance.no_map")
    headers = {"Cache-Control": "private, max-age=86400"}
    return HttpResponse(text, content_type="application/geo+json", headers=headers)


def _figures(chosen: Chosen, found: reads.Overview) -> list[tuple[str, str, str]]:
    """The few numbers at the head of the page: label, number, how it changed."""
    before, year_before, deaths = (
        sum(getattr(row, label) or 0 for row in found.rows) for label in ("before", "year_before", "deaths")
    )
    figures = [
        (_("本期病例") if not chosen.is_syndrome else _("本期就诊"), f"{found.total:,}", ""),
        (_("上期"), f"{before:,}", words.change_words(found.total, before)),
        (_("去年同期"), f"{year_before:,}", words.change_words(found.total, year_before)),
    ]
    return figures if chosen.is_syndrome else [*figures, (_("本期死亡"), f"{deaths:,}", "")]


def _choices(chosen: Chosen, viewer: Viewer) -> dict[str, object]:
    return {
        "areas": options.areas_below(chosen.selection.area, viewer),
        "periods": list(choosing.PERIODS.items()),
        "subjects": choosing.subjects(chosen),
        "disease_groups": options.diseases(),
        "syndromes": options.syndromes(),
        "syndrome": chosen.selection.names[0] if chosen.is_syndrome else "",
        "days": [(one.value, one.label) for one in choosing.DAYS],
        "places": PlaceKind.choices,
        "classes": list(CASE_CLASSES.items()),
        "own_day": DayKind.ONSET if chosen.is_official else chosen.selection.day,
        "own_classes": () if chosen.is_official else chosen.selection.classes,
        "from_area": choosing.looks_from_area(viewer),
        "steps": [
            (key, label, reverse("surveillance:situation") + chosen.query(step=key), key == chosen.step)
            for key, label in choosing.STEPS.items()
        ],
    }
