"""The one visit that a window is about: its suspicions, its records, the numbers its patient is known by."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from yifang.apps.records.identity import unseal
from yifang.apps.records.models import PersonIdentity, Record
from yifang.apps.reporting.identifying import canonical_of
from yifang.apps.reporting.models import Suspicion, SuspicionState
from yifang.apps.workstation.keys import patient_key, visit_key
from yifang.apps.workstation.models import VisitKey
from yifang.apps.workstation.services.opening import Opened
from yifang.formats import canonical

_WAITING = (SuspicionState.OPEN, SuspicionState.CONSULTING)
LATEST = 60  # records of a person that are looked at


def suspicions_of(window: Opened) -> list[Suspicion]:
    """Those that its doctor may see, those that wait first, then by their time. Inside its viewer's transaction."""
    window.viewer.check("suspicion.list")
    keys = VisitKey.objects.filter(key__in=list(window.keys), organisation_id=window.viewer.organisation_id)
    found = Suspicion.objects.filter(id__in=keys.values("suspicion_id")).exclude(state=SuspicionState.WITHDRAWN)
    return sorted(found, key=lambda one: (one.state not in _WAITING, one.due_at, one.id))


def records_of(window: Opened) -> tuple[list[canonical.Record], list[canonical.Record]]:
    """The records of the visit, and the person's other latest ones, as far as the window's doctor may see them.

    A window that was opened by the patient's number is about the latest day that has a visit.
    """
    organisation, keys = window.viewer.organisation_id, set(window.keys)
    rows = Record.objects.filter(person_id=window.viewer.about, current=True).select_related("person")
    latest = list(rows.order_by("-at")[:LATEST])
    here = {row.id for row in latest if row.organisation_id == organisation and _key(row) in keys}
    if not here:
        last = next((row.at for row in latest if row.organisation_id == organisation and row.kind == "encounter"), None)
        here = {row.id for row in latest if last is not None and row.at.date() == last.date()}
    return (
        [canonical_of(row) for row in latest if row.id in here],
        [canonical_of(row) for row in latest if row.id not in here],
    )


def _key(row: Record) -> bytes | None:
    number = row.payload.get("encounter", {}).get("id")
    return visit_key(row.organisation_id, number) if number else None


def patient_keys(person: UUID | None, organisation: UUID) -> set[bytes]:
    """The keyed hashes of the numbers by which the hospital knows a person."""
    kept = PersonIdentity.objects.filter(person_id=person).values_list("sealed", flat=True).first()
    return {patient_key(organisation, one) for one in numbers_in(person, organisation, kept)} if kept else set()


def numbers_in(person: UUID | None, organisation: UUID, sealed: bytes) -> Iterator[str]:
    """The numbers of a person in the hospital, out of the sealed identity."""
    for number in unseal(person, bytes(sealed)).numbers:
        kind, _, rest = number.partition("|")
        if kind == "mrn" and rest.startswith(f"{organisation}|"):
            yield rest.split("|", 2)[2]
