"""Visits of the records: kept one for each encounter, and held against the triages of the same day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from yifang.apps.care import desks
from yifang.apps.care.models import Matter, Visit
from yifang.apps.records.models import PersonIdentity, Record
from yifang.apps.records.moments import instant_of
from yifang.formats.canonical import Moment
from yifang.kernel import clock
from yifang.kernel.ids import new_id
from yifang.knowledge import load

_FOLLOWED = (
    "record",
    "person",
    "kind",
    "department",
    "clinic",
    "at",
    "ended_at",
    "day",
    "age",
    "syndromes",
    "diarrhoea",
)


def keep(records: Sequence[tuple[Record, Sequence[str]]], gone: Collection[UUID]) -> list[Visit]:
    """Keep the visits of these encounters, drop those whose record is gone. Returns those of the clinics."""
    if gone:
        newer = {bytes(row.key) for row, _ in records}
        for visit in Visit.objects.filter(record__in=list(gone)):
            if bytes(visit.key) not in newer:
                visit.delete()
    if not records:
        return []
    rows = [_visit(row, syndromes) for row, syndromes in {bytes(row.key): (row, s) for row, s in records}.values()]
    Visit.objects.bulk_create(rows, update_conflicts=True, unique_fields=["key"], update_fields=_FOLLOWED)
    _match([row for row in rows if row.kind in ("outpatient", "emergency")])
    of_clinics = Visit.objects.filter(key__in=[row.key for row in rows if row.clinic])
    return list(of_clinics.select_related("organisation", "person__identity", "record"))


def _visit(row: Record, syndromes: Sequence[str]) -> Visit:
    encounter = row.payload.get("encounter", {})
    day = row.at.astimezone(clock.CHINA).date()
    birth = row.person.birth_date
    pack = load().matters.enteric
    codes = tuple(_codes(row.payload))
    return Visit(
        id=new_id(), organisation_id=row.organisation_id, key=bytes(row.key), record=row, person_id=row.person_id,
        kind=str(encounter.get("kind") or "other")[:12], department=row.department,
        clinic=desks.clinic_of(row.department), at=row.at, ended_at=_moment(encounter.get("end")), day=day,
        age=int((day - birth).days / 365.25) if birth and birth <= day else -1, syndromes=list(syndromes),
        diarrhoea=bool(set(syndromes) & set(pack.syndromes)) or any(code.startswith(pack.icd10) for code in codes),
    )  # fmt: skip


def _codes(payload: dict[str, Any]) -> list[str]:
    return [
        str(code.get("code", ""))
        for diagnosis in payload.get("diagnoses", ())
        for code in diagnosis.get("codes", ())
        if code.get("system") == "icd10"
    ]


def _moment(raw: Any) -> datetime | None:
    return instant_of(Moment(**raw)) if raw else None


def _match(rows: Sequence[Visit]) -> None:
    """Hold visits against the triages that bear the same name about that time; one triage is of one visit."""
    if not rows:
        return
    pack = load().matters.reconciling
    before, after = timedelta(hours=pack.hours_before), timedelta(hours=pack.hours_after)
    first, last = min(row.at for row in rows) - after, max(row.at for row in rows) + before
    triages = Matter.objects.filter(
        kind="triage", organisation__in={row.organisation_id for row in rows}, opened_at__range=(first, last),
        name_key__isnull=False,
    )  # fmt: skip
    waiting: dict[tuple[UUID, bytes], list[Matter]] = defaultdict(list)
    for one in triages.exclude(id__in=Visit.objects.filter(triage__isnull=False).values("triage")):
        waiting[one.organisation_id, bytes(one.name_key)].append(one)
    if not waiting:
        return
    visits = list(Visit.objects.filter(key__in=[row.key for row in rows], triage=None))
    keys = dict(
        PersonIdentity.objects.filter(person__in={visit.person_id for visit in visits}).values_list(
            "person", "name_key"
        )
    )
    for visit in sorted(visits, key=lambda one: one.at):
        named = keys.get(visit.person_id)
        candidates = waiting.get((visit.organisation_id, bytes(named)), []) if named else []
        fitting = [one for one in candidates if one.opened_at - before <= visit.at <= one.opened_at + after]
        if not fitting:
            continue
        nearest = min(fitting, key=lambda one: abs(one.opened_at - visit.at))
        candidates.remove(nearest)
        visit.triage = nearest
        visit.save(update_fields=["triage"])
        if nearest.person_id is None:
            Matter.objects.filter(id=nearest.id).update(person=visit.person_id)
