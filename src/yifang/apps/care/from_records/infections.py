"""Pathogens of the wards: a growth in somebody who has lain in for more than two days is a candidate; three alike in
one ward within the window are a cluster to be worked up.

Rules: `matters.hospital_infection`; the limits of reporting are `thresholds.hospital_infection`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from yifang.apps.care import services
from yifang.apps.care.from_records import clinics
from yifang.apps.care.models import Matter, MatterState, Visit
from yifang.apps.care.services.matters import Start
from yifang.apps.records.models import Record, RecordState
from yifang.apps.records.moments import instant_of
from yifang.formats import canonical
from yifang.kernel import clock
from yifang.kernel.digest import sha256
from yifang.knowledge import load

KIND, CLUSTER = "infection", "infection_cluster"
_NEWS = timedelta(days=30)  # what is older is history: nobody is asked about it
_CULTURE = ("培养", "鉴定", "药敏", "耐药", "CULTURE")


def possible(reports: Sequence[Record]) -> set[UUID]:
    """The reports that hold a culture of somebody who was admitted: cheap, for most reports are neither."""
    cultures = [row for row in reports if row.state != RecordState.CANCELLED and _is_culture(row)]
    if not cultures:
        return set()
    lying = set(
        Visit.objects.filter(person__in={row.person_id for row in cultures}, kind="inpatient").values_list(
            "person", flat=True
        )
    )
    return {row.id for row in cultures if row.person_id in lying}


def consider(row: Record, record: canonical.Record) -> None:
    """Open a candidate for each pathogen that grew more than so many hours after admission, then look at its ward."""
    pack = load().matters.hospital_infection
    for result in record.results:
        pathogen = pathogen_of(result)
        taken = instant_of(result.at) or row.at
        if not pathogen or taken < clock.now() - _NEWS:
            continue
        stay = _stay(row, taken)
        if stay is None or taken - stay.at <= timedelta(hours=pack.after_hours):
            continue
        ward = stay.department or row.department
        # once for a stay and a pathogen, however often it grows
        key = f"{KIND}:{stay.id}:{sha256(pathogen.encode())[:12]}"
        start = Start(
            row.organisation, row.organisation.area_code, department=ward, person=row.person, key=key,
            about_kind="record", about=row.id, topic=pathogen, at=taken,
        )  # fmt: skip
        matter = services.begin(KIND, start)
        if matter is not None:
            _cluster(matter)


def pathogen_of(result: canonical.Result) -> str:
    """The pathogen that grew, "" for no growth and for what is no culture."""
    pack = load().matters.hospital_infection
    name, value = result.name.strip(), result.value.strip()
    if not any(word in f"{result.panel} {name}".upper() for word in _CULTURE):
        return ""
    if any(value.startswith(word) or word in value[:12] for word in pack.no_growth):
        return ""
    if clinics.polarity(result) != "positive" and not any(word in value for word in pack.growth):
        return ""
    text = value
    for word in sorted(pack.growth, key=len, reverse=True):
        text = text.replace(word, "")
    text = text.strip(" :：,，+（）()") or name
    return text[:60]


def _cluster(matter: Matter) -> None:
    pack = load().matters.hospital_infection
    since = matter.opened_at - timedelta(days=pack.window_days)
    alike = Matter.objects.filter(
        kind=KIND, organisation=matter.organisation, department=matter.department, topic=matter.topic,
        opened_at__gt=since, opened_at__lte=matter.opened_at + timedelta(days=pack.window_days),
    ).exclude(outcome__in=("community", "colonised"))  # fmt: skip
    persons = set(alike.values_list("person", flat=True))
    if len(persons) < pack.workup_cases:
        return
    topic = f"{CLUSTER}:{matter.organisation_id}:{sha256(f'{matter.department}|{matter.topic}'.encode())[:12]}"
    going_on = Matter.objects.filter(key__startswith=topic, state=MatterState.OPEN)
    if going_on.exists():
        return
    start = Start(
        matter.organisation, matter.area_code, department=matter.department,
        key=f"{topic}:{matter.day}", topic=matter.topic,
    )  # fmt: skip
    services.begin(CLUSTER, start)


def _stay(row: Record, taken: datetime) -> Visit | None:
    stays = Visit.objects.filter(
        person=row.person, organisation=row.organisation, kind="inpatient", at__lte=taken
    ).order_by("-at")
    return next((one for one in stays if one.ended_at is None or one.ended_at >= taken), None)


def _is_culture(row: Record) -> bool:
    return any(
        any(word in f"{one.get('panel', '')} {one.get('name', '')}".upper() for word in _CULTURE)
        for one in row.payload.get("results", ())
    )
