"""Suspicions came in or changed: by which numbers of the hospital a window finds them. Runs in jobs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from yifang.apps.ledger.services import NODE
from yifang.apps.ledger.subscriptions import Heard, subscribe
from yifang.apps.records.models import PersonIdentity, Record
from yifang.apps.reporting.models import Suspicion
from yifang.apps.workstation.keys import patient_key, visit_key
from yifang.apps.workstation.models import VisitKey
from yifang.apps.workstation.services import front_end, prompted
from yifang.apps.workstation.visits import numbers_in

KINDS = ("reporting.suspicion_found", "reporting.suspicion_changed", "reporting.suspicion_reopened")


def register() -> None:
    """Called once, when the app is ready."""
    subscribe("workstation.visits", KINDS, on_suspicions)


def on_suspicions(heard: Sequence[Heard]) -> None:
    """Note the visits behind each suspicion and the patient's numbers in its hospital."""
    wanted = Suspicion.objects.filter(id__in={one.subject for one in heard})
    found = list(wanted.select_related("organisation"))
    records = _records(found)
    people = dict(
        PersonIdentity.objects.filter(person_id__in={one.person_id for one in found}).values_list("person_id", "sealed")
    )
    visits = {one.id: {visit_key(one.organisation_id, number) for number in _visits(one, records)} for one in found}
    patients = {
        one.id: {
            patient_key(one.organisation_id, n)
            for n in numbers_in(one.person_id, one.organisation_id, people[one.person_id])
        }
        for one in found
        if one.person_id in people
    }
    silent = front_end.settle([(one, visits[one.id]) for one in found], NODE)
    prompted.settle([(one, patients.get(one.id, ())) for one in found if one.id not in silent])
    rows = [
        VisitKey(organisation_id=one.organisation_id, key=key, suspicion=one)
        for one in found
        for key in visits[one.id] | patients.get(one.id, set())
    ]
    VisitKey.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)


def _records(found: Sequence[Suspicion]) -> dict[UUID, tuple[UUID, str]]:
    wanted = {one.record_id for one in found} | {UUID(each["record"]) for one in found for each in one.evidence}
    rows = Record.objects.filter(id__in=wanted).values_list("id", "organisation_id", "payload__encounter__id")
    return {id: (organisation, number or "") for id, organisation, number in rows}


def _visits(one: Suspicion, records: dict[UUID, tuple[UUID, str]]) -> Iterator[str]:
    for record in {one.record_id, *(UUID(each["record"]) for each in one.evidence)}:
        organisation, number = records.get(record, (None, ""))
        if number and organisation == one.organisation_id:
            yield number
