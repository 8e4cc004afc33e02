"""The time, asked in one place so that a test or a replay can set it.

Instants are aware and in UTC; a civil day belongs to a zone. Engines never ask: they are handed the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Anything that tells an aware UTC instant."""

    def __call__(self) -> datetime: ...


def _system() -> datetime:
    return datetime.now(UTC)


_process_clock: Clock = _system
# A context variable, not a global: two tests or two replays in threads must not see each other's time.
_frozen_clock: ContextVar[Clock | None] = ContextVar("yifang_clock", default=None)


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return (_frozen_clock.get() or _process_clock)()


def today(zone: ZoneInfo = CHINA) -> date:
    """The civil day it now is in `zone`."""
    return now().astimezone(zone).date()


def set_clock(clock: Clock | None) -> None:
    """Replace the clock of the whole process, None for the system's own again (for a simulated county)."""
    global _process_clock
    _process_clock = clock or _system


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Inside the block, in this thread or task, it is `at`. Raises ValueError for a naive time."""
    if at.tzinfo is None:
        raise ValueError("frozen() needs an aware time: a naive one means a different instant on every machine")
    instant = at.astimezone(UTC)
    token = _frozen_clock.set(lambda: instant)
    try:
        yield
    finally:
        _frozen_clock.reset(token)
