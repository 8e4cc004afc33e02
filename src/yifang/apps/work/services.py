"""Opening, taking, handing over, ending and escalating work items. Kinds and clocks are the `work` pack.

Legal hour clocks run through nights and holidays; a clock in working days skips them (the `calendar` pack).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.models import Seat, User
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import Actor, Change, append
from yifang.apps.work import clocks
from yifang.apps.work.models import TRANSITIONS, Desk, WorkItem, WorkState
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, UserError, WrongState
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
    rule = load().work.kind(kind)
    starts = starts_at or clock.now()
    due = due_at or clocks.due(rule, starts)
    item = WorkItem(
        id=item_id or new_id(), kind=kind, subject_kind=subject_kind, subject=subject, title=title, title_en=title_en,
        starts_at=starts, due_at=due, urgent=urgent, place_sealed=place_sealed,
        next_escalation_at=clocks.escalation(rule, 0, starts, due),
    )  # fmt: skip
    with transaction.atomic():
        if not _insert(item):
            return
        Desk.objects.bulk_create(
            [Desk(item=item, scope=desk.scope, role=desk.role, due_at=due, since=clock.now()) for desk in desks]
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
    from django.db import connection

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
    """Take the item as one's own."""
    return _own(item_id, viewer, viewer.user_id, "work.claimed")


def release(item_id: UUID, viewer: Viewer) -> WorkItem:
    """Give the item back to its desks."""
    return _own(item_id, viewer, None, "work.released")


def hand_over(item_id: UUID, to: User, viewer: Viewer) -> WorkItem:
    """Give the item to a colleague who sits at one of its desks. Raises UserError `work.not_at_desk` for another."""
    desks = Desk.objects.filter(item_id=item_id, open=True).values_list("role", flat=True)
    if not Seat.objects.filter(user=to, role__in=list(desks)).exists():
        raise UserError("work.not_at_desk", name=str(to))
    return _own(item_id, viewer, to.pk, "work.handed_over")


def _own(item_id: UUID, viewer: Viewer, owner_id: int | None, kind: str) -> WorkItem:
    with transaction.atomic():
        item = WorkItem.objects.select_for_update().get(id=item_id)
        if item.owner_id not in (None, viewer.user_id) and kind == "work.claimed":
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
            item.outcome, item.proof, item.ended_at, item.ended_by_id = outcome, proof, clock.now(), by.user_id
            item.next_escalation_at = None
            item.save()
            _say(item, "work.ended", by, {"outcome": outcome})  # before the desks close: they say whom it concerns
            item.desks.update(open=False)
    return len(items)


def escalate_due(by: Actor, limit: int = 200) -> int:
    """Climb one rung for every open item whose next rung is due: the ladder's role gets a desk too."""
    ladder_of = load().work.kind
    climbed = 0
    with transaction.atomic():
        due = WorkItem.objects.select_for_update(skip_locked=True).filter(
            state__in=(WorkState.OPEN, WorkState.CLAIMED), next_escalation_at__lte=clock.now()
        )
        for item in due.order_by("next_escalation_at")[:limit]:
            rule = ladder_of(item.kind)
            rung = rule.escalation[item.rung]
            first = item.desks.order_by("id").first()
            if first is not None:
                Desk.objects.get_or_create(
                    item=item, scope=_scope_for(rung.to_role, first.scope), role=rung.to_role,
                    defaults={"due_at": item.due_at, "since": clock.now(), "escalated": True},
                )  # fmt: skip
            item.rung += 1
            item.next_escalation_at = clocks.escalation(rule, item.rung, item.starts_at, item.due_at)
            item.save(update_fields=["rung", "next_escalation_at"])
            _say(item, "work.escalated", by, {"rung": item.rung, "to_role": rung.to_role})
            climbed += 1
    return climbed


def _scope_for(role: str, scope: str) -> str:
    """The scope from which `role` looks, in the same place as `scope`: a department's desk belongs to its hospital."""
    from yifang.apps.accounts.roles import ROLES

    if scope.startswith("dept:") and ROLES[role].scope == "organisation":
        return f"org:{scope.split(':')[1]}"
    return scope


def _move(item: WorkItem, state: WorkState) -> None:
    if state not in TRANSITIONS[WorkState(item.state)]:
        raise WrongState("work.state", state=item.get_state_display())
    item.state = state


def _say(item: WorkItem, kind: str, by: Actor, facts: dict[str, object]) -> None:
    scopes = list(item.desks.filter(open=True).values_list("scope", flat=True))
    append(Change(kind, "work", item.id, facts={"kind": item.kind, "subject": item.subject, **facts}, scopes=scopes), by)
