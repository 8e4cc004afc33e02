"""A peer as the one who acted: in whose role and name its steps stand here."""

from __future__ import annotations

from dataclasses import dataclass

from yifang.apps.accounts.models import User
from yifang.apps.relay.models import Peer


@dataclass(frozen=True, slots=True)
class From:
    """A peer as the actor of the steps it took."""

    user_id: int | None = None
    role: str = "relay"
    purpose: str = ""


def username(peer: Peer) -> str:
    """What the peer is called among the users."""
    return f"node-{peer.node}"


def author(peer: Peer) -> User:
    """In whose name the other node's words stand here: nobody can sign in as it."""
    made, _fresh = User.objects.get_or_create(
        username=username(peer), defaults={"display_name": peer.name[:60], "is_active": False, "password": "!"}
    )
    return made
