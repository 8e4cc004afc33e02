"""What care does when the ledger speaks: a desk that an item climbed to sees its matter; work of taken steps ends.

Whoever takes a step may not see the item of another desk, so that its end is looked after here once more.
"""

from collections.abc import Sequence
from uuid import UUID

from yifang.apps.care import suspected
from yifang.apps.care.models import Matter
from yifang.apps.ledger.services import NODE
from yifang.apps.ledger.subscriptions import Heard, subscribe
from yifang.apps.work.models import Desk
from yifang.apps.work.services import end
from yifang.kernel.errors import NotFound
from yifang.knowledge import load

_SEES_NOBODY = "administrator"


def register() -> None:
    """Called once, when the app is ready."""
    subscribe("care.escalated", ["work.escalated"], on_escalated)
    subscribe("care.suspicions", ["reporting.suspicion_found", "reporting.suspicion_changed"], suspected.on_suspicions)
    subscribe("care.settled", ["care.step_taken"], on_step)


def on_escalated(heard: Sequence[Heard]) -> None:
    """Whoever an item climbed to sees what it is about."""
    subjects = {UUID(entry.facts["subject"]) for entry in heard}
    for matter in Matter.objects.select_for_update().filter(id__in=subjects):
        rows = Desk.objects.filter(item__subject=matter.id, open=True).exclude(role=_SEES_NOBODY)
        seats = list(dict.fromkeys([*matter.seats, *(f"{desk.role}@{desk.scope}" for desk in rows.order_by("id"))]))
        if seats != matter.seats:
            matter.seats = seats
            matter.save(update_fields=["seats"])


def on_step(heard: Sequence[Heard]) -> None:
    """End what work still stands for steps that wait no more."""
    for matter in Matter.objects.filter(id__in={entry.subject for entry in heard}):
        try:
            kind = load().matters.kind(matter.kind)
        except (KeyError, NotFound):
            continue
        idle = {step.work for step in kind.steps if step.work and step.id not in matter.waiting}
        still = {step.work for step in kind.steps if step.work and step.id in matter.waiting}
        end(sorted(idle - still), matter.id, NODE, outcome="done")
