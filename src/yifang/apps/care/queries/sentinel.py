"""The sentinel's week: counts of the records for the report, and the reports of all hospitals for the CDC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.care.calendar import SENTINEL, due_of, week_of
from yifang.apps.care.models import Matter, Step, Visit
from yifang.apps.care.queries.matters import of_kind
from yifang.apps.forms import services as forms
from yifang.kernel import clock
from yifang.knowledge import load

WEEKS = 6


@dataclass(frozen=True, slots=True)
class Report:
    """One hospital's report of one week; `answers` is empty while it is missing."""

    matter: Matter
    week: date
    answers: Mapping[str, Any]
    reported_at: Any
    late: bool

    @property
    def samples(self) -> int:
        return int(self.answers.get("samples", 0))

    @property
    def visits(self) -> int:
        return sum(int(self.answers.get(f"visits_{age}", 0)) for age in ages())

    @property
    def ili(self) -> int:
        return sum(int(self.answers.get(f"ili_{age}", 0)) for age in ages())

    def by_age(self) -> list[tuple[int, int, int]]:
        """(lower age, ILI, visits) of each group."""
        return [
            (age, int(self.answers.get(f"ili_{age}", 0)), int(self.answers.get(f"visits_{age}", 0))) for age in ages()
        ]


def ages() -> tuple[int, ...]:
    """The lower ends of the age groups."""
    return (0, *load().matters.sentinel.ages)


def counted(viewer: Viewer, week: date) -> dict[str, int]:
    """What the records of the viewer's hospital say of a week, by the questions of the report; {} without records."""
    viewer.check("matter.list")
    rows = Visit.objects.filter(organisation_id=viewer.organisation_id, day__range=(week, week + timedelta(days=6)))
    if not rows.exists():
        return {}
    groups = {one.id: one for one in load().matters.sentinel.groups}
    seen = rows.filter(kind__in=groups["ili"].visits)
    found: dict[str, int] = {}
    lower = ages()
    for age, above in zip(lower, [*lower[1:], None], strict=True):
        of_age = seen.filter(Q(age__gte=age) & (Q(age__lt=above) if above is not None else Q()))
        found[f"visits_{age}"] = of_age.count()
        found[f"ili_{age}"] = of_age.filter(syndromes__contains=[groups["ili"].syndrome]).count()
    admitted = rows.filter(kind__in=groups["sari"].visits)
    found["admissions"] = admitted.count()
    found["sari"] = admitted.filter(syndromes__contains=[groups["sari"].syndrome]).count()
    found["diarrhoea"] = rows.filter(kind__in=groups["diarrhoea"].visits, diarrhoea=True).count()
    return found


def reports(viewer: Viewer, until: date | None = None) -> Sequence[Report]:
    """The reports of the last weeks that the viewer sees, the newest week first."""
    last = week_of(until or clock.today()) - timedelta(days=7)
    weeks = [(last - timedelta(days=7 * n)).isoformat() for n in range(WEEKS)]
    rows = list(of_kind(viewer, SENTINEL).filter(topic__in=weeks).select_related("organisation"))
    steps = Step.objects.filter(matter__in=rows, step="report", response__isnull=False).select_related("response__form")
    filled = {step.matter_id: step for step in steps.order_by("at")}
    found = []
    for matter in rows:
        step, week = filled.get(matter.id), date.fromisoformat(matter.topic)
        reported = step.noted_at if step else None
        found.append(
            Report(
                matter, week, forms.answers_of(step.response) if step else {}, reported,
                (reported or clock.now()) > due_of(week),
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (one.week, str(one.matter.organisation)), reverse=True)


def counted_as(found: Sequence[Report]) -> dict[str, list[Report]]:
    """The reports by what a number of the page counts. `tasks`: weeks whose samples are told; `short`: too few."""
    task = load().matters.sentinel.samples_a_week
    told = [one for one in found if one.answers]
    return {
        "all": list(found),
        "missing": [one for one in found if not one.answers],
        "late": [one for one in found if one.late],
        "tasks": told,
        "short": [one for one in told if one.samples < task],
    }
