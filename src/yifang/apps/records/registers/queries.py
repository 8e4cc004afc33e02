"""A register's rows of a day: for the desk a page at a time, for an export and for other apps all of them.

Every one starts from the visibility rows of the hospital by scope, kind and day. A day of a hospital is a few thousand
records, which are read through; nothing is counted that is not shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from yifang.apps.accounts.models import SubjectKind, Visibility
from yifang.apps.accounts.viewers import Viewer, enter, list_scope
from yifang.apps.ledger.services import looked
from yifang.apps.records.identity import Identity, unseal
from yifang.apps.records.models import Person, PersonIdentity, Record
from yifang.apps.records.registers.reading import KINDS, Row, incomplete, register_of, rows_of
from yifang.formats.storage import from_json
from yifang.kernel import clock
from yifang.kernel.errors import NotFound, UserError
from yifang.knowledge import load

_CHUNK = 500
_STAY_DAYS = 60  # an admission so long ago is looked through for its discharge
MOST_EXPORTED_DAYS = 31
Place = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Line:
    """A row with its record and its person; `values` holds identity, masked or open."""

    record: Record
    person: Person
    row: Row

    @property
    def values(self) -> dict[str, str]:
        return dict(self.row.values)


def page(
    register: str, day: date, viewer: Viewer, *, department: str = "", gaps: bool = False, after: Place | None = None,
    limit: int = 50,
) -> list[Line]:  # fmt: skip
    """Up to `limit` + 1 rows of a day, the latest first, from `after` on; `gaps`: only those that lack something.

    With a purpose names are open, else masked. Raises NotFound `records.no_register`; leaves an access entry.
    """
    viewer.check("register.view")
    found: list[Line] = []
    with transaction.atomic():
        # a record's own rows stay together, so that a page may end with more than its limit
        for line in _lines(register, day, day, list_scope(viewer), department, after, opened=bool(viewer.purpose)):
            if gaps and not line.row.missing:
                continue
            if len(found) > limit and found[-1].record.id != line.record.id:
                break
            found.append(line)
        looked("register.viewed", "register", None, viewer, register=register, day=day.isoformat(), rows=len(found))
    return found


def export(register: str, first: date, last: date, viewer: Viewer, *, department: str = "") -> list[Line]:
    """All rows of some days with identity open. Raises UserError `records.purpose_needed`, `records.too_many_days`."""
    viewer.check("register.view")
    if not viewer.purpose:
        raise UserError("records.purpose_needed")
    if not timedelta(0) <= last - first < timedelta(days=MOST_EXPORTED_DAYS):
        raise UserError("records.too_many_days", most=MOST_EXPORTED_DAYS)
    with enter(viewer):
        found = list(_lines(register, first, last, list_scope(viewer), department, None, opened=True))
        facts = {"register": register, "first": first.isoformat(), "last": last.isoformat(), "rows": len(found)}
        looked("register.exported", "register", None, viewer, **facts)
    return found


def entries(register: str, scope: str, first: date, last: date) -> Iterator[Line]:
    """The rows of an organisation's register from one day to another, masked. Runs as jobs, for other apps."""
    yield from _lines(register, first, last, scope, "", None, opened=False)


def departments(day: date, viewer: Viewer) -> list[str]:
    """The departments that wrote anything on a day."""
    rows = Record.objects.filter(id__in=_listed(list_scope(viewer), day, day), current=True).exclude(department="")
    return sorted(rows.values_list("department", flat=True).distinct()[:200])


def _listed(scope: str, first: date, last: date) -> QuerySet[Visibility]:
    rows = Visibility.objects.filter(scope=scope, kind=SubjectKind.RECORD)
    of_days = rows.filter(day=first) if first == last else rows.filter(day__range=(first, last))
    return of_days.values("subject")


def _lines(
    register: str, first: date, last: date, scope: str, department: str, after: Place | None, *, opened: bool
) -> Iterator[Line]:
    kept = register_of(register)
    if kept is None:
        raise NotFound("records.no_register", id=register)
    # a discharge is of its own day, its record of the day of admission
    earliest = first - timedelta(days=_STAY_DAYS) if register == "discharges" else first
    rows = Record.objects.filter(id__in=_listed(scope, earliest, last), current=True, kind__in=KINDS[register])
    if department:
        rows = rows.filter(department=department)
    place = after
    while chunk := _walk(rows, place):
        place = (chunk[-1].at, chunk[-1].id)
        told = [(record, row) for record in chunk for row in rows_of(register, from_json(record.payload))]
        if register == "discharges":
            told = [(record, row) for record, row in told if row.at and first <= _day(row.at) <= last]
        yield from _completed(register, told, opened)
        if len(chunk) < _CHUNK:
            return


