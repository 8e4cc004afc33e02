"""The ways a hospital is read: one folder for each kind of source, one registry, one protocol (`protocol`).

A connector has settings (a pydantic model: its page and its command are made from it), opens its source, says what it
sees there and yields what is new since a watermark. What became of a turn is kept by `services.connections`; the loop
is `polling`. A folder of the node's own inbox, MLLP and the HTTP doors need no connector: they are open on every node.
"""

from __future__ import annotations

from yifang.apps.intake.connectors.protocol import Connector
from yifang.kernel.errors import UserError
from yifang.kernel.protocols import Registry

registry: Registry[Connector] = Registry()


def get(name: str) -> Connector:
    """The connector of that name. Raises UserError `connect.no_connector`, naming those there are."""
    for one in registry:
        if one.name == name:
            return one
    raise UserError("connect.no_connector", name=name, known=sorted(one.name for one in registry))
