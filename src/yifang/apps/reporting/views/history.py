"""Two versions of a card side by side: every field, or those that differ; identity masked unless it was opened."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yifang.apps.reporting import queries
from yifang.apps.reporting.presenting import versions as told


@require_safe
def versions(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """`a` and `b` name the two versions; without them the last and the one before."""
    viewer = request.viewer
    found = queries.card(card_id, viewer)
    history = list(queries.history(found.card, viewer))
    numbers = [one.number for one in history]
    after = _number(request.GET.get("b", ""), numbers, numbers[-1] if numbers else 0)
    before = _number(request.GET.get("a", ""), numbers, next((one for one in reversed(numbers) if one < after), after))
    by_number = {one.number: one for one in history}
    whole = request.GET.get("all") == "1"
    pair = (by_number[before], by_number[after]) if numbers else None
    context = {
        "card": found.card, "history": history, "a": before, "b": after, "whole": whole,
        "sides": told.sides(pair[0], pair[1], viewer, whole=whole) if pair else [],
        "before": pair[0] if pair else None, "after": pair[1] if pair else None,
    }  # fmt: skip
    return render(request, "reporting/versions.html", context)


def _number(text: str, known: list[int], default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and int(text) in known else default