def _walk(rows: QuerySet[Record], after: Place | None) -> list[Record]:
    if after is not None:
        at, key = after
        rows = rows.filter(Q(at__lt=at) | Q(at=at, id__lt=key))
    return list(rows.select_related("person").order_by("-at", "-id")[:_CHUNK])


def _completed(register: str, told: Sequence[tuple[Record, Row]], opened: bool) -> Iterator[Line]:
    """The rows with their persons, and what is missing in each."""
    kept = register_of(register)
    assert kept is not None
    people = [record.person_id for record, _row in told]
    identities = _identities(people) if opened else {}
    unsaid = [record for record, row in told if register == "outpatient" and not row.values.get("visit_order")]
    returning = _returning(unsaid)
    lines: list[Line] = []
    for record, row in told:
        years = _years(record)
        values = dict(row.values) | _person(record, identities.get(record.person_id), years)
        if register == "outpatient" and not values.get("visit_order"):
            values["visit_order"] = "复诊" if record.id in returning else "初诊"
        if register == "discharges" and not values.get("outcome") and record.payload.get("person", {}).get("deceased"):
            values["outcome"] = "死亡"
        lines.append(Line(record, record.person, replace(row, values=values, missing=incomplete(kept, values, years))))
    yield from _once(lines) if register in ("outpatient", "admissions", "discharges") else lines


def _once(lines: Sequence[Line]) -> list[Line]:
    """A visit stands once, whether its log, its medical record or a row for each diagnosis told of it."""
    found: dict[tuple[UUID, str], Line] = {}
    for line in lines:
        number = line.row.values.get("visit_no", "")
        key = (line.person.id, number or str(line.record.id))
        known = found.get(key)
        if known is None:
            found[key] = line
            continue
        better, other = sorted((known, line), key=lambda one: len(one.row.missing))
        values = dict(other.row.values) | {name: text for name, text in better.row.values.items() if text}
        said = [one.row.values.get("diagnosis", "").split("；") for one in (known, line)]
        values["diagnosis"] = "；".join(dict.fromkeys(text for one in said for text in one if text))
        missing = tuple(name for name in better.row.missing if not values.get(name))
        found[key] = replace(better, row=replace(better.row, values=values, missing=missing))
    return list(found.values())


def _person(record: Record, identity: Identity | None, years: int | None) -> dict[str, str]:
    person = record.person
    age = record.payload.get("person", {}).get("age_text", "") or (f"{years}岁" if years is not None else "")
    if identity is None:
        return {
            "name": person.masked_name, "sex": _SEXES.get(person.sex, ""), "age": age, "phone": person.masked_phone,
            "address": person.area_code or _CLOSED, "guardian": _CLOSED if years is not None and years < 14 else "",
        }  # fmt: skip
    return {
        "name": identity.name, "sex": _SEXES.get(person.sex, ""), "age": age, "phone": identity.phone,
        "address": identity.address, "guardian": identity.guardian,
    }  # fmt: skip


_CLOSED = "…"  # masked: nobody says whether it is there
_SEXES = {"male": "男", "female": "女"}


def _identities(people: Iterable[UUID]) -> dict[UUID, Identity]:
    found = PersonIdentity.objects.filter(person__in=set(people))
    return {row.person_id: unseal(row.person_id, row.sealed) for row in found}


def _returning(records: Sequence[Record]) -> set[UUID]:
    """Of some visits those whose person came with the same diagnosis to the same hospital within the pack's days."""
    if not records:
        return set()
    since = min(record.at for record in records) - timedelta(days=load().registers.return_visit_days)
    people = {record.person_id for record in records}
    rows = Record.objects.filter(person__in=people, current=True, kind="encounter", at__gte=since)
    before: dict[tuple[UUID, UUID, str], list[datetime]] = {}
    for one in rows.only("id", "person_id", "organisation_id", "at", "payload"):
        for text in _diagnosed(one):
            before.setdefault((one.person_id, one.organisation_id, text), []).append(one.at)
    return {
        record.id
        for record in records
        if any(
            _day(at) < _day(record.at)
            for text in _diagnosed(record)
            for at in before.get((record.person_id, record.organisation_id, text), ())
        )
    }


def _diagnosed(record: Record) -> set[str]:
    return {one.get("text", "") for one in record.payload.get("diagnoses", ()) if one.get("text")}


def _years(record: Record) -> int | None:
    birth = record.person.birth_date
    if birth is None:
        return None
    day = _day(record.at)
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def _day(at: datetime) -> date:
    return at.astimezone(clock.CHINA).date()
