"""From stored records to what identification says of them, in one batch, with what is known of each person.

It decides nothing: which suspicion that makes or changes is `subscribers.suspicions`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from yifang import identify
from yifang.apps.records.models import Record, RecordState
from yifang.apps.reporting.models import NO_REPORT, Card
from yifang.apps.reporting.rulebook import in_force
from yifang.audit.saying import Saying, sayings
from yifang.formats import canonical
from yifang.formats.storage import from_json
from yifang.identify import Evidence, PersonContext, Reported, Suspicion
from yifang.kernel import clock

Kept = dict[str, Any]  # evidence as it stands in `Suspicion.evidence`

_FIELDS = tuple(one.name for one in fields(Evidence))
_DOSES_WITHIN = timedelta(days=60)  # covers the longest window of the triggers pack in which a dose explains an IgM


@dataclass(frozen=True, slots=True)
class Found:
    """What one record says: suspicions with the evidence that is its own, and diseases that were reported already.

    `spoken` are all diseases it has positive evidence of, those that prompt nobody (a screening) as well; `syndromes`
    those of the syndromes pack that hold. `sayings` is what an audit needs of it.
    """

    suspicions: tuple[tuple[Suspicion, list[Kept]], ...] = ()
    standing: Mapping[str, list[Kept]] = field(default_factory=dict)
    spoken: frozenset[str] = frozenset()
    syndromes: tuple[str, ...] = ()
    sayings: tuple[Saying, ...] = ()
    criteria: tuple[Evidence, ...] = ()  # of pneumonia of unknown cause


@dataclass(slots=True)
class Background:
    """What is known of the persons of a batch from elsewhere, read once."""

    reported: dict[UUID, list[Reported]]
    vaccinations: dict[UUID, list[tuple[str, date]]]

    @classmethod
    def of(cls, persons: Collection[UUID], rows: Sequence[Record]) -> Background:
        """Cards reported (not drafts, not deleted ones) and doses given shortly before the earliest of `rows`."""
        reported: dict[UUID, list[Reported]] = defaultdict(list)
        cards = Card.objects.filter(person_id__any=persons).exclude(state__in=NO_REPORT)
        for card in cards.only("person_id", "disease", "diagnosed_at", "created_at"):
            day = (card.diagnosed_at or card.created_at).astimezone(clock.CHINA).date()
            reported[card.person_id].append(Reported(card.disease, day))
        return cls(reported, _vaccinations(persons, rows))


def identified(
    rows: Sequence[Record],
    background: Background,
    earlier: Mapping[UUID, Sequence[Kept]],
    *,
    as_final: bool = False,
) -> list[Found]:
    """What each row says by the rules in force, in order; one row of a person at most.

    `earlier` is evidence of their other records.

    `as_final`: what a withdrawn record would say if it stood.
    """
    contexts, before = {}, {}
    for row in rows:
        before[row.id] = [evidence_from_json(one) for one in earlier.get(row.person_id, ())]
        contexts[str(row.id)] = PersonContext(
            tuple(background.reported.get(row.person_id, ())),
            tuple(background.vaccinations.get(row.person_id, ())),
            tuple(before[row.id]),
        )
    # Records are told apart by row here: their own keys repeat between organisations.
    records = [replace(canonical_of(row), key=str(row.id)) for row in rows]
    if as_final:
        records = [replace(record, status="final") for record in records]
    outcomes = identify.compiled(in_force()).identify(records, context=contexts)
    return [
        _found(row, record, outcome, before[row.id])
        for row, record, outcome in zip(rows, records, outcomes, strict=True)
    ]


def canonical_of(row: Record) -> canonical.Record:
    """The canonical record with those facts of its person that carry no identity."""
    birth = row.person.birth_date
    moment = canonical.Moment(birth.isoformat(), "day") if birth else None
    return replace(from_json(row.payload), person=canonical.Person(sex=row.person.sex, birth=moment))


def evidence_from_json(kept: Kept) -> Evidence:
    """The evidence again, ready to say itself in words."""
    given = {name: kept[name] for name in _FIELDS if name in kept}
    given["params"] = tuple(tuple(pair) for pair in given.get("params", ()))
    return Evidence(**given)


def _found(row: Record, record: canonical.Record, outcome: identify.Identified, before: Sequence[Evidence]) -> Found:
    known = {id(one) for one in before}
    suspicions = tuple(
        (one, [_kept(evidence, row.id) for evidence in one.evidence if id(evidence) not in known])
        for one in outcome.suspicions
    )
    standing: dict[str, list[Kept]] = defaultdict(list)
    for one in outcome.withheld:
        if one.rule == "already_reported":
            standing[one.disease].append(_kept(one.evidence, row.id))
    spoken = {one.disease for one in (*outcome.suspicions, *outcome.withheld)}
    spoken |= {one.evidence.disease for one in outcome.withheld}
    syndromes = tuple(dict.fromkeys(one.concept for one in outcome.findings if one.kind == "syndrome"))
    said = tuple(sayings(record, outcome, known)) if spoken else ()
    return Found(suspicions, standing, frozenset(spoken), syndromes, said, outcome.criteria)


def stay_criteria(rows: Sequence[Record], before: timedelta) -> dict[UUID, tuple[Suspicion, list[Kept]]]:
    """Pneumonia of unknown cause that the records of each row's stay show together, where one alone does not.

    By row; read are the current records of the person in the same hospital within `before` of it.
    """
    if not rows:
        return {}
    identifier = identify.compiled(in_force())
    near = Record.objects.filter(
        person_id__in={row.person_id for row in rows}, current=True, at__gte=min(row.at for row in rows) - before
    ).exclude(state=RecordState.CANCELLED)
    near = list(near.select_related("person").order_by("at", "id"))
    said = identifier.identify([canonical_of(one) for one in near], context=PersonContext())
    found = {}
    for row in rows:
        stay = [
            (one, outcome)
            for one, outcome in zip(near, said, strict=True)
            if one.person_id == row.person_id and one.organisation_id == row.organisation_id
            and row.at - before <= one.at <= row.at + before
        ]  # fmt: skip
        first = {item.rule: (item, one.id) for one, outcome in reversed(stay) for item in outcome.criteria}
        others = [one for _, outcome in stay for one in outcome.suspicions]
        unknown = identifier.unexplained([item for item, _ in first.values()], others)
        if unknown is not None:
            own = {id(item): record for item, record in first.values()}
            found[row.id] = unknown, [_kept(item, own.get(id(item), row.id)) for item in unknown.evidence]
    return found


def _kept(evidence: Evidence, record: UUID) -> Kept:
    """The evidence without its empty parts, and the record it comes from."""
    given = {name: value for name, value in asdict(evidence).items() if value not in (None, (), "", False)}
    if "params" in given:
        given["params"] = [list(pair) for pair in given["params"]]
    return {**given, "record": str(record)}


def _vaccinations(persons: Collection[UUID], rows: Sequence[Record]) -> dict[UUID, list[tuple[str, date]]]:
    if not rows:
        return {}
    since = min(row.at for row in rows) - _DOSES_WITHIN
    found: dict[UUID, list[tuple[str, date]]] = defaultdict(list)
    facts = identify.compiled(in_force()).facts
    kept = Record.objects.filter(person_id__any=persons, kind="immunization", current=True, at__gte=since)
    for row in kept.exclude(state=RecordState.CANCELLED).only("person_id", "payload"):
        found[row.person_id] += facts.given(from_json(row.payload))
    return found
