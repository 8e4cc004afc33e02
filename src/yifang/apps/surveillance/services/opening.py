"""Opening a signal, or joining the open one: whatever method found it, one signal for one thing in one place.

A signal is written with its visibility rows, the cases behind it, its ledger entry and the work item of those who
answer. While it is open what is found again only brings its numbers up to date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.models import SubjectKind
from yifang.apps.accounts.visibility import Subject, area_scopes, group_of, list_name, show
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.reporting.models import Card, CardState, Case
from yifang.apps.surveillance.models import Signal, SignalCase, SignalState
from yifang.apps.surveillance.single_case import WORK
from yifang.apps.work.services import DeskAt, open_item
from yifang.kernel import clock
from yifang.kernel.ids import new_id
from yifang.knowledge import load

DESKS = ("duty_officer", "epidemiologist")
_TITLES = {
    "single_case": ("单病例预警", "single-case signal"),
    "threshold": ("聚集性预警", "cluster signal"),
    "notice": ("部门通报", "notice of a department"),
}
_SERIES = ("时间序列预警", "time-series signal")


@dataclass(frozen=True, slots=True)
class Found:
    """What a method found. `areas` are further areas that see it (where cases were reported), beside its own."""

    method: str
    name: str
    area: str
    observed: int
    expected: float
    limit: float
    window_days: int
    first_day: date
    last_day: date
    hours: float
    explanation: Mapping[str, Any]
    sort: str = "disease"
    unit: str = ""
    cases: tuple[UUID, ...] = ()
    areas: tuple[str, ...] = ()
    reporters: frozenset[str] = field(default_factory=frozenset)
    pvalue: float | None = None
    score: float | None = None


def open_or_join(found: Found) -> Signal | None:
    """The open signal brought up to date, or a new one; None where one was closed on no less a moment ago."""
    with transaction.atomic():
        same = Signal.objects.filter(method=found.method, disease=found.name, area_code=found.area, unit=found.unit)
        signal = same.select_for_update().exclude(state=SignalState.CLOSED).first()
        if signal is not None:
            return _join(signal, found)
        since = clock.now() - timedelta(days=max(found.window_days, 1))
        if same.filter(closed_at__gte=since, observed__gte=found.observed).exists():
            return None
        return raise_signal(found)


def raise_signal(found: Found) -> Signal:
    """Write a new signal and ask those who answer it. Runs in the caller's transaction."""
    now = clock.now()
    group = group_of(found.name) if found.sort == "disease" else "ordinary"
    signal = Signal(
        id=new_id(), method=found.method, sort=found.sort, disease=found.name, group=group, area_code=found.area,
        unit=found.unit, observed=found.observed, expected=found.expected, limit=found.limit,
        window_days=found.window_days, pvalue=found.pvalue, score=found.score, pack_digest=load().digest,
        explanation={
            **found.explanation,
            "areas": sorted({found.area, *found.areas}),
            "reported_by": sorted(found.reporters),
        },
        first_day=found.first_day, last_day=found.last_day, raised_at=now, due_at=now + timedelta(hours=found.hours),
    )  # fmt: skip
    scopes = area_scopes(found.area, *found.areas)
    show(Subject(SubjectKind.SIGNAL, signal.id, clock.today(), found.name, group), scopes, "signal")
    signal.save(force_insert=True)
    _add_cases(signal, found.cases)
    append(
        Change(
            "surveillance.signal_raised", "signal", signal.id,
            facts={
                "method": found.method, "cases": list(found.cases), "limit": found.limit, "observed": found.observed,
                "due_at": signal.due_at,
            },
            scopes=scopes,
        ),
        NODE,
    )  # fmt: skip
    title, title_en = _TITLES.get(found.method, _SERIES)
    open_item(
        WORK, "signal", signal.id, [DeskAt(f"area:{found.area}", role) for role in DESKS], NODE,
        title=f"{_name(found, 'zh', group)} · {title}", title_en=f"{_name(found, 'en', group)}: {title_en}",
        starts_at=now, due_at=signal.due_at, urgent=found.hours <= 2,
    )  # fmt: skip
    return signal


def reporters_of(cases: Sequence[Case]) -> set[str]:
    """The scopes that reported: each card's hospital and, where one is known, its doctor."""
    cards = Card.objects.filter(case__in=cases).exclude(state=CardState.DELETED)
    scopes = {f"org:{case.report_org_id}" for case in cases}
    for organisation, doctor in cards.values_list("organisation_id", "doctor_id"):
        scopes.add(f"org:{organisation}")
        if doctor:
            scopes.add(f"user:{doctor}")
    return scopes


def _join(signal: Signal, found: Found) -> Signal:
    """What is found again, or anew in the same place: the numbers as they are now, the cases that came to it."""
    fresh = _add_cases(signal, found.cases)
    told = signal.explanation
    areas = sorted({*told["areas"], *found.areas})
    reporters = sorted({*told["reported_by"], *found.reporters})
    before = (signal.observed, signal.limit, signal.last_day)
    signal.observed, signal.expected, signal.limit = found.observed, found.expected, found.limit
    signal.first_day, signal.last_day = min(signal.first_day, found.first_day), max(signal.last_day, found.last_day)
    signal.pvalue, signal.score = found.pvalue, found.score
    signal.explanation = {**told, **found.explanation, "areas": areas, "reported_by": reporters}
    signal.save()
    if not fresh and before == (signal.observed, signal.limit, signal.last_day):
        return signal
    scopes = area_scopes(*areas)
    day = signal.raised_at.astimezone(clock.CHINA).date()
    show(Subject(SubjectKind.SIGNAL, signal.id, day, signal.disease, signal.group), scopes, "signal")
    facts = {"cases": fresh, "observed": signal.observed, "limit": signal.limit}
    append(Change("surveillance.signal_joined", "signal", signal.id, facts=facts, scopes=scopes), NODE)
    return signal


def _add_cases(signal: Signal, cases: Sequence[UUID]) -> list[UUID]:
    """Put these cases behind the signal, those that are in it no more leave it. Returns those that are new."""
    now = clock.now()
    rows = {row.case_id: row for row in SignalCase.objects.filter(signal=signal)}
    SignalCase.objects.filter(signal=signal, left_at=None).exclude(case__in=cases).update(left_at=now)
    back = [case for case in cases if case in rows and rows[case].left_at is not None]
    SignalCase.objects.filter(signal=signal, case__in=back).update(left_at=None)
    fresh = [case for case in cases if case not in rows]
    SignalCase.objects.bulk_create([SignalCase(signal=signal, case_id=case, joined_at=now) for case in fresh])
    return [*fresh, *back]


def _name(found: Found, lang: str, group: str) -> str:
    if found.sort == "disease":
        return list_name(found.name, group, lang)
    return load().syndrome_name(found.name, lang)
