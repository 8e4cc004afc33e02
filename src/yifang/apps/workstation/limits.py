"""How often something may happen from one place: counted in this process, a minute at a time.

A guard against trying out and against a loop in somebody's program, not an account: several web processes count each
for itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_KEPT = 10_000  # places remembered at most


class Limit:
    """At most `most` a minute for each key."""

    def __init__(self, most: int, now: Callable[[], float] = time.monotonic) -> None:
        self._most, self._now = most, now
        self._lock = threading.Lock()
        self._minute, self._counts = -1, dict[str, int]()

    def spent(self, key: str) -> bool:
        """Whether the key has used up its minute; counts nothing."""
        with self._lock:
            self._turn()
            return self._counts.get(key, 0) >= self._most

    def count(self, key: str) -> None:
        """One more for the key."""
        with self._lock:
            self._turn()
            if key in self._counts or len(self._counts) < _KEPT:
                self._counts[key] = self._counts.get(key, 0) + 1

    def _turn(self) -> None:
        minute = int(self._now() // 60)
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()


REFUSED = Limit(30)  # refused links and tokens of one address
FOLLOWED = Limit(600)  # links and questions of one client's address
