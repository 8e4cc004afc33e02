"""What the triage desk did today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Avg, Count

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.care.models import Matter, MatterState
from yifang.apps.care.queries.matters import of_kind
from yifang.apps.forms.models import Response
from yifang.kernel import clock

KIND = "triage"


@dataclass(frozen=True, slots=True)
class Today:
    """How many went where, the seconds one took on average, and the latest, each with whether a clinic still waits."""

    total: int
    by_destination: Mapping[str, int]
    seconds: float | None
    latest: Sequence[tuple[Matter, bool]]


def today(viewer: Viewer, limit: int = 12) -> Today:
    """The triages of today at the viewer's hospital."""
    rows = of_kind(viewer, KIND).filter(day=clock.today())
    counts = rows.values("outcome").annotate(n=Count("id")).order_by("-n", "outcome")
    numbers = {row["outcome"]: row["n"] for row in counts}
    latest = list(rows.order_by("-id").prefetch_related("children")[:limit])
    took = Response.objects.filter(subject__in=rows.values("id"), seconds__isnull=False).aggregate(mean=Avg("seconds"))
    pending = [
        (one, any(child.state == MatterState.OPEN and "register" in child.waiting for child in one.children.all()))
        for one in latest
    ]
    return Today(sum(numbers.values()), numbers, took["mean"], pending)
