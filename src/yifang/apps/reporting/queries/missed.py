"""Reads of the missed-report audit: lines by day, rates by department and disease, samples, the register of results.

Every one is scoped by the policies: a hospital sees its own, a district the lines and numbers of its hospitals without
persons, records or doctors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from uuid import UUID

from django.db.models import Count, F, Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.records.models import Record
from yifang.apps.reporting.models import (
    AbnormalResult,
    AuditAnswer,
    AuditKind,
    AuditLine,
    AuditRun,
    AuditSample,
    AuditSampleItem,
    Card,
    NationalCard,
    ResultState,
)
from yifang.apps.reporting.queries.choosing import Chosen
from yifang.apps.reporting.queries.walking import Key, counted
from yifang.audit import Interval, Stratum, ratio, stratified, wilson
from yifang.kernel.errors import NotFound

M = TypeVar("M", bound=Model)
By = Literal["organisation", "department", "disease"]
CRITICAL = "critical"  # of the register: critical values that wait for an answer
BYS: tuple[By, ...] = ("organisation", "department", "disease")
TABS = {
    "to_check": _("待核查"),
    "missed": _("应报未报"),
    "late": _("迟报"),
    "wrong_class": _("分类有误"),
    "elsewhere": _("外院已报"),
    "not_a_case": _("不符合"),
    "answered": _("已答复"),
    "reported": _("已报告"),
    "due": _("应报"),
}
# What counts as missed: what a person confirmed, and what nobody has looked at yet.
MISSED = Q(answer__in=(AuditAnswer.SHOULD_REPORT, AuditAnswer.BACK_FILLED)) | Q(kind=AuditKind.MISSED, answer="")
OWN = Q(kind__in=(AuditKind.REPORTED, AuditKind.LATE, AuditKind.WRONG_CLASS)) & ~Q(answer=AuditAnswer.BACK_FILLED)
_TABS: dict[str, Q] = {
    "to_check": Q(kind=AuditKind.MISSED, answer=""),
    "missed": Q(kind=AuditKind.MISSED) & ~Q(answer__in=(AuditAnswer.NOT_A_CASE, AuditAnswer.DUPLICATE)),
    "late": Q(kind=AuditKind.LATE),
    "wrong_class": Q(kind=AuditKind.WRONG_CLASS) | Q(also=AuditKind.WRONG_CLASS),
    "elsewhere": Q(kind=AuditKind.REPORTED_ELSEWHERE),
    "not_a_case": Q(kind=AuditKind.NOT_A_CASE),
    "answered": ~Q(answer=""),
    "reported": Q(kind=AuditKind.REPORTED),
    "due": MISSED | OWN,
}


@dataclass(frozen=True, slots=True)
class Rate:
    """Missed of due for one key (None: of all), with Wilson's interval; `late` of those reported."""

    key: Any
    due: int
    missed: int
    confirmed: int
    late: int
    interval: Interval


@dataclass(frozen=True, slots=True)
class Review:
    """A sample with what its review says so far: missed of due, and missed of visits."""

    sample: AuditSample
    looked_at: int
    of_due: Interval
    of_visits: Interval


def audit_lines(
    viewer: Viewer, tab: str, chosen: Chosen, *, key: Key | None = None, backwards: bool = False, limit: int = 50
) -> Sequence[AuditLine]:
    """Lines of a tab, newest day first. Raises KeyError for a tab that is none."""
    viewer.check("missed.view")
    rows = _lines(chosen).filter(_TABS[tab]).select_related("organisation", "card")
    return _newest(rows, key, backwards, limit)


def audit_counts(viewer: Viewer, chosen: Chosen) -> dict[str, int]:
    """How many lines stand in each tab, to one beyond a thousand."""
    viewer.check("missed.view")
    return {tab: counted(_lines(chosen).filter(condition)) for tab, condition in _TABS.items()}


def audit_line(viewer: Viewer, line_id: UUID) -> AuditLine:
    """One line. Raises NotFound where the viewer sees none."""
    viewer.check("missed.view")
    rows = AuditLine.objects.select_related("organisation", "card", "answered_by", "last_run")
    found = rows.filter(id=line_id).first()
    if found is None:
        raise NotFound("reporting.no_audit_line")
    return found


def audit_rates(viewer: Viewer, by: By, chosen: Chosen) -> list[Rate]:
    """Rates by organisation, department or disease, the most missed first."""
    viewer.check("missed.view")
    rows = _lines(chosen).values(key=F("organisation_id") if by == "organisation" else F(by)).annotate(**_COUNTS)
    return sorted((_rate(row["key"], row) for row in rows if row["due"]), key=lambda one: (-one.missed, str(one.key)))


def audit_total(viewer: Viewer, chosen: Chosen) -> Rate:
    """The rate of everything chosen."""
    viewer.check("missed.view")
    return _rate(None, _lines(chosen).aggregate(**_COUNTS))


