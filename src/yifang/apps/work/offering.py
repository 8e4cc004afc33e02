"""What a role finds here while nothing waits for it: the pages open to it, and what kinds of work will come.

Both are read from what is there (the menu, the work pack), so that a role that is given a page or a kind of work says
so by itself. Not for what waits now (`queries`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.work.queries import kind_name
from yifang.kernel import protocols
from yifang.knowledge import load


@dataclass(frozen=True, slots=True)
class Way:
    """A page that the role may open, and what one does there."""

    label: Any
    about: Any
    url: str


@dataclass(frozen=True, slots=True)
class Offer:
    """`comes`: kinds of work that are given to the role; `climbs`: those it is told of when they are late."""

    ways: Sequence[Way]
    comes: Sequence[str]
    climbs: Sequence[str]


def offer_to(viewer: Viewer) -> Offer:
    """The pages of the viewer's menu that say what they are for, and the kinds of work that reach the role."""
    ways = [
        Way(item.label, item.about, reverse(item.url_name))
        for item in protocols.menu
        if item.about and (not item.roles or viewer.role in item.roles)
    ]
    kinds = load().work.kinds
    comes = [kind.id for kind in kinds if kind.role == viewer.role]
    climbs = [
        kind.id
        for kind in kinds
        if kind.id not in comes
        and any(rung.to_role == viewer.role for urgent in (False, True) for rung in kind.for_urgency(urgent)[1])
    ]
    return Offer(ways, [kind_name(kind) for kind in comes], [kind_name(kind) for kind in climbs])
