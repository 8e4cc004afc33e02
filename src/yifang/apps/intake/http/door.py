"""The doors process's half of the HTTP doors: checks the key, takes the body, answers after the commit.

It, not the web process, holds the rights to store and to read the keys: a web process that somebody took over could
still not write a record without a client's key. Bodies that wait together share a transaction (`grouping`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import structlog

from yifang.apps.intake.grouping import Writer
from yifang.apps.intake.http import wire
from yifang.apps.intake.models import Feed, FeedKey
from yifang.apps.intake.services.posted import Posted
from yifang.kernel import clock
from yifang.kernel.errors import place_of

log = structlog.get_logger(__name__)
Json = dict[str, Any]
_AWAY = {"refused": "intake.api_away"}


class Door:
    """One socket. `check` and `store` are called each in a thread of its own, so that no key waits for a body."""

    def __init__(
        self,
        place: Path,
        store: Callable[[Feed, Sequence[Posted]], list[Json]],
        check: Callable[[str, str], tuple[FeedKey | None, str]],
    ) -> None:
        self._place, self._check = place, check
        self._keys = ThreadPoolExecutor(1, "http-keys")
        self._writer: Writer[Posted, Json] = Writer("http", store, lambda one: len(one.body))

    async def serve(self, stop: asyncio.Event) -> None:
        """Answer until `stop`."""
        self._place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._place.parent.stat().st_uid != os.geteuid():
            raise PermissionError(f"{self._place.parent} belongs to somebody else")
        with contextlib.suppress(FileNotFoundError):
            self._place.unlink()  # what a killed process left
        writer = asyncio.create_task(self._writer.run())
        server = await asyncio.start_unix_server(self._serve, self._place)
        try:
            await stop.wait()
        finally:
            server.close()
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass  # the web process went away, or talks nonsense
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(what: Json) -> None:
            writer.write(wire.framed(json.dumps(what).encode()))
            await writer.drain()

        asked = json.loads(await _hear(reader))
        try:
            found = await asyncio.get_running_loop().run_in_executor(
                self._keys, self._check, asked["key"], asked["digest"]
            )
        except Exception as error:
            log.warning("http could not check a key", reason=place_of(error))
            return await say(_AWAY)
        key, refused = found
        if key is None:
            log.warning("http refused a key", key=asked["key"], reason=refused, address=asked.get("address", ""))
            return await say({"refused": refused})
        await say({"open": True})
        first = key.id if key.used_on != clock.today() else None
        body = Posted(asked["door"], await _hear(reader), first)
        try:
            told = await (await self._writer.put(key.feed, body))
        except Exception:
            return await say(_AWAY)  # said by the writer why
        await say(told)


async def _hear(reader: asyncio.StreamReader) -> bytes:
    return await reader.readexactly(wire.length(await reader.readexactly(wire.HEAD)))
