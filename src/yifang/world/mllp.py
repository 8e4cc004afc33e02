"""One HL7 v2 message after another over MLLP, each waited for until it is answered.

A receiver that is away is tried again; one that refuses a message has seen it, and the next one follows.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

_START, _END = b"\x0b", b"\x1c\r"
_PATIENCE = 30.0


class Line:
    """A connection that comes back."""

    def __init__(self, host: str, port: int, wait: Callable[[str], None]) -> None:
        self._address = (host, port)
        self._wait = wait  # told the reason, returns when it is time to try again
        self._socket: socket.socket | None = None
        self.refused = 0

    def send(self, raw: bytes) -> None:
        """Send a message and take its answer, however often the line breaks."""
        while True:
            try:
                answer = self._exchange(raw)
            except OSError as error:
                self.close()
                self._wait(error.strerror or type(error).__name__)
                continue
            self.refused += b"MSA|AA" not in answer and b"MSA|CA" not in answer
            return

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, raw: bytes) -> bytes:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=_PATIENCE)
        self._socket.sendall(_START + raw + _END)
        answer = b""
        while not answer.endswith(_END):
            part = self._socket.recv(65536)
            if not part:
                raise ConnectionResetError(0, "closed")
            answer += part
        return answer


def address(text: str) -> tuple[str, int] | None:
    """`HOST:PORT`, None for anything else; `[::1]:2575` for IPv6."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
        return None
    return host.strip("[]"), int(port)
