"""Opening, taking, handing over and ending work items. Kinds and clocks are the `work` pack; late ones climb in
`escalating`.

Legal hour clocks run through nights and holidays; a clock in working days skips them (the `calendar` pack).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from yifang.apps.accounts.models import User
from yifang.apps.accounts.queries import at_desk
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.words import both
from yifang.apps.ledger.services import Actor, Change, append
from yifang.apps.work import clocks
from yifang.apps.work.models import TRANSITIONS, Desk, WorkItem, WorkState
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState
from yifang.kernel.ids import new_id
from yifang.knowledge import load

_FOLLOWED = ("title", "title_en", "due_at", "urgent")


@dataclass(frozen=True, slots=True)
class DeskAt:
    """Who may take an item: a role at a scope."""

    scope: str
    role: str


@dataclass(frozen=True, slots=True)
class Asked:
    """An item that should be open, about one subject; `due_at` overrides the pack's clock."""

    kind: str
    subject_kind: str
    subject: UUID
    desks: Sequence[DeskAt]
    title: str = ""
    title_en: str = ""
    starts_at: datetime | None = None
    due_at: datetime | None = None
    urgent: bool = False
    place_sealed: bytes | None = None


def open_item(
    kind: str,
    subject_kind: str,
    subject: UUID,
    desks: Sequence[DeskAt],
    by: Actor,
    *,
    title: str = "",
    title_en: str = "",
    starts_at: datetime | None = None,
    due_at: datetime | None = None,
    urgent: bool = False,
    place_sealed: bytes | None = None,
    item_id: UUID | None = None,
) -> None:
    """Open an item of `kind` about `subject`.

    While one is open it follows: an earlier deadline, urgency and another title are taken over, a later deadline is
    not. A viewer's call reaches only an item that they see; whoever changes another desk's asks again in jobs.
    """
    asked = Asked(kind, subject_kind, subject, desks, title, title_en, starts_at, due_at, urgent, place_sealed)
    ask(asked, by, item_id)


def ask(asked: Asked, by: Actor, item_id: UUID | None = None) -> None:
    """`open_item` for what is said in one value."""
    item = _item(asked, item_id)
    with transaction.atomic(savepoint=False):  # within a service's own, as a rule: it opens many
        if _insert(item):
            _opened([(item, asked)], by)
        else:
            _tighten(item, by)


def open_items(asked: Sequence[Asked], by: Actor) -> None:
    """As `ask` for each; in a few statements where none of them was open yet. Jobs only."""
    made = [(_item(one), one) for one in asked]
    try:
        with transaction.atomic():
            WorkItem.objects.bulk_create([item for item, _ in made])
    except IntegrityError:  # the database decides what was open, not a look before
        for one in asked:
            ask(one, by)
    else:
        _opened(made, by)


def _item(asked: Asked, id: UUID | None = None) -> WorkItem:
    clock_rule, ladder = load().work.kind(asked.kind).for_urgency(asked.urgent)
    starts = asked.starts_at or clock.now()
    due = asked.due_at or clocks.due(clock_rule, starts)
    return WorkItem(
        id=id or new_id(), kind=asked.kind, subject_kind=asked.subject_kind, subject=asked.subject, title=asked.title,
        title_en=asked.title_en, starts_at=starts, due_at=due, urgent=asked.urgent, place_sealed=asked.place_sealed,
        next_escalation_at=clocks.escalation(ladder, 0, starts, due),
    )  # fmt: skip


def _opened(made: Sequence[tuple[WorkItem, Asked]], by: Actor) -> None:
    """Put new items on their desks and tell the ledger."""
    now = clock.now()
    # Without ignore_conflicts the insert would read back its ids, which the policy refuses at another's desk.
    Desk.objects.bulk_create(
        [
            Desk(item=item, scope=desk.scope, role=desk.role, due_at=item.due_at, since=now)
            for item, asked in made
            for desk in asked.desks
        ],
        ignore_conflicts=True,
    )
    append(
        [
            Change(
                "work.opened", "work", item.id,
                facts={"kind": item.kind, "subject": item.subject, "due_at": item.due_at},
                scopes=[desk.scope for desk in asked.desks],
            )
            for item, asked in made
        ],
        by,
    )  # fmt: skip


