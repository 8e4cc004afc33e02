"""What the audit of a hospital looks at: the evidence of its records, the cards of these persons, doctors' answers.

Jobs only: cards of other hospitals and of the national system are looked at, identities are compared by their hashes.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q

from yifang import identify
from yifang.apps.places.models import Organisation
from yifang.apps.records.models import ConflictState, IdentityConflict, Person, PersonIdentity
from yifang.apps.reporting.missed import readings, regimens
from yifang.apps.reporting.models import NO_REPORT, Card, CardState, NationalCard, Suspicion, SuspicionState
from yifang.apps.reporting.rulebook import in_force
from yifang.audit import Dismissed, Said, Told
from yifang.audit.saying import Saying
from yifang.kernel import clock

_SAID = """SELECT r.id, r.person_id, r.at, r.department, r.payload #>> '{encounter,kind}', k.said
FROM reporting_reading k JOIN records_record r ON r.id = k.record_id
WHERE k.organisation_id = %s AND k.at >= %s AND k.at < %s AND k.said IS NOT NULL
AND r.current AND r.state <> 'cancelled' ORDER BY r.at, r.id"""
_TESTED = """SELECT person_id, (at AT TIME ZONE 'Asia/Shanghai')::date, kind = 'lab_report',
jsonb_path_query_array(payload, '$.results[*].name') FROM records_record
WHERE person_id = ANY (%s) AND organisation_id = %s AND current AND state <> 'cancelled'
AND (kind = 'lab_report' OR jsonb_exists(payload, 'results'))"""
_LABORATORY = """SELECT EXISTS (SELECT 1 FROM reporting_reading k JOIN records_record r ON r.id = k.record_id
WHERE k.organisation_id = %s AND k.at >= %s AND k.at < %s
AND (r.kind = 'lab_report' OR jsonb_exists(r.payload, 'results')))"""


@dataclass(slots=True)
class Gathered:
    """The input of `yifang.audit.compare`; `tested` None where the laboratory sends nothing."""

    said: list[Said] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    dismissed: list[Dismissed] = field(default_factory=list)
    tested: dict[str, set[date]] | None = None


def gather(organisation: Organisation, since: datetime, until: datetime) -> Gathered:
    """Everything for the records of a hospital from `since` to before `until`."""
    found = Gathered(said=_said(organisation, since, until))
    found.said += _of_regimens(organisation, since, until, {(one.record, one.rule) for one in found.said})
    persons = {UUID(one.person) for one in found.said}
    found.told = told_of(persons, organisation)
    found.dismissed = _dismissed(persons, organisation)
    confirmed = {UUID(one.person) for one in found.told if one.case_class == "confirmed" and one.own}
    with connection.cursor() as cursor:
        cursor.execute(_LABORATORY, [organisation.id, since, until])
        if cursor.fetchone()[0]:
            found.tested = defaultdict(set)
            cursor.execute(_TESTED, [list(confirmed), organisation.id])
            facts = identify.compiled(in_force()).facts
            for person, day, is_report, names in cursor.fetchall():
                if is_report or facts.tests(json.loads(names)):
                    found.tested[str(person)].add(day)
            for untold in persons - confirmed:
                found.tested.setdefault(str(untold), set())
    return found


def told_of(persons: Collection[UUID], organisation: Organisation) -> list[Told]:
    """Every card of these persons, ours where the national system does not know it."""
    told = [_national(one, organisation) for one in _in_parts(NationalCard, persons) if one.disease]
    theirs = {one.card_id for one in _in_parts(NationalCard, persons) if one.card_id}
    drafts = set(NO_REPORT) - {CardState.DELETED}
    for card in _in_parts(Card, persons):
        if card.id not in theirs and card.state not in drafts and card.disease and card.merged_into_id is None:
            told.append(_own(card, organisation))
    return told


def twins(persons: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Persons who may be the same, until somebody has looked: whoever was reported as one is not missed as the other.

    Those of the same name of whom nothing known differs while telephone or birth day agree (a visit without an identity
    number is a person of its own), and those who came with one identity number and birth day under two names (a name
    that was garbled on its way).
    """
    mine = {one.person_id: one for one in _identities(Q(person_id__in=list(persons))) if one.name_key}
    keys = {bytes(one.name_key) for one in mine.values()}
    others = defaultdict(list)
    for one in _identities(Q(name_key__in=list(keys))):
        others[bytes(one.name_key)].append(one)
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for person, one in mine.items():
        found[person] += [other.person_id for other in others[bytes(one.name_key)] if _may_be_one(one, other)]
    for one, other in _under_two_names(persons):
        for person, alike in ((one, other), (other, one)):
            if person in persons:
                found[person].append(alike)
    return {person: alike for person, alike in found.items() if alike}


