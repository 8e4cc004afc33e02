"""What web and doors say to each other over a socket of this machine: each message its length and its bytes. Pure.

A conversation: the key (JSON) → `{"open": true}` or why not; the body → what became of it (JSON, `services.posted`).
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

LIMIT = 16 * 1024 * 1024  # bytes of a body: a report with a scanned page
_HEAD = struct.Struct(">I")
HEAD = _HEAD.size
_SOCKET_LIMIT = 100  # bytes of a path, by the operating system
_SHORT = Path("/tmp")


def framed(message: bytes) -> bytes:
    """A message as it goes over the socket."""
    return _HEAD.pack(len(message)) + message


def length(head: bytes) -> int:
    """How many bytes the message after this head has. Raises ValueError where it is longer than a body may be."""
    (found,) = _HEAD.unpack(head)
    if found > LIMIT:
        raise ValueError(f"a message of {found} bytes")
    return int(found)


def place(data: Path, node: str) -> Path:
    """Where the socket lies: in a folder of the data folder that only the node's user enters; a short one if need be.

    `node` is the node's random name of its secrets.
    """
    inside = data / "doors" / "http.sock"
    return inside if len(os.fsencode(inside)) < _SOCKET_LIMIT else _SHORT / f"yifang-doors-{node}" / "http.sock"
