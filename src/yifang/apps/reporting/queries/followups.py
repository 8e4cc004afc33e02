"""Cards that wait for a correction: a later result made them surer, or they stay suspected for too long."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting.followups import KIND
from yifang.apps.reporting.models import NO_REPORT, Card
from yifang.apps.reporting.queries.walking import counted
from yifang.apps.reporting.rulebook import in_force
from yifang.apps.work.models import WorkItem, WorkState
from yifang.kernel import clock

MOST = 200


def to_correct(viewer: Viewer) -> list[Card]:
    """Cards of the viewer's hospital that later evidence makes surer, the oldest first."""
    viewer.check("card.view")
    return list(_to_correct(viewer).select_related("person").order_by("diagnosed_at", "id")[:MOST])


def long_suspected(viewer: Viewer) -> list[Card]:
    """Cards of the viewer's hospital that are still suspected after the days of the pack, the oldest first."""
    viewer.check("card.view")
    return list(_long_suspected(viewer).select_related("person").order_by("diagnosed_at", "id")[:MOST])


def badge(viewer: Viewer) -> int:
    """How many of both."""
    if not viewer.can("card.report"):
        return 0
    return counted(_to_correct(viewer)) + counted(_long_suspected(viewer))


def days_suspected() -> int:
    """After how many days a suspected case should have been confirmed or excluded."""
    return in_force().triggers.follow_up.suspected_days


def _to_correct(viewer: Viewer) -> QuerySet[Card]:
    items = WorkItem.objects.filter(kind=KIND, state__in=(WorkState.OPEN, WorkState.CLAIMED))
    return Card.objects.filter(organisation_id=viewer.organisation_id, id__in=items.values("subject"))


def _long_suspected(viewer: Viewer) -> QuerySet[Card]:
    before = clock.now() - timedelta(days=days_suspected())
    rows = Card.objects.filter(
        organisation_id=viewer.organisation_id, case_class="suspected", diagnosed_at__lt=before, merged_into=None
    )
    return rows.exclude(state__in=NO_REPORT)
