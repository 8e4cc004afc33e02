"""Messages out of a stream of bytes: the Minimal Lower Layer Protocol (HL7 v2, appendix C), read leniently. Pure.

A message stands between VT (0x0B) and FS (0x1C); what follows FS, a CR as a rule, is between messages. A sender that
forgets VT is understood all the same: what stands before FS is the message.
"""

from __future__ import annotations

VT, FS, CR = b"\x0b", b"\x1c", b"\r"


class TooLong(Exception):
    """More bytes than a message may have came without an end."""


class Frames:
    """The unfinished rest of one connection. `limit`: the most bytes of a message."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that `data` completes, in order, without their frames. Raises TooLong."""
        *whole, self._rest = (self._rest + data).split(FS)
        messages = [message for one in whole if (message := one.rpartition(VT)[2].strip(b"\r\n\x00 "))]
        if len(self._rest) > self._limit or any(len(one) > self._limit for one in messages):
            raise TooLong
        return messages


def framed(message: bytes) -> bytes:
    """A message as it goes over the wire."""
    return VT + message + FS + CR
