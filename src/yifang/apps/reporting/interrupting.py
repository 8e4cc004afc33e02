"""The moment at which a doctor may be interrupted: a diagnosis was saved, or the visit was closed.

At most once in an episode, whatever the number of diseases; a result that comes alone interrupts nobody. What was not
asked at a moment waits in the list and at the desk, whose clocks run all the same. Who shows it is told by
`services.interruptions`; the policy is the triggers pack's (`interruption`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import connection

from yifang.apps.ledger.services import Actor, Change, append
from yifang.apps.records.models import Record
from yifang.apps.reporting import visible
from yifang.apps.reporting.models import Interruption, InterruptionMoment, InterruptionState, Suspicion, SuspicionState
from yifang.apps.reporting.rulebook import in_force
from yifang.identify.model import LEVELS
from yifang.kernel import clock
from yifang.kernel.ids import new_id
from yifang.knowledge.models.triggers import InterruptionPolicy

WAITING = (SuspicionState.OPEN, SuspicionState.CONSULTING)


@dataclass(frozen=True, slots=True)
class Visit:
    """A moment of one visit; `number` is the hospital's, empty where the source gave none."""

    person: UUID
    organisation: UUID
    moment: InterruptionMoment
    day: date
    number: str = ""
    record: UUID | None = None


def visit_of(row: Record) -> Visit | None:
    """The moment that a record reports: a visit that is closed, or has a diagnosis; None for anything else."""
    if row.kind != "encounter":
        return None
    encounter = row.payload.get("encounter") or {}
    if encounter.get("end"):
        moment = InterruptionMoment.CLOSED
    elif any(one.get("status") != "cancelled" for one in row.payload.get("diagnoses") or ()):
        moment = InterruptionMoment.DIAGNOSIS
    else:
        return None
    day = row.at.astimezone(clock.CHINA).date()
    return Visit(row.person_id, row.organisation_id, moment, day, encounter.get("id") or "", row.id)


def at_moments(visits: Iterable[Visit], by: Actor) -> list[Interruption]:
    """The interruptions that these moments make or add to. What was interrupted already is not interrupted again."""
    policy = in_force().triggers.interruption
    by_person: dict[UUID, list[Visit]] = defaultdict(list)
    for visit in visits:
        if visit.moment in policy.moments:
            by_person[visit.person].append(visit)
    if not by_person:
        return []
    waiting: dict[UUID, list[Suspicion]] = defaultdict(list)
    for one in Suspicion.objects.filter(person_id__any=by_person, state__in=WAITING, interruption=None):
        if worth_it(one, policy):
            waiting[one.person_id].append(one)
    if not waiting:
        return []
    before: dict[UUID, list[Interruption]] = defaultdict(list)
    for made in Interruption.objects.filter(person_id__any=waiting):
        before[made.person_id].append(made)
    numbers = _visit_numbers([one for ones in waiting.values() for one in ones])
    window = timedelta(days=policy.once_in_days)
    found: dict[UUID, Interruption] = {}
    asked: list[Suspicion] = []
    for person, questions in waiting.items():
        for visit in by_person[person]:
            about = [one for one in questions if one.interruption_id is None and _of_visit(one, visit, numbers, window)]
            if about and (made := _ask(visit, about, before[person], window)):
                found[made.id] = made
                asked += about
    _write(list(found.values()), asked)
    if found:
        append(changes(list(found.values()), "due"), by)
    return list(found.values())


def worth_it(one: Suspicion, policy: InterruptionPolicy) -> bool:
    """Whether a question is certain enough to interrupt for."""
    if one.confidence in policy.confidences:
        return True
    kinds = {item["kind"] for item in one.evidence if LEVELS[item["level"]] >= LEVELS["moderate"]}
    return bool(kinds.intersection(policy.kinds))


def changes(found: Sequence[Interruption], what: str) -> list[Change]:
    """The ledger's entries of one step of these interruptions."""
    asked: dict[UUID | None, list[str]] = defaultdict(list)
    for suspicion, interruption in Suspicion.objects.filter(interruption__in=found).values_list("id", "interruption"):
        asked[interruption].append(str(suspicion))
    return [
        Change(
            f"reporting.interruption_{what}", "suspicion", one.lead_id,
            facts={"interruption": one.id, "moment": one.moment, "suspicions": sorted(asked[one.id])},
            scopes=list(visible.of_suspicion(one.lead)),
        )
        for one in found
    ]  # fmt: skip


def follow(suspicions: Sequence[Suspicion], by: Actor) -> None:
    """Nobody is interrupted any more about what was answered or withdrawn meanwhile."""
    made = {one.interruption_id for one in suspicions if one.interruption_id and one.state not in WAITING}
    over = Interruption.objects.filter(id__in=made, state=InterruptionState.DUE).exclude(suspicions__state__in=WAITING)
    passed = list(over.select_related("lead"))
    if passed:
        Interruption.objects.filter(id__in=[one.id for one in passed]).update(state=InterruptionState.PASSED)
        append(changes(passed, "passed"), by)


def _ask(visit: Visit, asked: list[Suspicion], before: list[Interruption], window: timedelta) -> Interruption | None:
    """A new interruption, or one of the episode that nobody has seen yet, with these questions added.

    `before`: those of the person, a new one joins them. Nothing is written.
    """
    known = next(
        (
            made
            for made in before
            if made.organisation_id == visit.organisation and abs(visit.day - made.began) <= window
        ),
        None,
    )
    lead = max(asked, key=lambda one: (one.urgent, LEVELS[one.confidence], -one.due_at.timestamp(), one.id.int))
    if known is not None and known.state == InterruptionState.SHOWN:
        return None
    if known is None:
        known = Interruption(
            id=new_id(), organisation_id=visit.organisation, person_id=visit.person, record_id=visit.record,
            lead=lead, moment=visit.moment, began=visit.day, due_at=clock.now(),
        )  # fmt: skip
        before.append(known)
    elif known.state == InterruptionState.PASSED:
        known.state, known.lead = InterruptionState.DUE, lead
    for one in asked:
        one.interruption = known
    return known


def _write(made: Sequence[Interruption], asked: Sequence[Suspicion]) -> None:
    """Store the interruptions and by which of them each question was asked."""
    came_back = [one for one in made if not one._state.adding]
    Interruption.objects.bulk_create([one for one in made if one._state.adding])
    Interruption.objects.bulk_update(came_back, ["state", "lead"])
    if asked:
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE reporting_suspicion s SET interruption_id = n.interruption
                FROM unnest(%b::uuid[], %b::uuid[]) n (id, interruption) WHERE s.id = n.id""",
                [[one.id for one in asked], [one.interruption_id for one in asked]],
            )


def _of_visit(one: Suspicion, visit: Visit, numbers: dict[UUID, str], window: timedelta) -> bool:
    """Whether the question is about this visit: its evidence is of it, or of no other visit and of its days."""
    if one.organisation_id != visit.organisation:
        return False
    records = {UUID(item["record"]) for item in one.evidence}
    if visit.record in records:
        return True
    of = {numbers.get(record, "") for record in records}
    if visit.number and visit.number in of:
        return True
    near = abs(one.evidence_at.astimezone(clock.CHINA).date() - visit.day) <= window
    return near and (of == {""} or not visit.number)


def _visit_numbers(suspicions: Sequence[Suspicion]) -> dict[UUID, str]:
    wanted = {UUID(item["record"]) for one in suspicions for item in one.evidence}
    rows = Record.objects.filter(id__in=wanted).values_list("id", "payload__encounter__id")
    return {id: number or "" for id, number in rows}
