"""Report quality as numbers: sums of the measures by unit, department, disease or month, and the cards behind a number.

Numbers come from the tallies, which whoever may know a disease's numbers sees; the cards behind them only from what the
viewer sees case by case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.places.models import Organisation
from yifang.apps.reporting.models import Card, CardQuality, QualityTally
from yifang.apps.reporting.queries.choosing import Chosen
from yifang.knowledge import load

By = Literal["organisation", "department", "disease", "month"]
BYS: tuple[By, ...] = ("organisation", "department", "disease", "month")
Sums = Mapping[str, tuple[int, int]]  # measure → numerator, denominator


@dataclass(frozen=True, slots=True)
class Line:
    """One group: its key, its sums, and the weighted composite from 0 to 100, None where nothing could be measured."""

    key: object
    name: str
    sums: Sums
    overall: float | None


def lines(viewer: Viewer, by: By, chosen: Chosen) -> list[Line]:
    """The groups, best composite first; months in their order."""
    viewer.check("quality.view")
    sums: dict[object, dict[str, tuple[int, int]]] = {}
    column = "organisation_id" if by == "organisation" else by
    rows = _tallies(viewer, chosen).values_list(column, "indicator")
    for key, indicator, numerator, denominator in rows.annotate(Sum("numerator"), Sum("denominator")):
        sums.setdefault(key, {})[indicator] = (numerator, denominator)
    names = _names(by, sums)
    found = [Line(key, names.get(key, str(key)), each, overall(each)) for key, each in sums.items()]
    if by == "month":
        return sorted(found, key=lambda one: str(one.key), reverse=True)
    return sorted(found, key=lambda one: (one.overall is None, -(one.overall or 0), one.name))


def total(viewer: Viewer, chosen: Chosen) -> Sums:
    """The sums over everything chosen."""
    viewer.check("quality.view")
    rows = _tallies(viewer, chosen).values_list("indicator").annotate(Sum("numerator"), Sum("denominator"))
    return {indicator: (numerator, denominator) for indicator, numerator, denominator in rows}


def overall(sums: Sums) -> float | None:
    """综合率: the weighted mean of what could be measured, rates where less is better turned round."""
    reached = weights = 0.0
    for one in load().quality.indicators:
        numerator, denominator = sums.get(one.id, (0, 0))
        if one.weight and denominator:
            share = numerator / denominator
            reached += one.weight * (share if one.direction == "up" else 1 - share)
            weights += one.weight
    return 100 * reached / weights if weights else None


def behind(
    viewer: Viewer, chosen: Chosen, indicator: str, verdict: bool | None, *, after: UUID | None = None, limit: int = 50
) -> list[Card]:
    """Cards behind a number: those with this verdict, or all of the denominator; newest first, continuing after one."""
    viewer.check("quality.view")
    viewer.check("card.view")
    rows = _narrowed(CardQuality.objects.all(), viewer, chosen).filter(verdicts__has_key=indicator)
    if verdict is not None:
        rows = rows.filter(**{f"verdicts__{indicator}": verdict})
    if after is not None:
        rows = rows.filter(card_id__lt=after)
    ids = list(rows.order_by("-card_id").values_list("card_id", flat=True)[: limit + 1])
    cards = Card.objects.select_related("organisation", "doctor", "person").in_bulk(ids)
    return [cards[id] for id in ids if id in cards]


def diseases(viewer: Viewer, chosen: Chosen) -> list[str]:
    """The diseases that have numbers in these months."""
    viewer.check("quality.view")
    return sorted(_tallies(viewer, chosen).values_list("disease", flat=True).distinct())


def _tallies(viewer: Viewer, chosen: Chosen) -> QuerySet[QualityTally]:
    return _narrowed(QualityTally.objects.all(), viewer, chosen)


def _narrowed(rows: QuerySet, viewer: Viewer, chosen: Chosen) -> QuerySet:
    conditions = Q(month__range=(chosen.since, chosen.until))
    # Who looks from a hospital sees numbers of its own alone, whatever else is shown to it.
    organisation = viewer.organisation_id if viewer.scopes[-1].startswith("org:") else chosen.organisation
    if organisation is not None:
        conditions &= Q(organisation_id=organisation)
    if chosen.department is not None:
        conditions &= Q(department=chosen.department)
    if chosen.disease:
        conditions &= Q(disease=chosen.disease)
    return rows.filter(conditions).order_by()


def _names(by: By, sums: Mapping[object, object]) -> dict[object, str]:
    if by == "organisation":
        return dict(Organisation.objects.filter(id__in=list(sums)).values_list("id", "name"))
    return {}
