"""What comes through a door at the same time is stored together: one thread, one connection, one transaction at a time.

A busy door commits seldom and a quiet one at once. Whoever put something in waits until it is stored; what could not be
stored for our sake (the database is away) raises, and the sender keeps it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import structlog

from yifang.apps.intake.models import Feed

GROUP = 200  # things in one transaction
_WEIGHT = 512 * 1024  # and bytes, but for a single one
log = structlog.get_logger(__name__)
Thing = TypeVar("Thing")
Outcome = TypeVar("Outcome")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Thing, Outcome]):
    feed: Feed
    thing: Thing
    stored: asyncio.Future[Outcome]


class Writer(Generic[Thing, Outcome]):
    """`store` takes things of one feed and says of each what became of it; it is called in the writer's own thread."""

    def __init__(
        self, name: str, store: Callable[[Feed, Sequence[Thing]], list[Outcome]], weigh: Callable[[Thing], int]
    ) -> None:
        self._name, self._store, self._weigh = name, store, weigh
        self._thread = ThreadPoolExecutor(1, name)
        self._queue: asyncio.Queue[_Waiting[Thing, Outcome]] = asyncio.Queue(maxsize=4 * GROUP)
        self._left: _Waiting[Thing, Outcome] | None = None  # taken out of the queue, too heavy for the last group

    async def put(self, feed: Feed, thing: Thing) -> asyncio.Future[Outcome]:
        """Queue a thing; its future is done when it is stored, and raises where it could not be."""
        one = _Waiting(feed, thing, asyncio.get_running_loop().create_future())
        await self._queue.put(one)
        return one.stored

    async def in_thread(self, work: Callable[..., T], *given: Any) -> T:
        """Do something else on the writer's connection, when it is free."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *given))

    async def run(self) -> None:
        """Store what is put in, until cancelled."""
        while True:
            by_feed: dict[Feed, list[_Waiting[Thing, Outcome]]] = defaultdict(list)
            for one in await self._group():
                by_feed[one.feed].append(one)
            for feed, waiting in by_feed.items():
                try:
                    outcome = await self.in_thread(self._store, feed, [one.thing for one in waiting])
                except Exception as error:
                    log.exception(f"{self._name} could not store", feed=feed.code)
                    _settle(waiting, error)
                else:
                    _settle(waiting, outcome)

    async def _group(self) -> list[_Waiting[Thing, Outcome]]:
        first, self._left = self._left or await self._queue.get(), None
        group, weight = [first], self._weigh(first.thing)
        with contextlib.suppress(asyncio.QueueEmpty):
            while len(group) < GROUP:
                one = self._queue.get_nowait()
                weight += self._weigh(one.thing)
                if weight > _WEIGHT:
                    self._left = one
                    break
                group.append(one)
        return group


def _settle(waiting: Sequence[_Waiting[Thing, Outcome]], outcome: Sequence[Outcome] | Exception) -> None:
    for place, one in enumerate(waiting):
        if one.stored.done():  # its connection went away meanwhile
            continue
        if isinstance(outcome, Exception):
            one.stored.set_exception(outcome)
        else:
            one.stored.set_result(outcome[place])
