"""The work items of suspicions and cards: which should be open in the present state, and bringing them in step.

`follow_card` is called by the service that moved a card, with what its viewer may see, and again by a subscriber in
jobs, which sees the rest (another desk's item, the desk rows of colleagues). Both runs give the same result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from yifang.apps.accounts.queries import at_desk
from yifang.apps.accounts.viewers import department_scope
from yifang.apps.accounts.visibility import SHARED_IN_A_DEPARTMENT, list_name
from yifang.apps.ledger.services import Actor
from yifang.apps.reporting import clocks
from yifang.apps.reporting.models import Card, CardState, Suspicion, SuspicionState
from yifang.apps.reporting.visible import county_scope
from yifang.apps.work import services as work
from yifang.apps.work.models import Desk, WorkItem, WorkState
from yifang.apps.work.services import DeskAt
from yifang.knowledge import load

CARD_KINDS = ("card_review", "card_entry", "card_correct", "card_audit", "card_revision_audit", "card_register")
_ENTERABLE = (CardState.SUBMITTED, CardState.RETURNED_BY_DISTRICT, CardState.AUDITED)
_STANDING = (CardState.SUBMITTED, CardState.AUDITED)
_RETURNED = (CardState.RETURNED_BY_HOSPITAL, CardState.RETURNED_BY_DISTRICT)


# In the words of the work pack: what the step that left a state did.
_OUTCOMES = {
    CardState.HOSPITAL_REVIEW: "resubmitted",
    CardState.RETURNED_BY_HOSPITAL: "returned",
    CardState.SUBMITTED: "submitted",
    CardState.RETURNED_BY_DISTRICT: "returned",
    CardState.AUDITED: "audited",
    CardState.DELETED: "deleted",
}
_ASKING = (SuspicionState.OPEN, SuspicionState.CONSULTING)
_ANSWERS = {
    SuspicionState.REPORTED: "reported",
    SuspicionState.DISMISSED: "excluded",
    SuspicionState.WITHDRAWN: "routed",
    SuspicionState.TRACKED: "already_reported",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """An item that should be open."""

    kind: str
    desks: Sequence[DeskAt]
    starts_at: datetime | None
    due_at: datetime | None


def wanted_of(card: Card) -> list[Wanted]:
    """The items that a card in its present state keeps open. One merged into another keeps none."""
    if card.merged_into_id is not None:
        return []
    desk = DeskAt(f"org:{card.organisation_id}", "hospital_desk")
    found = []
    if card.state == CardState.HOSPITAL_REVIEW:
        entered = card.entered_at is not None  # its report clock was stopped; the review has the pack's own
        starts, due_at = (None, None) if entered else (card.diagnosed_at, card.report_due_at)
        found.append(Wanted("card_review", (desk,), starts, due_at))
    if card.state in _RETURNED:
        doctor = (DeskAt(f"user:{card.doctor_id}", "clinician"),) if card.doctor_id else ()
        due_at = card.report_due_at if card.entered_at is None else None
        found.append(Wanted("card_correct", (*doctor, desk), None, due_at))
    if card.state in _ENTERABLE and card.entered_at is None:
        found.append(Wanted("card_entry", (desk,), card.diagnosed_at, card.report_due_at))
    if card.state == CardState.SUBMITTED and card.entered_at is not None:
        found.append(Wanted("card_audit", _auditors(card), card.entered_at, card.audit_due_at))
    if card.state == CardState.AUDITED and (revision := card.revisions.filter(audited_at=None).first()) is not None:
        found.append(Wanted("card_revision_audit", _auditors(card), revision.reported_at, revision.audit_due_at))
    if card.state in _STANDING and card.entered_at is not None and (hours := _hours_to_register(card)):
        found.append(Wanted("card_register", (desk,), card.entered_at, card.entered_at + timedelta(hours=hours)))
    return found


def _hours_to_register(card: Card) -> int:
    """The hours after its entry by which a specialist system wants the card; 0 where none does or all have it."""
    wanted = load().quality.registers_of(card.disease)
    there = set(card.registered.values_list("register", flat=True)) if wanted else set()
    return min((one.hours for one in wanted if one.id not in there), default=0)


def follow_card(card: Card, by: Actor, *, was: str = "") -> None:
    """End the items that the state no longer asks for and open those it does; `was`: the state before, where known."""
    wanted = {one.kind: one for one in wanted_of(card)}
    ended = [kind for kind in CARD_KINDS if kind not in wanted]
    proof = f"{card.national_card_id} {card.entered_at:%Y-%m-%d %H:%M}" if card.entered_at else card.reason
    if was != CardState.DRAFT:  # which asks nothing of anybody: there is nothing to look for
        work.end(ended, card.id, by, outcome=_OUTCOMES.get(CardState(card.state), ""), proof=proof)
    disease = load().diseases.get(card.disease)
    urgent = disease is not None and clocks.is_urgent(disease.for_subtype(card.subtype))
    for one in wanted.values():
        work.open_item(
            one.kind, "card", card.id, one.desks, by, title=title_of(card), title_en=title_of(card, "en"),
            starts_at=one.starts_at, due_at=one.due_at, urgent=urgent,
        )  # fmt: skip


def title_of(about: Card | Suspicion, lang: str = "zh") -> str:
    """What a list of work says: never who, nor a sensitive disease or its card (visibility pack, rules.screens)."""
    # The number of a sensitive card would find its person by search or on paper.
    number = about.card_no if isinstance(about, Card) and about.group in SHARED_IN_A_DEPARTMENT else ""
    return f"{list_name(about.disease, about.group, lang)} {number}".strip()


def open_suspicions(asking: Sequence[Suspicion], by: Actor) -> None:
    """Ask: the doctor, or else the department; the ladder of the work pack leads on to the desk. Jobs only."""
    work.open_items([_question(one) for one in asking if one.state in _ASKING], by)


def _question(one: Suspicion) -> work.Asked:
    desks = []
    if one.clinician_id is not None:
        desks.append(DeskAt(f"user:{one.clinician_id}", "clinician"))
    if one.department and (one.clinician_id is None or one.group in SHARED_IN_A_DEPARTMENT):
        desks.append(DeskAt(department_scope(one.organisation_id, one.department), "clinician"))
    if not desks:
        desks.append(DeskAt(f"org:{one.organisation_id}", "hospital_desk"))
    return work.Asked(
        "suspicion_review", "suspicion", one.id, desks, title=title_of(one), title_en=title_of(one, "en"),
        due_at=one.due_at, urgent=one.urgent,
    )  # fmt: skip


def follow_suspicion(one: Suspicion, by: Actor) -> None:
    """Keep the question open while it waits for an answer, end it when it has one."""
    if one.state in _ASKING:
        work.ask(_question(one), by)
    elif one.state in _ANSWERS:  # of a trial nobody was asked
        work.end("suspicion_review", one.id, by, outcome=_ANSWERS[SuspicionState(one.state)], proof=one.reason_code)


def close_orphans(subjects: Sequence[UUID]) -> None:
    """Close desk rows of items that ended under a viewer who could not see all of its desks. Jobs only."""
    ended = (WorkState.DONE, WorkState.CANCELLED)
    items = WorkItem.objects.filter(subject__in=subjects, state__in=ended, desks__open=True)
    Desk.objects.filter(item__in=items, open=True).update(open=False)


def _auditors(card: Card) -> tuple[DeskAt, ...]:
    """The county's epidemiologists; for HIV those by name whom the visibility pack lets see it, where there are any.

    An item at everybody's desk would tell the others that the case exists, and its number.
    """
    county, role = county_scope(card.report_area), "epidemiologist"
    officers = at_desk(county, role).filter(hiv_officer=True) if card.group == "hiv" else ()
    return tuple(DeskAt(f"user:{seat.user_id}", role) for seat in officers) or (DeskAt(county, role),)