def _insert(item: WorkItem) -> bool:
    """Insert unless an open item of the kind exists for the subject: the database decides, not a look before."""
    fields = [field for field in WorkItem._meta.concrete_fields if getattr(item, field.attname) is not None]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = [field.get_db_prep_save(getattr(item, field.attname), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO work_workitem ({columns}) VALUES ({', '.join(['%s'] * len(fields))}) ON CONFLICT DO NOTHING",
            values,
        )
        return bool(cursor.rowcount)


def _tighten(asked: WorkItem, by: Actor) -> None:
    """Bring the open item in step with what is asked now; what is looser than it is stays out."""
    item = (
        WorkItem.objects.select_for_update(of=("self",))
        .filter(kind=asked.kind, subject=asked.subject, state__in=(WorkState.OPEN, WorkState.CLAIMED))
        .first()
    )
    if item is None:
        return
    before = [getattr(item, name) for name in _FOLLOWED]
    item.title, item.title_en = (asked.title, asked.title_en) if asked.title else (item.title, item.title_en)
    item.due_at = min(item.due_at, asked.due_at)
    if asked.urgent and not item.urgent:
        # Another ladder, from its foot and by its own clock; a desk that was told already stays told.
        item.urgent, item.rung, item.starts_at = True, 0, asked.starts_at
    changed = [name for name, was in zip(_FOLLOWED, before, strict=True) if getattr(item, name) != was]
    if not changed:
        return
    if {"due_at", "urgent"} & set(changed):
        _, ladder = load().work.kind(item.kind).for_urgency(item.urgent)
        item.next_escalation_at = clocks.escalation(ladder, item.rung, item.starts_at, item.due_at)
    item.save(update_fields=[*_FOLLOWED, "rung", "starts_at", "next_escalation_at"])
    say(item, "work.rescheduled", by, {"due_at": item.due_at, "urgent": item.urgent}, changed)


def claim(item_id: UUID, viewer: Viewer) -> WorkItem:
    """Take the item as one's own. Raises NotFound, NotAllowed `work.owned`, WrongState."""
    with transaction.atomic():
        return _own(_take(item_id), viewer, viewer.user_id, "work.claimed")


def release(item_id: UUID, viewer: Viewer) -> WorkItem:
    """Give the item back to its desks. Raises NotFound, NotAllowed `work.owned`, WrongState."""
    with transaction.atomic():
        item = _take(item_id)
        if item.owner_id is None:
            raise WrongState("work.state", state=both(WorkState(item.state).label))
        return _own(item, viewer, None, "work.released")


def hand_over(item_id: UUID, to: User, viewer: Viewer) -> WorkItem:
    """Give the item to a colleague who sits at one of its desks. Raises UserError `work.not_at_desk` for another."""
    with transaction.atomic():
        item = _take(item_id)
        if not any(at_desk(desk.scope, desk.role).filter(user=to).exists() for desk in item.desks.filter(open=True)):
            raise UserError("work.not_at_desk", name=str(to))
        return _own(item, viewer, to.pk, "work.handed_over")


def _take(item_id: UUID) -> WorkItem:
    item = WorkItem.objects.select_for_update(of=("self",)).select_related("owner").filter(id=item_id).first()
    if item is None:
        raise NotFound("work.no_item")
    return item


def _own(item: WorkItem, viewer: Viewer, owner_id: int | None, kind: str) -> WorkItem:
    if item.owner_id not in (None, viewer.user_id):
        raise NotAllowed("work.owned", name=str(item.owner))
    _move(item, WorkState.CLAIMED if owner_id else WorkState.OPEN)
    item.owner_id = owner_id
    item.save(update_fields=["state", "owner"])
    say(item, kind, viewer, {"owner": owner_id})
    return item


def end(
    kinds: str | Iterable[str],
    subject: UUID,
    by: Actor,
    *,
    outcome: str,
    proof: str = "",
    state: WorkState = WorkState.DONE,
) -> int:
    """End the open items of `kinds` about `subject` that `by` may see. Returns how many."""
    wanted = [kinds] if isinstance(kinds, str) else list(kinds)
    with transaction.atomic(savepoint=False):
        items = list(
            WorkItem.objects.select_for_update().filter(
                kind__in=wanted, subject=subject, state__in=(WorkState.OPEN, WorkState.CLAIMED)
            )
        )
        for item in items:
            _move(item, state)
            say(item, "work.ended", by, {"outcome": outcome})  # before saving closes the desks it concerns
            item.outcome, item.proof, item.ended_at, item.ended_by_id = outcome, proof, clock.now(), by.user_id
            item.next_escalation_at = None
            item.save()
    return len(items)


def _move(item: WorkItem, state: WorkState) -> None:
    if state not in TRANSITIONS[WorkState(item.state)]:
        raise WrongState("work.state", state=both(WorkState(item.state).label))
    item.state = state


def say(item: WorkItem, kind: str, by: Actor, facts: Mapping[str, object], fields: Sequence[str] = ()) -> None:
    """Write to the ledger what happened to the item; the pages of all its desks are concerned."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT yf_desk_scopes(%s)", [item.id])
        scopes = cursor.fetchone()[0]
    append(
        Change(
            kind, "work", item.id, fields=fields, facts={"kind": item.kind, "subject": item.subject, **facts},
            scopes=scopes,
        ),
        by,
    )  # fmt: skip
