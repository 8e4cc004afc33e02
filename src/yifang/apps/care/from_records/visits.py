"""Visits of the records: kept one for each encounter, and held against the triages of the same day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from yifang.apps.care import desks
from yifang.apps.care.models import Matter, Visit
from yifang.apps.records.models import PersonIdentity, Record
from yifang.apps.records.moments import instant_of
from yifang.formats.canonical import Moment
from yifang.kernel import clock
from yifang.kernel.ids import new_id
from yifang.knowledge import load

# One array a column: every visit of the hospital passes here, and the model's own bulk_create takes four times as long.
_KEEP = """INSERT INTO care_visit (id, organisation_id, key, record_id, person_id, kind, department, clinic, at,
    ended_at, day, age, diarrhoea, syndromes)
SELECT id, organisation, key, record, person, kind, department, clinic, at, ended_at, day, age, diarrhoea,
    string_to_array(syndromes, ' ')
FROM unnest(%b::uuid[], %b::uuid[], %b::bytea[], %b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::text[],
    %b::timestamptz[], %b::timestamptz[], %b::date[], %b::integer[], %b::boolean[], %b::text[])
    n (id, organisation, key, record, person, kind, department, clinic, at, ended_at, day, age, diarrhoea, syndromes)
ON CONFLICT (key) DO UPDATE SET record_id = EXCLUDED.record_id, person_id = EXCLUDED.person_id, kind = EXCLUDED.kind,
    department = EXCLUDED.department, clinic = EXCLUDED.clinic, at = EXCLUDED.at, ended_at = EXCLUDED.ended_at,
    day = EXCLUDED.day, age = EXCLUDED.age, diarrhoea = EXCLUDED.diarrhoea, syndromes = EXCLUDED.syndromes"""


class _Row(NamedTuple):
    """A visit as `_KEEP` takes it."""

    id: UUID
    organisation: UUID
    key: bytes
    record: UUID
    person: UUID
    kind: str
    department: str
    clinic: str
    at: datetime
    ended_at: datetime | None
    day: date
    age: int
    diarrhoea: bool
    syndromes: str


def keep(records: Sequence[tuple[Record, Sequence[str]]], gone: Collection[UUID]) -> list[Visit]:
    """Keep the visits of these encounters, drop those whose record is gone. Returns those of the clinics."""
    if gone:
        newer = {bytes(row.key) for row, _ in records}
        for visit in Visit.objects.filter(record__in=list(gone)):
            if bytes(visit.key) not in newer:
                visit.delete()
    if not records:
        return []
    rows = _rows({bytes(row.key): (row, syndromes) for row, syndromes in records}.values())
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [list(column) for column in zip(*rows, strict=True)])
    _match([row for row in rows if row.kind in ("outpatient", "emergency")])
    if not (of_clinics := [row.key for row in rows if row.clinic]):
        return []
    visits = Visit.objects.filter(key__in=of_clinics)
    return list(visits.select_related("organisation", "person__identity", "record"))


def _rows(records: Collection[tuple[Record, Sequence[str]]]) -> list[_Row]:
    pack = load().matters.enteric
    signs = frozenset(pack.syndromes)
    clinics = {department: desks.clinic_of(department) for department in {row.department for row, _ in records}}
    found = []
    for row, syndromes in records:
        encounter = row.payload.get("encounter") or {}
        day = row.at.astimezone(clock.CHINA).date()
        birth = row.person.birth_date
        enteric = not signs.isdisjoint(syndromes) or any(code.startswith(pack.icd10) for code in _codes(row.payload))
        found.append(
            _Row(
                new_id(), row.organisation_id, bytes(row.key), row.id, row.person_id,
                str(encounter.get("kind") or "other")[:12], row.department, clinics[row.department], row.at,
                _moment(encounter.get("end")), day,
                int((day - birth).days / 365.25) if birth and birth <= day else -1, enteric, " ".join(syndromes),
            )
        )  # fmt: skip
    return found


def _codes(payload: dict[str, Any]) -> list[str]:
    return [
        str(code.get("code", ""))
        for diagnosis in payload.get("diagnoses", ())
        for code in diagnosis.get("codes", ())
        if code.get("system") == "icd10"
    ]


def _moment(raw: Any) -> datetime | None:
    return instant_of(Moment(**raw)) if raw else None


def _match(rows: Sequence[_Row]) -> None:
    """Hold visits against the triages that bear the same name about that time; one triage is of one visit."""
    if not rows:
        return
    pack = load().matters.reconciling
    before, after = timedelta(hours=pack.hours_before), timedelta(hours=pack.hours_after)
    first, last = min(row.at for row in rows) - after, max(row.at for row in rows) + before
    triages = Matter.objects.filter(
        kind="triage", organisation__in={row.organisation for row in rows}, opened_at__range=(first, last),
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
