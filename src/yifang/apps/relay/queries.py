"""Reads of the links' state: each peer with what waits, what has no receipt, what was set aside; and the lists behind.

They hold no content. Which subject a line is about is said to those only who may see it (`shown`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Min, Q, QuerySet, Sum

from yifang.apps.accounts.models import Visibility
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.relay.models import Arrival, Batch, Conflict, Outgoing, Peer, Waiting
from yifang.kernel import clock
from yifang.kernel.errors import NotFound
from yifang.web.tables import MOST_COUNTED

Key = tuple[datetime, Any]


@dataclass(frozen=True, slots=True)
class Link:
    """A peer and its numbers. `waiting` by kind; `oldest` of what is to go out; `carried` entries of the last day."""

    peer: Peer
    waiting: dict[str, int]
    oldest: datetime | None
    unreceipted: int
    aside: int
    conflicts: int
    carried: int
    received: int

    @property
    def waits(self) -> int:
        return sum(self.waiting.values())


def links(viewer: Viewer) -> list[Link]:
    """Every peer, the upper node first."""
    viewer.check("relay.view")
    return [_link(peer) for peer in Peer.objects.order_by("-side", "name")]


def link(peer_id: UUID, viewer: Viewer) -> Link:
    """One peer. Raises NotFound `relay.no_such`."""
    viewer.check("relay.view")
    peer = Peer.objects.filter(id=peer_id).first()
    if peer is None:
        raise NotFound("relay.no_such", named=str(peer_id), nodes=["—"])
    return _link(peer)


def outgoing(
    peer_id: UUID, viewer: Viewer, kind: str, *, after: int | None, backwards: bool, limit: int
) -> list[Outgoing]:
    """What waits to go out, the oldest first."""
    viewer.check("relay.view")
    rows = Outgoing.objects.filter(peer=peer_id, batch__isnull=True)
    if kind:
        rows = rows.filter(kind=kind)
    if after is not None:
        rows = rows.filter(id__lt=after) if backwards else rows.filter(id__gt=after)
    return list(rows.order_by("-id" if backwards else "id")[: limit + 1])


def batches(
    peer_id: UUID, viewer: Viewer, *, open_only: bool, key: Key | None, backwards: bool, limit: int
) -> list[Batch]:
    """Batches that left, the newest first; `open_only`: those without a receipt."""
    viewer.check("relay.view")
    rows = Batch.objects.filter(peer=peer_id).defer("content")
    if open_only:
        rows = rows.filter(acked_at__isnull=True)
    return _along(rows, "made_at", key, backwards, limit)


def arrivals(peer_id: UUID, viewer: Viewer, *, key: Key | None, backwards: bool, limit: int) -> list[Arrival]:
    """Batches that came, the newest first."""
    viewer.check("relay.view")
    return _along(Arrival.objects.filter(peer=peer_id).defer("content"), "received_at", key, backwards, limit)


def aside(peer_id: UUID, viewer: Viewer, limit: int) -> list[Waiting]:
    """Entries that could not be applied, the oldest first."""
    viewer.check("relay.view")
    return list(Waiting.objects.filter(peer=peer_id).defer("sealed").order_by("first_at", "id")[:limit])


def conflicts(peer_id: UUID, viewer: Viewer, limit: int) -> list[Conflict]:
    """What both sides changed, of cards that the viewer sees, the newest first."""
    viewer.check("relay.view")
    return list(Conflict.objects.filter(peer=peer_id).order_by("-found_at", "-id")[:limit])


def unseen(viewer: Viewer) -> list[Conflict]:
    """Conflicts that nobody has looked at, of cards that the viewer sees."""
    return list(Conflict.objects.filter(seen_at__isnull=True).select_related("peer").order_by("found_at")[:100])


def shown(subjects: Sequence[UUID]) -> set[UUID]:
    """Which of these subjects the entered viewer sees."""
    return set(Visibility.objects.filter(subject__in=subjects).values_list("subject", flat=True))


def _link(peer: Peer) -> Link:
    day = clock.now() - timedelta(days=1)
    waiting = Outgoing.objects.filter(peer=peer, batch__isnull=True)
    kinds = waiting.order_by().values_list("kind", flat=True).distinct()
    sent = Batch.objects.filter(peer=peer, acked_at__gte=day).aggregate(n=Sum("entries"))["n"]
    came = Arrival.objects.filter(peer=peer, applied_at__gte=day).aggregate(n=Sum("entries"))["n"]
    return Link(
        peer, {kind: _counted(waiting.filter(kind=kind)) for kind in sorted(kinds)},
        waiting.aggregate(at=Min("at"))["at"],
        _counted(Batch.objects.filter(peer=peer, acked_at__isnull=True)),
        _counted(Waiting.objects.filter(peer=peer)),
        _counted(Conflict.objects.filter(peer=peer, seen_at__isnull=True)),
        sent or 0, came or 0,
    )  # fmt: skip


def _counted(rows: QuerySet[Any]) -> int:
    return rows.order_by()[: MOST_COUNTED + 1].count()


def _along(rows: QuerySet[Any], column: str, key: Key | None, backwards: bool, limit: int) -> list[Any]:
    if key is not None:
        at, id = key
        earlier = f"{column}__{'gt' if backwards else 'lt'}"
        same = "id__gt" if backwards else "id__lt"
        rows = rows.filter(Q(**{earlier: at}) | Q(**{column: at, same: id}))
    order = (column, "id") if backwards else (f"-{column}", "-id")
    return list(rows.order_by(*order)[: limit + 1])
