"""What the relay shows elsewhere: its menu entry, lines on my work, and how it is for `/healthz`."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.relay import queries
from yifang.kernel import protocols


def register() -> None:
    """Called once, when the app is ready."""
    protocols.work_sources.add(protocols.Named("relay", work_lines))
    protocols.health.add(protocols.Named("relay", troubled))
    protocols.menu.add(
        protocols.MenuItem(
            "relay",
            gettext_lazy("上下级连接"),
            "relay:links",
            frozenset(key for key, role in ROLES.items() if "relay.view" in role.may),
            order=890,
            icon="arrows-right-left",
            about=gettext_lazy("看与上级、下级节点的连接通不通，还有什么没发出、没回执、处理不了。"),
            group="data",
        )
    )


def work_lines(viewer: Viewer) -> Iterator[protocols.WorkLine]:
    """Cards that both nodes changed, and nobody has looked at."""
    if not viewer.can("relay.view") or not viewer.can("card.view"):
        return
    waiting = queries.unseen(viewer)
    for peer in {one.peer for one in waiting}:
        number = sum(one.peer_id == peer.id for one in waiting)
        label = _("与“{name}”两边都改过的卡").format(name=peer.name)
        yield protocols.WorkLine(label, reverse("relay:link", args=[peer.id, "conflicts"]), number)


def troubled() -> int:
    """How many links have failed for a quarter of an hour, or hold entries that wait for somebody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT yf_relay_troubled()")
        return int(cursor.fetchone()[0])
