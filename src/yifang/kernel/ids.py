"""Identifiers of our own things: UUID version 7 (RFC 9562 §5.7), ordered by time so that indexes grow at one end.

Not for keys that must be guessable by nobody: 62 random bits follow the time, the time itself is readable.
"""

from __future__ import annotations

import os
import random
import threading
import time
import uuid

_lock = threading.Lock()
_last = 0
_random = random.Random()  # seeded by the system; asking it for each id lets other threads in between every time
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_random.seed)


def new_id() -> uuid.UUID:
    """A new UUIDv7; within one process each is greater than the one before, even inside a millisecond."""
    global _last
    # RFC 9562 §6.2 method 3: the 12 bits after the milliseconds hold the fraction of the millisecond.
    nanoseconds = time.time_ns()
    stamp = (nanoseconds // 1_000_000 << 12) | ((nanoseconds % 1_000_000) * 4096 // 1_000_000)
    with _lock:
        _last = stamp = max(stamp, _last + 1)
    milliseconds, fraction = stamp >> 12, stamp & 0xFFF
    return uuid.UUID(
        int=(milliseconds & ((1 << 48) - 1)) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | _random.getrandbits(62)
    )
