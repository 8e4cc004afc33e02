"""Carrying a matter through: it begins, steps are taken, what comes next waits with its clock, it is closed.

A step is taken by a person with its form, or by the node from a record. Which step leads where is the `matters` pack;
here is only the walking. Several services may walk: a page, a subscriber, a job, all by `_walk`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.visibility import group_of
from yifang.apps.care import desks
from yifang.apps.care.models import TRANSITIONS, Matter, MatterState, Step
from yifang.apps.forms import logic
from yifang.apps.forms import services as forms
from yifang.apps.ledger.services import NODE, Actor, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.records.identity import mask_name, name_key
from yifang.apps.records.models import Person, Record
from yifang.apps.work.clocks import due
from yifang.apps.work.services import end, open_item
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState
from yifang.kernel.ids import new_id
from yifang.knowledge import load
from yifang.knowledge.models.matters import Goes, MatterKind, MatterStep

PERSON = "person"  # `done.person` holds where the records say whom a matter is about


@dataclass(frozen=True, slots=True)
class Filled:
    """What came with a form: the answers typed, the files by question, the seconds it took."""

    given: logic.Given = field(default_factory=dict)
    files: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """Where a matter belongs and what is known of it before any form."""

    organisation: Organisation | None
    area_code: str
    department: str = ""
    person: Person | None = None
    about_kind: str = ""
    about: UUID | None = None
    parent: Matter | None = None
    disease: str = ""
    topic: str = ""
    key: str = ""
    at: datetime | None = None  # when it began, where that is not now
    seats: tuple[str, ...] = ()  # who takes part beside those of the kind
    waits: bool = False  # the first step waits for somebody instead of being taken


def open_matter(
    kind_id: str,
    filled: Filled,
    viewer: Viewer,
    *,
    person: Person | None = None,
    about: tuple[str, UUID] | None = None,
    parent: Matter | None = None,
    disease: str = "",
) -> Matter:
    """Begin a matter with its first form. Raises NotAllowed, `forms.services.Unfilled` with every problem."""
    viewer.check("matter.open")
    kind = kind_of(kind_id)
    first = kind.step(kind.starts)
    _check_role(first, viewer)
    organisation = Organisation.objects.filter(id=viewer.organisation_id).first()
    start = Start(
        organisation, organisation.area_code if organisation else viewer.area_code,
        department=viewer.department if viewer.role == "clinician" and desks.clinic_of(viewer.department) else "",
        person=person, about_kind=about[0] if about else "", about=about[1] if about else None, parent=parent,
        disease=disease,
    )  # fmt: skip
    with transaction.atomic():
        matter = made(kind, start, viewer)
        answers = _read(first, filled, matter)
        _learn(matter, kind, answers)
        matter.seats = desks.seats_of(matter, kind)
        matter.save(force_insert=True)
        say(matter, "care.matter_opened", viewer, {"parent": parent.id if parent else None})
        walk_with(matter, kind, first, filled, viewer)
    return matter


def begin(kind_id: str, start: Start, by: Actor = NODE) -> Matter | None:
    """Begin a matter without a form; None where one of its key began before.

    With `waits` its first step waits for whoever takes it; else it is taken now, by the node's own knowledge.
    """
    kind = kind_of(kind_id)
    if start.key and Matter.objects.filter(key=start.key).exists():
        return None
    with transaction.atomic():
        matter = made(kind, start, by)
        matter.seats = list(dict.fromkeys([*desks.seats_of(matter, kind), *start.seats]))
        matter.save(force_insert=True)
        say(matter, "care.matter_opened", by, {"parent": start.parent.id if start.parent else None})
        if start.waits:
            _wait(matter, kind, [kind.starts], {}, by)
            _save(matter)
        else:
            _walk(matter, kind, kind.step(kind.starts), {}, matter.opened_at, by)
    return matter


def take(matter_id: UUID, step_id: str, filled: Filled, viewer: Viewer) -> Matter:
    """Take a step of an open matter.

    Raises NotFound, NotAllowed for a role whose step it is not, WrongState where it does not wait, Unfilled.
    """
    viewer.check("matter.open")
    with transaction.atomic():
        matter = locked(matter_id)
        kind = kind_of(matter.kind)
        step = step_of(kind, step_id)
        _check_role(step, viewer)
        check_waits(matter, step)
        walk_with(matter, kind, step, filled, viewer)
    return matter


def take_from_record(matter: Matter, step_id: str, record: Record, at: datetime, given: logic.Given) -> bool:
    """Take a step because a record says so, jobs only. False where the step does not wait or was taken already.

    What is learned late is nobody's work: what follows opens none whose clock, counted from `at`, has run out.
    """
    kind = kind_of(matter.kind)
    step = kind.step(step_id)
    if matter.state != MatterState.OPEN or step_id not in matter.waiting:
        return False
    filled = Filled(given)
    walk_with(matter, kind, step, filled, NODE, record=record, at=at)
    return True


def may_take(matter: Matter, step: MatterStep, viewer: Viewer) -> bool:
    """Whether the page offers the viewer this step now."""
    waits = step.id in matter.waiting or step.anytime
    return viewer.can("matter.open") and matter.state == MatterState.OPEN and waits and viewer.role in step.by


def kind_of(kind_id: str) -> MatterKind:
    """A kind of the pack. Raises NotFound `care.no_kind`: people type addresses."""
    try:
        return load().matters.kind(kind_id)
    except KeyError:
        raise NotFound("care.no_kind", kind=kind_id) from None


def step_of(kind: MatterKind, step_id: str) -> MatterStep:
    """A step of a kind. Raises NotFound `care.no_step`."""
    try:
        return kind.step(step_id)
    except KeyError:
        raise NotFound("care.no_step", step=step_id) from None


def locked(matter_id: UUID) -> Matter:
    """The matter, for changing it. Raises NotFound `care.no_matter`."""
    found = Matter.objects.select_for_update(of=("self",)).filter(id=matter_id).first()
    if found is None:
        raise NotFound("care.no_matter")
    return found


def done_of(matter: Matter) -> set[str]:
    """The steps that were taken, as conditions speak of them, and `person` where the records know whom it is about."""
    taken = set(Step.objects.filter(matter=matter).values_list("step", flat=True))
    return taken | ({PERSON} if matter.person_id else set())


def check_waits(matter: Matter, step: MatterStep) -> None:
    """Raises WrongState `care.not_waiting` unless the step may be taken now."""
    if matter.state != MatterState.OPEN or not (step.id in matter.waiting or step.anytime):
        raise WrongState("care.not_waiting", step={"zh": step.zh, "en": step.en})


def _check_role(step: MatterStep, viewer: Viewer) -> None:
    if viewer.role not in step.by:
        raise NotAllowed("care.not_your_step", step={"zh": step.zh, "en": step.en})


def made(kind: MatterKind, start: Start, by: Actor) -> Matter:
    now = start.at or clock.now()
    person = start.person
    return Matter(
        id=new_id(), kind=kind.id, organisation=start.organisation, department=start.department,
        area_code=desks.county(start.area_code), person=person, masked_name=person.masked_name if person else "",
        sex=person.sex if person else "", age=_age(person) if person else None, disease=start.disease,
        group=group_of(start.disease) if start.disease else "", about_kind=start.about_kind, about=start.about,
        parent=start.parent, topic=start.topic, day=now.astimezone(clock.CHINA).date(), opened_at=now,
        opened_by_id=by.user_id,
        opener_role=by.role if by.user_id is not None else "", key=start.key,
    )  # fmt: skip


def _age(person: Person) -> int | None:
    return (clock.today() - person.birth_date).days * 100 // 36525 if person.birth_date else None


def _read(step: MatterStep, filled: Filled, matter: Matter) -> dict[str, Any]:
    """The answers of a form, before it is kept: whom it is about and where it goes decide who will see it."""
    if step.form is None:
        return {}
    return forms.read(load().forms.form(step.form), filled.given, done_of(matter)).answers


def _learn(matter: Matter, kind: MatterKind, answers: Mapping[str, Any]) -> None:
    """Take over from the answers whom a matter is about, what is suspected and which department it goes to."""
    if matter.person_id is None and kind.about == "person":
        if name := answers.get("name"):
            matter.masked_name, matter.name_key = mask_name(name), name_key(name)
        matter.sex, matter.age = answers.get("sex") or matter.sex, answers.get("age", matter.age)
    if kind.disease and answers.get(kind.disease):
        matter.disease = answers[kind.disease]
        matter.group = group_of(matter.disease)
    if kind.department and answers.get(kind.department):
        matter.department = answers[kind.department]
        if matter.organisation and matter.department not in desks.departments_of(matter.organisation):
            raise UserError("care.no_department", department=matter.department)


def walk_with(
    matter: Matter,
    kind: MatterKind,
    step: MatterStep,
    filled: Filled,
    by: Actor,
    *,
    record: Record | None = None,
    at: datetime | None = None,
) -> None:
    """Keep the form of a step and walk on."""
    answers: dict[str, Any] = {}
    response = None
    if step.form is not None and (record is None or filled.given):
        kept = forms.Kept(matter.id, matter.seats, matter.organisation_id, matter.group)
        response = forms.fill(
            step.form, filled.given, kept, by, files=filled.files, done=done_of(matter), seconds=filled.seconds
        )
        answers = forms.answers_of(response)
        before = (matter.masked_name, matter.department, matter.group)
        _learn(matter, kind, answers)
        if before != (matter.masked_name, matter.department, matter.group):
            matter.seats = list(dict.fromkeys([*matter.seats, *desks.seats_of(matter, kind)]))
    when = at or _moment(answers.get(step.at)) or clock.now()
    _walk(matter, kind, step, answers, when, by, response=response, record=record)


def _walk(
    matter: Matter,
    kind: MatterKind,
    step: MatterStep,
    answers: Mapping[str, Any],
    at: datetime,
    by: Actor,
    *,
    response: Any = None,
    record: Record | None = None,
) -> None:
    """Write that a step was taken, end its work, and let wait what comes next."""
    Step(
        id=new_id(), matter=matter, step=step.id, at=at, noted_at=clock.now(), by_id=by.user_id, role=by.role,
        response=response, record=record,
    ).save(force_insert=True)  # fmt: skip
    facts = {"step": step.id, "record": record.id if record else None}
    goes = advance(matter, kind, step, answers, by, facts, at if record else None)
    if goes.starts:
        _start_other(goes, matter, by)


def advance(
    matter: Matter, kind: MatterKind, step: MatterStep, answers: Mapping[str, Any], by: Actor, facts: Mapping[str, Any],
    recorded: datetime | None = None,
) -> Goes:  # fmt: skip
    """What follows from a step that was written: its work ends, what comes next waits. Returns where it leads.

    `facts` stand in the ledger. What other matter begins is the caller's: where the step was taken it does.
    """
    goes = _way(step, answers, matter)
    dropped = [one for one in step.drops if one in matter.waiting]
    if not (step.anytime and step.id not in matter.waiting):
        for ended in (step.id, *dropped):
            if work := kind.step(ended).work:
                end(work, matter.id, by, outcome="done" if ended == step.id else "dropped")
    matter.waiting = [one for one in matter.waiting if one != step.id and one not in dropped]
    if step.outcome and answers.get(step.outcome):
        matter.outcome = str(answers[step.outcome])
    _wait(matter, kind, goes.to, answers, by, happened=_moment(answers.get(step.at)), recorded=recorded)
    say(matter, "care.step_taken", by, facts)
    if not matter.waiting and MatterState.CLOSED in TRANSITIONS[MatterState(matter.state)]:
        matter.state, matter.closed_at = MatterState.CLOSED, clock.now()
        say(matter, "care.matter_closed", by, {**facts, "outcome": matter.outcome})
    _save(matter)
    return goes


def _way(step: MatterStep, answers: Mapping[str, Any], matter: Matter) -> Goes:
    """Where the step leads: the first way whose condition holds, nowhere without one."""
    if not step.goes:
        return Goes()
    form = load().forms.form(step.form) if step.form else None
    done = done_of(matter)
    for goes in step.goes:
        if goes.when is None or logic.holds(goes.when, form, answers, done):
            return goes
    return Goes()


def _wait(
    matter: Matter,
    kind: MatterKind,
    steps: Sequence[str],
    answers: Mapping[str, Any],
    by: Actor,
    *,
    happened: datetime | None = None,
    recorded: datetime | None = None,
) -> None:
    """Let steps wait: whoever may take them sees the matter, and their work opens, after a record only in time."""
    for step_id in steps:
        step = kind.step(step_id)
        if step_id not in matter.waiting:
            matter.waiting = [*matter.waiting, step_id]
        matter.seats = list(dict.fromkeys([*matter.seats, *desks.admitted(matter, step)]))
        if step.work:
            urgent = step.urgent is not None and logic.holds(step.urgent, None, answers)
            limit, _ = load().work.kind(step.work).for_urgency(urgent)
            if recorded is not None and due(limit, recorded) <= clock.now():
                continue
            open_item(
                step.work, "matter", matter.id, desks.desks_of(matter, step), by, title=_title(matter, kind, "zh"),
                title_en=_title(matter, kind, "en"), urgent=urgent,
                starts_at=min(happened, clock.now()) if happened and step.since == "happened" else None,
            )  # fmt: skip


def _title(matter: Matter, kind: MatterKind, lang: str) -> str:
    """What a work item is called: the kind and where; never whom or what disease."""
    name = kind.en if lang == "en" else kind.zh
    where = matter.department or (matter.organisation.name if matter.organisation else "")
    return " · ".join(filter(None, (name, where)))


def _start_other(goes: Goes, matter: Matter, by: Actor) -> None:
    """The matter that follows from this one; its first step waits at the clinic of the institution, or is taken."""
    kind_id = goes.starts
    clinic = {"fever_visit": "fever", "enteric_visit": "enteric"}.get(kind_id, "")
    department = desks.clinic_department(matter.organisation, clinic) if clinic and matter.organisation else ""
    kind = kind_of(kind_id)
    child = made(
        kind,
        Start(matter.organisation, matter.area_code, department=department, person=matter.person, parent=matter),
        by,
    )
    for name in ("masked_name", "sex", "age", "name_key"):
        setattr(child, name, getattr(matter, name))
    child.seats = desks.seats_of(child, kind)
    child.save(force_insert=True)
    say(child, "care.matter_opened", by, {"parent": matter.id})
    if goes.carries:
        told = Step.objects.filter(matter=matter, step=goes.carries).select_related("response__form").latest("at")
        given = {name: _typed(value) for name, value in forms.answers_of(told.response).items()}
        walk_with(child, kind, kind.step(kind.starts), Filled(given), by)
    else:
        _wait(child, kind, [kind.starts], {}, by)
        _save(child)


def _typed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _save(matter: Matter) -> None:
    matter.save(
        update_fields=[
            "state", "waiting", "outcome", "closed_at", "seats", "department", "disease", "group", "masked_name", "sex",
            "age", "name_key",
        ]
    )  # fmt: skip


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=clock.CHINA) if text else None


def say(matter: Matter, kind: str, by: Actor, facts: Mapping[str, Any]) -> None:
    scopes = sorted({one.partition("@")[2] for one in matter.seats if not one.startswith("code@")})
    append(
        Change(
            kind, "matter", matter.id, facts={"kind": matter.kind, "waiting": matter.waiting, **facts}, scopes=scopes
        ),
        by,
    )
