"""A sample of visits for review by hand: asked for, and looked at visit by visit without the machine's verdict."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.reporting.missed import samples
from yifang.apps.reporting.models import Reviewed
from yifang.apps.reporting.presenting import missed as told
from yifang.apps.reporting.presenting import words
from yifang.apps.reporting.queries import missed as reads
from yifang.apps.reporting.views.missed import chosen_of
from yifang.kernel.errors import UserError
from yifang.knowledge import load


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Ask for a sample of the days chosen."""
    viewer, form = request.viewer, request.POST
    viewer.check("missed.answer")
    chosen = chosen_of(request, form)
    try:
        made = samples.ask(
            viewer, chosen.since, chosen.until, size=_whole(form.get("size", "")), seed=form.get("seed", ""),
            rate=_share(form.get("rate", ""), samples.RATE),
            half_width=_share(form.get("half_width", ""), samples.HALF_WIDTH),
        )  # fmt: skip
    except UserError as wrong:
        messages.error(request, wrong.render(request.LANGUAGE_CODE[:2]))
        return redirect("reporting:missed_rates")
    return redirect("reporting:missed_sample", sample_id=made.id)


@require_safe
def sample(request: HttpRequest, sample_id: UUID) -> HttpResponse:
    """The strata with what was found so far, and the visits."""
    viewer = request.viewer
    viewer.check("missed.view")
    review, items = reads.audit_sample(viewer, sample_id)
    records = reads.behind(items)
    labels = {"nothing": _("无"), "reported": _("已报"), "missed": _("未报")}
    rows = [
        {
            "one": item, "record": records.get(item.record_id), "source": told.SOURCES.get(item.source, item.source),
            "disease": words.disease(item.disease) if item.disease else "", "label": labels.get(item.found, ""),
        }
        for item in items
    ]  # fmt: skip
    context = {
        "review": review, "rows": rows, "own": viewer.can("missed.answer"),
        "left": sum(not row["one"].found for row in rows), "results": Reviewed.choices[1:],
        "of_due": told.percent(review.of_due.rate), "of_due_interval": told.interval(review.of_due),
        "of_visits": told.percent(review.of_visits.rate), "of_visits_interval": told.interval(review.of_visits),
        "strata": [one | {"source": told.SOURCES.get(one["source"], one["source"])} for one in review.sample.strata],
        "diseases": [(one.id, words.disease(one.id)) for one in load().diseases.values() if one.is_statutory],
    }  # fmt: skip
    return render(request, "reporting/missed_sample.html", context)


@require_POST
def review(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """What the reviewer found in one visit."""
    form = request.POST
    try:
        item = samples.review(
            item_id, request.viewer, form.get("found", ""), disease=form.get("disease", ""), note=form.get("note", "")
        )
    except UserError as wrong:
        messages.error(request, wrong.render(request.LANGUAGE_CODE[:2]))
        return redirect(form.get("back", "") if _own_page(form.get("back", "")) else reverse("reporting:missed_rates"))
    return redirect(f"{reverse('reporting:missed_sample', args=[item.sample_id])}#n{item.number + 1}")


def _own_page(path: str) -> bool:
    return path.startswith("/missed/samples/")


def _whole(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 6 else 0


def _share(text: str, default: float) -> float:
    try:
        return float(text) / 100 if text else default
    except ValueError:
        return 0.0
