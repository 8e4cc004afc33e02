"""Carrying out a plan: rows, memberships and ledger entries in one transaction, and the texts it answers by itself."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from yifang.apps.ledger.services import Actor, Change, append
from yifang.apps.places.models import Membership, Organisation, Place
from yifang.apps.places.registering.plan import Plan, Step, Wish
from yifang.apps.places.services import answer_by_name
from yifang.kernel import clock
from yifang.kernel.errors import UserError


def carry_out(plan: Plan, by: Actor) -> int:
    """Write what is new or changed; returns how many lines that were. Refuses all while a line is refused.

    Raises UserError `places.list_refused`. Free texts that wait and are named by the list now are answered.
    """
    if refused := plan.of("refused"):
        raise UserError("places.list_refused", number=len(refused))
    steps = [*plan.of("new"), *plan.of("changed")]
    if not steps:
        return 0
    # What others stand in comes first: organisations, then the places inside them.
    steps.sort(key=lambda step: step.wish.kind[0] is Place)
    with transaction.atomic():
        made = {step.wish.code: _write(step) for step in steps}
        changes = [_change(step, made[step.wish.code]) for step in steps]
        for step in steps:
            if "parent" in step.fields or (step.what == "new" and step.wish.parent):
                _put_into(made[step.wish.code], step.wish)
        append(changes, by)
        answer_by_name(by)
    return len(steps)


def _write(step: Step) -> Organisation | Place:
    model = step.wish.kind[0]
    values = dict(step.wish.values)
    if model is Place and step.wish.parent:
        values["organisation"] = Organisation.objects.filter(code=step.wish.parent).first()
    if step.what == "new":
        return model.objects.create(code=step.wish.code, **values)
    row = model.objects.select_for_update().get(code=step.wish.code)
    for column, value in values.items():
        setattr(row, column, value)
    row.save()
    return row


def _put_into(row: Organisation | Place, wish: Wish) -> None:
    """An organisation's parent is the medical group it belongs to from today on; a place has its parent already."""
    if isinstance(row, Place):
        return
    today = clock.today()
    group = Organisation.objects.get(code=wish.parent)
    Membership.objects.filter(member=row, until=None, since=today).exclude(group=group).delete()
    Membership.objects.filter(member=row, until=None).exclude(group=group).update(until=today - timedelta(days=1))
    if not Membership.objects.filter(member=row, group=group, until=None).exists():
        Membership.objects.update_or_create(group=group, member=row, since=today, defaults={"until": None})


def _change(step: Step, row: Organisation | Place) -> Change:
    kind = "organisation" if isinstance(row, Organisation) else "place"
    what = "made" if step.what == "new" else "changed"
    fields = step.fields if step.what == "changed" else tuple(step.wish.values)
    return Change(f"places.{kind}_{what}", kind, row.id, fields=sorted(fields), facts={"kind": row.kind})
