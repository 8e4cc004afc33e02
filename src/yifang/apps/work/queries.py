"""What waits for a viewer: the items at their desks and in their hands, by deadline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import translation

from yifang.apps.accounts.models import Seat
from yifang.apps.accounts.queries import at_desk
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.work.models import Desk, WorkItem, WorkState
from yifang.kernel import clock, protocols
from yifang.kernel.errors import NotFound
from yifang.knowledge import load

Whose = Literal["waiting", "colleagues", "done"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits, in all and kind by kind (kind, number, number overdue), the most overdue kind first."""

    total: int
    overdue: int
    kinds: Sequence[tuple[str, int, int]]


def mine(
    viewer: Viewer,
    *,
    whose: Whose = "waiting",
    kind: str = "",
    cursor: tuple[datetime, UUID] | None = None,
    backwards: bool = False,
    limit: int = 50,
) -> list[WorkItem]:
    """Up to `limit` + 1 items by deadline and id, from `cursor` on (nearest first when `backwards`).

    `waiting`: nobody has it or the viewer has; `colleagues`: somebody else at the same desks has it; `done`: the viewer
    ended it today, the latest first, without pages.
    """
    if whose == "done":
        start = datetime.combine(clock.today(), time(), tzinfo=clock.CHINA)
        ended = WorkItem.objects.filter(ended_by_id=viewer.user_id, ended_at__gte=start)
        return list((ended.filter(kind=kind) if kind else ended).order_by("-ended_at")[:limit])
    rows = _at_desks(viewer, whose)
    if kind:
        rows = rows.filter(item__kind=kind)
    if cursor is not None:
        due, item = cursor
        later = Q(due_at__gt=due) | Q(due_at=due, item_id__gt=item)
        earlier = Q(due_at__lt=due) | Q(due_at=due, item_id__lt=item)
        rows = rows.filter(earlier if backwards else later)
    sign = "-" if backwards else ""
    # An item may stand at two desks of one viewer (their own and their department's): it is shown once.
    desks = rows.select_related("item", "item__owner").order_by(f"{sign}due_at", f"{sign}item_id")[: 2 * (limit + 1)]
    return list({desk.item_id: desk.item for desk in desks}.values())[: limit + 1]


def waiting(viewer: Viewer) -> Waiting:
    """The numbers of what waits for the viewer."""
    counts = (
        _at_desks(viewer, "waiting")
        .values("item__kind")
        .annotate(
            number=Count("item_id", distinct=True),
            late=Count("item_id", distinct=True, filter=Q(due_at__lt=clock.now())),
        )
    )
    kinds = sorted(
        ((row["item__kind"], row["number"], row["late"]) for row in counts), key=lambda one: (-one[2], -one[1], one[0])
    )
    return Waiting(sum(one[1] for one in kinds), sum(one[2] for one in kinds), kinds)


def badge(viewer: Viewer) -> int:
    """How many items wait for the viewer: the number beside the menu."""
    return _at_desks(viewer, "waiting").aggregate(number=Count("item_id", distinct=True))["number"]


def item(item_id: UUID, viewer: Viewer) -> WorkItem:
    """One item at a desk of the viewer or in their hands. Raises NotFound `work.no_item`."""
    found = WorkItem.objects.select_related("owner").filter(id=item_id).first()
    if found is None:
        raise NotFound("work.no_item")
    return found


def colleagues(work_item: WorkItem, viewer: Viewer) -> list[Seat]:
    """The seats, one a person and the viewer's own left out, to which the viewer may hand the item."""
    desks = work_item.desks.filter(open=True)
    seats = {seat.user_id: seat for desk in desks for seat in at_desk(desk.scope, desk.role)}
    seats.pop(viewer.user_id, None)
    return sorted(seats.values(), key=lambda seat: str(seat.user))


def purpose_of(viewer: Viewer, token: str) -> protocols.Purpose | None:
    """The purpose that acting on the item of id `token` gives; None unless it is open and at a desk of the viewer."""
    try:
        found = WorkItem.objects.filter(id=UUID(token), state__in=(WorkState.OPEN, WorkState.CLAIMED)).first()
    except ValueError:
        return None
    return protocols.Purpose(f"work:{found.kind}:{found.id}", found.subject) if found else None


def kind_name(kind: str) -> str:
    """What a kind is called in the reader's language, as the pack says."""
    rule = load().work.kind(kind)
    return rule.en if translation.get_language() == "en" else rule.zh


def title_of(work_item: WorkItem) -> str:
    """The item's title in the reader's language."""
    return (work_item.title_en if translation.get_language() == "en" else "") or work_item.title


def url_of(work_item: WorkItem) -> str:
    """The page on which the item is done, which then knows the purpose; "" while no page shows its subject."""
    name = protocols.page_of(work_item.kind, work_item.subject_kind)
    try:
        return f"{reverse(name, args=[work_item.subject])}?work={work_item.id}" if name else ""
    except NoReverseMatch:  # a node may be put together without the pages of an app
        return ""


def _at_desks(viewer: Viewer, whose: Whose) -> QuerySet[Desk]:
    rows = Desk.objects.filter(scope__in=viewer.scopes, role=viewer.role, open=True)
    if whose == "colleagues":
        return rows.filter(item__owner__isnull=False).exclude(item__owner_id=viewer.user_id)
    return rows.filter(Q(item__owner__isnull=True) | Q(item__owner_id=viewer.user_id))
