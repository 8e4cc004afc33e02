"""Zero reports as read: what a unit owes; for whoever ordered them who answered, how punctually, and who is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.places.models import Organisation, OrganisationKind
from yifang.apps.reporting.models import ZeroOrder, ZeroReport
from yifang.kernel import clock
from yifang.kernel.errors import NotFound

_UNITS = (OrganisationKind.HOSPITAL, OrganisationKind.PRIMARY)
MOST = 200


@dataclass(frozen=True, slots=True)
class Kept:
    """An order with its answers: `asked` so far, answered, in time, zero, late without an answer."""

    order: ZeroOrder
    units: int
    asked: int
    answered: int
    in_time: int
    zero: int
    missing: int
    cases: int


def owed(viewer: Viewer) -> list[ZeroReport]:
    """What the viewer's unit has not answered, by deadline."""
    viewer.check("zero.answer")
    rows = ZeroReport.objects.filter(organisation_id=viewer.organisation_id, number=None, order__ended_at=None)
    return list(rows.select_related("order").order_by("due_at", "id")[:MOST])


def given(viewer: Viewer, limit: int = 50) -> list[ZeroReport]:
    """What the viewer's unit answered, the latest first."""
    viewer.check("zero.answer")
    rows = ZeroReport.objects.filter(organisation_id=viewer.organisation_id, number__isnull=False)
    return list(rows.select_related("order", "answered_by").order_by("-answered_at")[:limit])


def waiting(viewer: Viewer) -> int:
    """How many answers the viewer's unit owes."""
    return len(owed(viewer)) if viewer.can("zero.answer") else 0


def orders(viewer: Viewer) -> list[Kept]:
    """The orders of the viewer's area, the newest first, with how they are kept."""
    viewer.check("zero.order")
    found = list(ZeroOrder.objects.annotate(asked_units=Count("units"))[:MOST])
    late = Q(number=None, due_at__lt=clock.now())
    numbers = {
        row["order"]: row
        for row in ZeroReport.objects.filter(order__in=found).values("order").order_by().annotate(
            asked=Count("id"), answered=Count("id", filter=Q(number__isnull=False)),
            in_time=Count("id", filter=Q(answered_at__lte=F("due_at"))), zero=Count("id", filter=Q(number=0)),
            missing=Count("id", filter=late), cases=Sum("number"),
        )
    }  # fmt: skip
    return [
        Kept(one, one.asked_units, *(numbers.get(one.id, {}).get(name) or 0 for name in Kept.__slots__[2:]))
        for one in found
    ]


def reports(viewer: Viewer, order_id: UUID, which: str = "") -> tuple[ZeroOrder, Sequence[ZeroReport]]:
    """An order with its answers, the latest period first; `which`: missing, zero or cases, else all.

    Raises NotFound `reporting.no_zero_order`.
    """
    viewer.check("zero.order")
    order = ZeroOrder.objects.filter(id=order_id).first()
    if order is None:
        raise NotFound("reporting.no_zero_order")
    rows = _which(ZeroReport.objects.filter(order=order), which)
    rows = rows.select_related("organisation", "answered_by").order_by("-period", "organisation__code")
    return order, list(rows[:MOST])


def units(viewer: Viewer) -> list[Organisation]:
    """The units that may be asked."""
    viewer.check("zero.order")
    rows = Organisation.objects.filter(kind__in=_UNITS, active=True, area_code__startswith=viewer.area_code[:6])
    return list(rows.order_by("code")[:500])


def _which(rows: QuerySet[ZeroReport], which: str) -> QuerySet[ZeroReport]:
    if which == "missing":
        return rows.filter(number=None, due_at__lt=clock.now())
    if which == "zero":
        return rows.filter(number=0)
    return rows.filter(number__gt=0) if which == "cases" else rows
