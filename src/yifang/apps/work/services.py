"""Opening, taking, handing over, ending and escalating work items. Kinds and clocks are the `work` pack.

Legal hour clocks run through nights and holidays; a clock in working days skips them (the `calendar` pack).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from yifang.apps.accounts.models import Seat, User
from yifang.apps.accounts.queries import at_desk
from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.words import both
from yifang.apps.ledger.services import Actor, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.work import clocks
from yifang.apps.work.models import TRANSITIONS, Desk, WorkItem, WorkState
from yifang.kernel import areas, clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState
from yifang.kernel.ids import new_id
from yifang.knowledge import load


@dataclass(frozen=True, slots=True)
class DeskAt:
    """Who may take an item: a role at a scope."""

    scope: str
    role: str


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
    """Open an item of `kind` about `subject`; does nothing while one is open. `due_at` overrides the pack's clock."""
    clock_rule, ladder = load().work.kind(kind).for_urgency(urgent)
    starts = starts_at or clock.now()
    due = due_at or clocks.due(clock_rule, starts)
    item = WorkItem(
        id=item_id or new_id(), kind=kind, subject_kind=subject_kind, subject=subject, title=title, title_en=title_en,
        starts_at=starts, due_at=due, urgent=urgent, place_sealed=place_sealed,
        next_escalation_at=clocks.escalation(ladder, 0, starts, due),
    )  # fmt: skip
    with transaction.atomic():
        if not _insert(item):
            return
        # Without ignore_conflicts the insert would read back its ids, which the policy refuses at another's desk.
        Desk.objects.bulk_create(
            [Desk(item=item, scope=desk.scope, role=desk.role, due_at=due, since=clock.now()) for desk in desks],
            ignore_conflicts=True,
        )
        append(
            Change(
                "work.opened", "work", item.id, facts={"kind": kind, "subject": subject, "due_at": due},
                scopes=[desk.scope for desk in desks],
            ),
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
    _say(item, kind, viewer, {"owner": owner_id})
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
    with transaction.atomic():
        items = list(
            WorkItem.objects.select_for_update().filter(
                kind__in=wanted, subject=subject, state__in=(WorkState.OPEN, WorkState.CLAIMED)
            )
        )
        for item in items:
            _move(item, state)
            _say(item, "work.ended", by, {"outcome": outcome})  # before saving closes the desks it concerns
            item.outcome, item.proof, item.ended_at, item.ended_by_id = outcome, proof, clock.now(), by.user_id
            item.next_escalation_at = None
            item.save()
    return len(items)


def escalate_due(by: Actor, limit: int = 200) -> int:
    """Climb one rung for every open item whose next rung is due: the ladder's role gets a desk too."""
    kind_of = load().work.kind
    climbed = 0
    with transaction.atomic():
        due = WorkItem.objects.select_for_update(skip_locked=True).filter(
            state__in=(WorkState.OPEN, WorkState.CLAIMED), next_escalation_at__lte=clock.now()
        )
        for item in due.order_by("next_escalation_at")[:limit]:
            _, ladder = kind_of(item.kind).for_urgency(item.urgent)
            rung = ladder[item.rung]
            if scope := _scope_for(rung.to_role, list(item.desks.order_by("id"))):
                Desk.objects.get_or_create(
                    item=item, scope=scope, role=rung.to_role,
                    defaults={"due_at": item.due_at, "since": clock.now(), "escalated": True},
                )  # fmt: skip
            item.rung += 1
            item.next_escalation_at = clocks.escalation(ladder, item.rung, item.starts_at, item.due_at)
            item.save(update_fields=["rung", "next_escalation_at"])
            _say(item, "work.escalated", by, {"rung": item.rung, "to_role": rung.to_role})
            climbed += 1
    return climbed


def _scope_for(role: str, desks: Sequence[Desk]) -> str | None:
    """The scope from which `role` looks, in the same place as the item's desks; None where there is no such place."""
    wanted = ROLES[role].scope
    for desk in desks:
        kind, _, name = desk.scope.partition(":")
        if wanted == "area" and kind == "area":
            return desk.scope
        if kind == "area":
            continue
        organisation = Organisation.objects.filter(id=name.split(":")[0]).first() if kind in ("org", "dept") else None
        if kind == "user":
            seat = Seat.objects.filter(user_id=int(name), role=desk.role).select_related("organisation").first()
            organisation = seat.organisation if seat else None
        if organisation is not None and wanted == "organisation":
            return organisation.scope
        if organisation is not None and wanted == "area":
            return f"area:{areas.at_level(organisation.area_code, 'county') or organisation.area_code}"
    return None


def _move(item: WorkItem, state: WorkState) -> None:
    if state not in TRANSITIONS[WorkState(item.state)]:
        raise WrongState("work.state", state=both(WorkState(item.state).label))
    item.state = state


def _say(item: WorkItem, kind: str, by: Actor, facts: dict[str, object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT yf_desk_scopes(%s)", [item.id])
        scopes = cursor.fetchone()[0]
    append(
        Change(kind, "work", item.id, facts={"kind": item.kind, "subject": item.subject, **facts}, scopes=scopes), by
    )