def audit_samples(viewer: Viewer, chosen: Chosen, limit: int = 20) -> list[Review]:
    """Samples of the days chosen, the newest first, each with its intervals."""
    viewer.check("missed.view")
    rows = AuditSample.objects.filter(first_day__lte=chosen.until, last_day__gte=chosen.since)
    if chosen.organisation:
        rows = rows.filter(organisation_id=chosen.organisation)
    return [_review(one) for one in rows.select_related("organisation").order_by("-made_at", "-id")[:limit]]


def audit_sample(viewer: Viewer, sample_id: UUID) -> tuple[Review, list[AuditSampleItem]]:
    """A sample with its visits; only the hospital itself sees these."""
    viewer.check("missed.view")
    found = AuditSample.objects.select_related("organisation", "made_by").filter(id=sample_id).first()
    if found is None:
        raise NotFound("reporting.no_sample_item")
    items = found.items.select_related("reviewed_by") if viewer.can("missed.answer") else ()
    return _review(found), list(items)


def abnormal_results(
    viewer: Viewer, chosen: Chosen, state: str = "", *, key: Key | None = None, backwards: bool = False, limit: int = 50
) -> Sequence[AbnormalResult]:
    """The register of abnormal results, newest day first."""
    viewer.check("missed.answer")
    rows = AbnormalResult.objects.filter(day__gte=chosen.since, day__lte=chosen.until)
    if state in ResultState.values:
        rows = rows.filter(state=state)
    if state == CRITICAL:
        rows = rows.filter(state=ResultState.WAITING, critical=True)
    if chosen.department is not None:
        rows = rows.filter(department=chosen.department)
    if chosen.disease:
        rows = rows.filter(disease=chosen.disease)
    return _newest(rows.select_related("card", "confirmed_by"), key, backwards, limit)


def last_audit(viewer: Viewer, chosen: Chosen) -> AuditRun | None:
    """The last audit that the viewer sees."""
    viewer.check("missed.view")
    rows = AuditRun.objects.filter(ended_at__isnull=False)
    if chosen.organisation:
        rows = rows.filter(organisation_id=chosen.organisation)
    return rows.order_by("-started_at").first()


def behind(rows: Iterable[AuditLine | AuditSampleItem | AbnormalResult]) -> dict[UUID, Record]:
    """The records behind some rows with their persons, as far as the viewer sees them.

    Apart from the rows: a join would hide a line from whoever does not see its person.
    """
    return Record.objects.select_related("person").in_bulk({one.record_id for one in rows})


def records_of(line: AuditLine) -> dict[UUID, Record]:
    """Every record that the evidence of a line stands in, as far as the viewer sees it."""
    return Record.objects.select_related("person").in_bulk({UUID(item["record"]) for item in line.evidence})


def cards_of(line: AuditLine) -> tuple[list[Card], list[NationalCard]]:
    """The cards that the verdict rests on, as far as the viewer sees them."""
    ids = [UUID(one) for one in line.told]
    return list(Card.objects.filter(id__in=ids)), list(NationalCard.objects.filter(id__in=ids))


_COUNTS = {
    "due": Count("id", filter=MISSED | OWN),
    "missed": Count("id", filter=MISSED),
    "confirmed": Count("id", filter=Q(answer__in=(AuditAnswer.SHOULD_REPORT, AuditAnswer.BACK_FILLED))),
    "late": Count("id", filter=Q(kind=AuditKind.LATE)),
}


def _newest(rows: QuerySet[M], key: Key | None, backwards: bool, limit: int) -> list[M]:
    """Up to `limit` + 1 rows, the newest day first, continuing after `key`."""
    if key is not None:
        day, id = key
        side = "gt" if backwards else "lt"
        rows = rows.filter(Q(**{f"day__{side}": day}) | Q(**{"day": day, f"id__{side}": id}))
    sign = "" if backwards else "-"
    return list(rows.order_by(f"{sign}day", f"{sign}id")[: limit + 1])


def _lines(chosen: Chosen) -> QuerySet[AuditLine]:
    rows = AuditLine.objects.filter(day__gte=chosen.since, day__lte=chosen.until).exclude(kind=AuditKind.GONE)
    if chosen.organisation:
        rows = rows.filter(organisation_id=chosen.organisation)
    if chosen.department is not None:
        rows = rows.filter(department=chosen.department)
    return rows.filter(disease=chosen.disease) if chosen.disease else rows


def _rate(key: Any, row: dict[str, int]) -> Rate:
    due, missed = row["due"], row["missed"]
    low, high = wilson(missed, due)
    interval = Interval(missed / due if due else 0.0, low, high, missed, due)
    return Rate(key, due, missed, row["confirmed"], row["late"], interval)


def _review(sample: AuditSample) -> Review:
    strata = [(Stratum(one["department"], one["source"], one["size"]), one) for one in sample.strata]
    return Review(
        sample, sum(one["looked_at"] for _, one in strata),
        ratio([(stratum, one["looked_at"], one["due"], one["missed"]) for stratum, one in strata]),
        stratified([(stratum, one["looked_at"], one["missed"]) for stratum, one in strata]),
    )  # fmt: skip
