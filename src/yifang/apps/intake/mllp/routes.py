"""Which feed a sender speaks through, by its IPv4 address. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from yifang.apps.intake.models import Feed
from yifang.kernel.errors import UserError

LOOPBACK = IPv4Network("127.0.0.0/8")


@dataclass(frozen=True, slots=True)
class Routes:
    """Networks with their feeds; the narrowest that holds an address wins."""

    pairs: Sequence[tuple[IPv4Network, Feed]]

    @property
    def host(self) -> str:
        """Where to listen: this machine alone, unless a feed names a sender elsewhere."""
        return "127.0.0.1" if all(network.is_loopback for network, _ in self.pairs) else "0.0.0.0"

    def feed_of(self, address: str) -> Feed | None:
        """The feed of a peer's address; None for a stranger."""
        peer = IPv4Address(address)
        found = [(network.prefixlen, feed) for network, feed in self.pairs if peer in network]
        return max(found, key=lambda one: one[0])[1] if found else None


def networks(text: str) -> list[IPv4Network]:
    """The networks of a comma-separated list of addresses (`10.1.2.3`, `10.1.0.0/16`).

    Raises UserError `intake.sender`, naming the one that is no address.
    """
    found = []
    for word in (part.strip() for part in text.split(",")):
        if not word:
            continue
        try:
            found.append(IPv4Network(word))
        except ValueError:
            raise UserError("intake.sender", address=word) from None
    return found
