"""The web process's half of the HTTP doors: shows the key, hands over the body, waits for what became of it."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from typing import Any, Protocol

from django.conf import settings

from yifang.apps.intake.http import wire
from yifang.apps.intake.services.posted import Door

_PATIENCE = 60.0  # seconds: the doors process itself tries for some twenty while the database is away
_HURRY = 5.0  # until it has said whether the key is good
Json = dict[str, Any]


class Away(Exception):
    """The doors process or its database does not answer; nothing is known to be stored, and sending again is safe."""


class Opened(Protocol):
    """A door that a good key opened: takes one body."""

    def __call__(self, body: bytes) -> Json: ...


@contextlib.contextmanager
def opened(door: Door, key: str, digest: str, address: str) -> Iterator[Opened | str]:
    """The opened door, or the message code of why the key does not open it. Raises Away, inside too."""
    place = wire.place(settings.YIFANG.data, settings.YIFANG_SECRETS.node)
    with contextlib.ExitStack() as stack:
        try:
            talk = stack.enter_context(socket.socket(socket.AF_UNIX))
            talk.settimeout(_HURRY)
            talk.connect(str(place))
            talk.sendall(
                wire.framed(json.dumps({"door": door, "key": key, "digest": digest, "address": address}).encode())
            )
            answer = _hear(talk)
        except OSError:
            raise Away from None

        def take(body: bytes) -> Json:
            try:
                talk.settimeout(_PATIENCE)
                talk.sendall(wire.framed(body))
                told = _hear(talk)
            except OSError:
                raise Away from None
            if "refused" in told:
                raise Away
            return told

        refused: str = answer.get("refused", "")
        if refused == "intake.api_away":
            raise Away
        yield refused or take


def _hear(talk: socket.socket) -> Json:
    found: Json = json.loads(_exactly(talk, wire.length(_exactly(talk, wire.HEAD))))
    return found


def _exactly(talk: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = talk.recv(min(size - len(parts), 1 << 20))
        if not part:
            raise ConnectionError("the doors process went away")
        parts += part
    return bytes(parts)