def _under_two_names(persons: Collection[UUID]) -> Iterable[tuple[UUID, UUID]]:
    wanted = list(persons)
    rows = IdentityConflict.objects.filter(Q(person__in=wanted) | Q(holder__in=wanted))
    rows = rows.filter(person__birth_date=F("holder__birth_date")).exclude(state=ConflictState.TWO_PEOPLE)
    return rows.values_list("person_id", "holder_id")


def as_of(told: Iterable[Told], persons: dict[UUID, list[UUID]]) -> list[Told]:
    """The cards of twins as if they were the persons' own."""
    of = defaultdict(list)
    for person, alike in persons.items():
        for other in alike:
            of[str(other)].append(str(person))
    return [replace(card, person=person) for card in told for person in of.get(card.person, ())]


def _said(organisation: Organisation, since: datetime, until: datetime) -> list[Said]:
    with connection.cursor() as cursor:
        cursor.execute(_SAID, [organisation.id, since, until])
        rows = cursor.fetchall()
    return [
        _one(record, person, at, department, kind, one)
        for record, person, at, department, kind, said in rows
        for one in readings.unpacked(json.loads(said))
    ]


def _of_regimens(
    organisation: Organisation, since: datetime, until: datetime, known: Collection[tuple[str, str]]
) -> list[Said]:
    return [
        _one(row.id, row.person_id, row.at, row.department, (row.payload.get("encounter") or {}).get("kind"), one)
        for row, one in regimens.said_together(organisation, since, until)
        if (str(row.id), one.rule) not in known
    ]


def _one(record: UUID, person: UUID, at: datetime, department: str, kind: str | None, one: Saying) -> Said:
    return Said(
        str(person), str(record), one.disease, at, one.source, one.level, one.rule, one.text, department,
        one.case_class, one.subtype, one.named, kind != "inpatient", one.withheld, one.reason,
    )  # fmt: skip


def _in_parts(model: Any, persons: Collection[UUID]) -> list[Any]:
    wanted = sorted(persons)
    found: list[Any] = []
    for start in range(0, len(wanted), 5000):
        found += model.objects.filter(person_id__in=wanted[start : start + 5000])
    return found


def _national(one: NationalCard, organisation: Organisation) -> Told:
    return Told(
        str(one.id), str(one.person_id), one.disease, one.organisation_id == organisation.id, one.stands,
        one.diagnosed_at, one.entered_at, one.case_class, one.subtype, one.report_in_time, one.audit_state,
    )  # fmt: skip


def _own(card: Card, organisation: Organisation) -> Told:
    return Told(
        str(card.id), str(card.person_id), card.disease, card.organisation_id == organisation.id,
        card.state != CardState.DELETED, card.diagnosed_at or card.created_at, card.entered_at, card.case_class,
        card.subtype, None, card.state,
    )  # fmt: skip


def _dismissed(persons: Collection[UUID], organisation: Organisation) -> list[Dismissed]:
    found = Suspicion.objects.filter(
        person_id__in=list(persons), organisation=organisation, state=SuspicionState.DISMISSED
    )
    return [
        Dismissed(str(one.person_id), one.disease, one.evidence_at.astimezone(clock.CHINA).date(), one.reason_code)
        for one in found.only("person_id", "disease", "evidence_at", "reason_code")
    ]


def _identities(condition: Q) -> Iterable[PersonIdentity]:
    return PersonIdentity.objects.filter(condition).select_related("person").defer("sealed")


def _may_be_one(one: PersonIdentity, other: PersonIdentity) -> bool:
    if one.person_id == other.person_id:
        return False
    mine, theirs = one.person, other.person
    if {mine.sex, theirs.sex} == {"male", "female"} and mine.birth_date != theirs.birth_date:
        return False
    same_birth = mine.birth_date is not None and mine.birth_date == theirs.birth_date
    same_phone = one.phone_key is not None and other.phone_key is not None and one.phone_key == other.phone_key
    if one.id_no_key and other.id_no_key and not (same_birth and same_phone):
        return False  # two numbers are two persons, unless one of them was mistyped
    return same_birth or (same_phone and _unknown(mine, theirs))


def _unknown(one: Person, other: Person) -> bool:
    return one.birth_date is None or other.birth_date is None
