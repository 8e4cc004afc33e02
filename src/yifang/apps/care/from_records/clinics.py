"""Fever and enteric clinic: a visit of the records registers the patient, a report samples them and brings the result.

What a person wrote stands: a step that was taken is never taken again by a record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from yifang.apps.care import services
from yifang.apps.care.models import Matter, MatterState, Visit
from yifang.apps.care.services.matters import Start
from yifang.apps.records.models import Record, RecordState
from yifang.apps.records.moments import instant_of
from yifang.formats import canonical
from yifang.identify.values import Polarity, ValueReader
from yifang.kernel import clock
from yifang.knowledge import load

KINDS = {"fever": "fever_visit", "enteric": "enteric_visit"}
_RESULT = {"positive": "positive", "negative": "negative", "uncertain": "unclear"}
_EARLY = timedelta(hours=1)  # a sample may be taken before the visit is written
_OPEN_FOR = timedelta(days=3)
_SPECIMENS = {"咽": "throat", "鼻": "nasal", "痰": "sputum", "血": "blood"}


def arrive(visits: Sequence[Visit]) -> None:
    """Register who came to the fever clinic, and join what triage sent to either clinic; ended visits left."""
    for visit in visits:
        if not visit.clinic:
            continue
        matter = _matter(visit)
        if matter is None:
            continue
        if visit.matter_id != matter.id:
            visit.matter = matter
            visit.save(update_fields=["matter"])
        if visit.clinic == "fever":
            services.take_from_record(matter, "register", visit.record, visit.at, {})
            if visit.ended_at is not None and visit.ended_at <= clock.now():
                services.take_from_record(matter, "leave", visit.record, visit.ended_at, {})


def _matter(visit: Visit) -> Matter | None:
    """The clinic's matter of a visit: what triage sent, what was typed by name, else (fever only) a new one."""
    kind = KINDS[visit.clinic]
    if visit.matter_id is not None:
        return Matter.objects.select_for_update().get(id=visit.matter_id)
    found = None
    near = Matter.objects.select_for_update(of=("self",)).filter(
        kind=kind, organisation=visit.organisation, day__range=(visit.day - timedelta(days=1), visit.day)
    )
    if visit.triage_id is not None:
        found = near.filter(parent=visit.triage_id).first()
    found = found or near.filter(person=visit.person).order_by("-opened_at").first()
    if found is None and visit.person.identity.name_key is not None:
        named = near.filter(person=None, name_key=visit.person.identity.name_key)
        found = named.order_by("-opened_at").first()
    if found is not None:
        if found.person_id is None:
            found.person, found.masked_name = visit.person, visit.person.masked_name
            found.save(update_fields=["person", "masked_name"])
        return found
    if visit.clinic != "fever" or visit.day < clock.today() - _OPEN_FOR:
        return None
    start = Start(
        visit.organisation, visit.organisation.area_code, department=visit.department, person=visit.person,
        key=f"{kind}:{visit.organisation_id}:{visit.person_id}:{visit.day}", at=visit.at, waits=True,
    )  # fmt: skip
    return services.begin(kind, start)


def waiting_for(reports: Sequence[Record]) -> Mapping[UUID, Sequence[Matter]]:
    """The clinics' matters that wait for a sample or a result of these persons."""
    rows = Matter.objects.select_for_update(of=("self",)).filter(
        person__in={row.person_id for row in reports}, kind__in=KINDS.values(), state=MatterState.OPEN,
        waiting__overlap=["sample", "result"],
    )  # fmt: skip
    found: dict[UUID, list[Matter]] = defaultdict(list)
    for one in rows.order_by("opened_at"):
        found[one.person_id].append(one)
    return found


def report(row: Record, record: canonical.Record, matters: Sequence[Matter]) -> None:
    """Take the sample and the result of a report for the matters that wait for it."""
    if row.state == RecordState.CANCELLED:
        return
    for matter in matters:
        if matter.organisation_id != row.organisation_id:
            continue
        wanted = [one for one in record.results if _answers(matter.kind, one)]
        if wanted:
            _report(row, wanted, matter)


def _report(row: Record, results: Sequence[canonical.Result], matter: Matter) -> None:
    polarities = [polarity(one) for one in results]
    taken = min(filter(None, (instant_of(one.at) for one in results)), default=row.at)
    if taken < matter.opened_at - _OPEN_FOR or taken < _registered(matter) - _EARLY:
        return
    specimen = next((one.specimen for one in results if one.specimen), "")
    services.take_from_record(
        matter, "sample", row, taken, {"taken_at": [_typed(taken)], **_specimen(matter, specimen)}
    )
    said = _overall(polarities)
    if said is None or row.state == RecordState.PRELIMINARY:
        return
    issued = max(filter(None, (instant_of(one.issued) for one in results)), default=None) or min(
        row.received_at, clock.now()
    )
    name = "、".join(dict.fromkeys(one.name for one in results))[:120]
    given = {"reported_at": [_typed(max(issued, taken))], "result": [said]}
    services.take_from_record(
        matter, "result", row, max(issued, taken), given | ({"what": [name]} if matter.kind == "fever_visit" else {})
    )


def _registered(matter: Matter) -> datetime:
    first = matter.steps.filter(step="register").order_by("at").first()
    return first.at if first else matter.opened_at


def _answers(kind: str, result: canonical.Result) -> bool:
    """Whether a result is the one that the clinic's matter waits for."""
    text = f"{result.panel} {result.name}"
    pack = load().matters
    if kind == "enteric_visit":
        return any(word in text for word in pack.enteric.tests)
    respiratory = not result.specimen or any(word in result.specimen for word in pack.promptness.specimens)
    return respiratory and any(word in text for word in pack.promptness.tests)


def _overall(polarities: Sequence[Polarity]) -> str | None:
    """Positive where anything is, else unclear, else negative; None where nothing can be read."""
    for wanted in ("positive", "uncertain", "negative"):
        if wanted in polarities:
            return _RESULT[wanted] if wanted != "uncertain" else "unclear"
    return None


def _specimen(matter: Matter, text: str) -> dict[str, list[str]]:
    if matter.kind == "enteric_visit":
        return {"specimen": ["swab" if "拭" in text else "vomit" if "呕" in text else "stool"]}
    return {"specimen": [next((code for word, code in _SPECIMENS.items() if word in text), "other")]}


def _typed(at: datetime) -> str:
    return min(at, clock.now()).astimezone(clock.CHINA).strftime("%Y-%m-%dT%H:%M")


def polarity(result: canonical.Result) -> Polarity:
    """What a result says of what was looked for."""
    return _reader(load().digest).read(result).polarity


@lru_cache(maxsize=2)
def _reader(_digest: str) -> ValueReader:
    return ValueReader(load().triggers, {})
