"""What the desk sees of the hospital's own systems: who may ask, whom nobody knows, what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.workstation.models import Client, Prompt, Stranger


@dataclass(frozen=True, slots=True)
class Systems:
    """A hospital's clients, the staff numbers that nobody has here, and what was asked this month."""

    clients: Sequence[Client]
    strangers: Sequence[Stranger]


def systems(viewer: Viewer) -> Systems:
    """For the hospital's desk."""
    viewer.check("card.review")
    return Systems(
        list(Client.objects.defer("sealed", "public").filter(organisation_id=viewer.organisation_id)),
        list(Stranger.objects.filter(organisation_id=viewer.organisation_id).order_by("-last_at")[:200]),
    )


def strangers(viewer: Viewer) -> int:
    """How many staff numbers wait for the viewer's desk."""
    return Stranger.objects.count() if viewer.can("card.review") else 0


def prompts(viewer: Viewer, limit: int = 100) -> list[Prompt]:
    """The latest cards that CDS Hooks was answered with."""
    viewer.check("card.review")
    rows = Prompt.objects.filter(organisation_id=viewer.organisation_id).select_related("user")
    return list(rows.order_by("-shown_at")[:limit])
