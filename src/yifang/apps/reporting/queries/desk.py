"""The tabs of the hospital's public-health desk, each with its rows and its number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting.models import (
    GONE,
    NO_REPORT,
    Card,
    CardState,
    RegisterEntry,
    Suspicion,
    SuspicionState,
)
from yifang.apps.reporting.queries.suspicions import WAITING, waiting
from yifang.apps.reporting.queries.walking import Key, along, counted
from yifang.kernel import clock
from yifang.knowledge import load

_RETURNED = (CardState.RETURNED_BY_HOSPITAL, CardState.RETURNED_BY_DISTRICT)
_ENTERABLE = (CardState.SUBMITTED, CardState.RETURNED_BY_DISTRICT)

TABS = {
    "to_report": _("待报告"),
    "to_review": _("待审核"),
    "to_enter": _("待录入"),
    "to_correct": _("待修改"),
    "drafts": _("草稿"),
    "candidates": _("漏报核查"),
    "late": _("迟报"),
    "unregistered": _("专病未登记"),
    "suspected": _("疑似未订正"),
    "done": _("已完成"),
}


def desk_rows(
    viewer: Viewer, tab: str, *, disease: str = "", key: Key | None = None, backwards: bool = False, limit: int = 50
) -> Sequence[Suspicion | Card]:
    """Rows of a tab by the time they are due (`done` and `late`: by the time they were made). Raises KeyError."""
    viewer.check("card.review")
    rows = _ROWS[tab](viewer)
    if disease:
        rows = rows.filter(disease=disease)
    return along(rows, ORDER[tab], key=key, backwards=backwards, limit=limit)


def desk_counts(viewer: Viewer, tabs: Iterable[str] = ()) -> dict[str, int]:
    """How many stand in each of `tabs`, else in each that holds work; `done` is not counted."""
    viewer.check("card.review")
    return {tab: counted(_ROWS[tab](viewer)) for tab in tabs or TABS if tab != "done"}


def _cards(viewer: Viewer, *states: CardState) -> QuerySet[Card]:
    rows = Card.objects.filter(organisation_id=viewer.organisation_id, state__in=states)
    return rows.select_related("doctor", "organisation")


def _candidates(viewer: Viewer) -> QuerySet[Suspicion]:
    """What may have been missed: dismissed although there was evidence, or left without an answer past its time."""
    rows = Suspicion.objects.filter(organisation_id=viewer.organisation_id).select_related("person", "clinician")
    return rows.filter(
        Q(state=SuspicionState.DISMISSED, confidence__in=("moderate", "strong"))
        | Q(state__in=WAITING, due_at__lt=clock.now())
    )


def _late(viewer: Viewer) -> QuerySet[Card]:
    """Not entered though the limit has passed, or entered after it and not explained yet.

    What was excluded later was reported in good faith and counts against nobody.
    """
    rows = _cards(viewer, *(set(CardState) - set(NO_REPORT))).exclude(case__excluded=True)
    missed = Q(entered_at__isnull=True, report_due_at__lt=clock.now())
    return rows.filter(missed | Q(entered_at__gt=F("report_due_at"), late_reason=""))


def _unregistered(viewer: Viewer) -> QuerySet[Card]:
    """Entered longer ago than a specialist system allows, and without a number in it (quality pack, registers)."""
    rows = _cards(viewer, CardState.SUBMITTED, CardState.AUDITED).filter(merged_into=None)
    missing = Q(pk__in=[])
    for one in load().quality.registers:
        before = clock.now() - timedelta(hours=one.hours)
        there = RegisterEntry.objects.filter(register=one.id).values("card")
        missing |= Q(disease__in=one.diseases, entered_at__lt=before) & ~Q(id__in=there)
    return rows.filter(missing)


def _suspected(viewer: Viewer) -> QuerySet[Card]:
    """Still suspected after the pack's days: to be confirmed, changed or ruled out."""
    before = clock.now() - timedelta(days=load().quality.suspected_days)
    rows = _cards(viewer, CardState.SUBMITTED, CardState.AUDITED, *_RETURNED)
    return rows.filter(case_class="suspected", merged_into=None, entered_at__lt=before)


_ROWS: dict[str, Callable[[Viewer], QuerySet]] = {
    "to_report": waiting,
    "to_review": lambda viewer: _cards(viewer, CardState.HOSPITAL_REVIEW),
    "to_enter": lambda viewer: _cards(viewer, *_ENTERABLE).filter(entered_at__isnull=True, merged_into=None),
    "to_correct": lambda viewer: _cards(viewer, *_RETURNED),
    "drafts": lambda viewer: _cards(viewer, CardState.DRAFT),
    "candidates": _candidates,
    "late": _late,
    "unregistered": _unregistered,
    "suspected": _suspected,
    "done": lambda viewer: _cards(viewer, CardState.SUBMITTED, CardState.AUDITED, *GONE),
}
ORDER = {
    "to_report": "due_at",
    "to_review": "report_due_at",
    "to_enter": "report_due_at",
    "to_correct": "report_due_at",
    "drafts": "created_at",
    "candidates": "due_at",
    "late": "created_at",
    "unregistered": "created_at",
    "suspected": "created_at",
    "done": "created_at",
}
