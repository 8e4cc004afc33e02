"""The MLLP listener: messages are stored as they come, and acknowledged after the commit.

All connections share one writer (`grouping`). A message whose storing fails for our sake (the database is away) is not
answered and its connection is closed: the sender keeps it and sends it again. Answers keep the order of a connection's
messages.

A sender is known by its address: a feed names those that speak through it. Without any the listener binds loopback, and
this machine's own programs speak through the inbox's feed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import structlog

from yifang.apps.intake.grouping import Writer
from yifang.apps.intake.mllp.frames import Frames, TooLong, framed
from yifang.apps.intake.mllp.routes import Routes
from yifang.apps.intake.models import Feed
from yifang.formats.canonical import Refusal
from yifang.formats.hl7v2.answer import Code, acknowledge
from yifang.kernel import clock
from yifang.kernel.errors import place_of
from yifang.kernel.ids import new_id
from yifang.kernel.messages import render

LIMIT = 16 * 1024 * 1024  # bytes of a message: a report with a scanned page
_READ = 256 * 1024
_LOOK_SECONDS = 2.0
_REJECTED = ("hl7.no_header", "intake.too_long")  # no message at all: AR
log = structlog.get_logger(__name__)

Store = Callable[[Feed, Sequence[bytes]], list[Refusal | None]]
"""Stores messages of a feed in one transaction; for each None, or why it lies in quarantine."""


class Listener:
    """One port. `store` and `routes` are called in a worker thread, one at a time."""

    def __init__(self, port: int, store: Store, routes: Callable[[], Routes]) -> None:
        self._port, self._ask = port, routes
        self._routes, self._told = Routes(()), False
        self._writer: Writer[bytes, Refusal | None] = Writer("mllp", store, len)
        self._open: set[asyncio.Task[None]] = set()

    async def serve(self, stop: asyncio.Event) -> None:
        """Listen until `stop`; bound anew when the feeds' senders change, and tried again while the port is taken."""
        writer = asyncio.create_task(self._writer.run())
        server, bound = None, None
        try:
            while not stop.is_set():
                await self._refresh()
                if self._routes.pairs and bound != self._routes.host:
                    if server is not None:
                        server.close()
                    server = await self._bind()
                    bound = self._routes.host if server is not None else None
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _LOOK_SECONDS)
        finally:
            if server is not None:
                server.close()
            for task in (*self._open, writer):
                task.cancel()
            await asyncio.gather(*self._open, writer, return_exceptions=True)

    async def _refresh(self) -> None:
        """Read who may send. While the database is away the senders known so far may go on."""
        try:
            self._routes = await self._writer.in_thread(self._ask)
        except Exception as error:
            log.warning("mllp could not read its senders", reason=place_of(error))

    async def _bind(self) -> asyncio.Server | None:
        try:
            server = await asyncio.start_server(self._serve, self._routes.host, self._port, limit=_READ)
        except OSError as refused:  # another node's, perhaps: said once, tried on
            if not self._told:
                log.error(
                    "mllp cannot listen; give this node another --mllp-port", port=self._port, reason=str(refused)
                )
            self._told = True
            return None
        self._told = False
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")[0]
        feed = self._routes.feed_of(peer)
        if feed is None:
            log.warning("mllp refused a sender that no feed names", address=peer)
            return
        frames = Frames(LIMIT)
        while data := await reader.read(_READ):
            try:
                messages = frames.feed(data)
            except TooLong:
                log.warning("mllp message too long", feed=feed.code, limit=LIMIT)
                writer.write(_answer(b"", Refusal("intake.too_long", "", (("limit", f"{LIMIT >> 20} MB"),))))
                await writer.drain()
                return
            waiting = [await self._writer.put(feed, message) for message in messages]
            for message, stored in zip(messages, waiting, strict=True):
                try:
                    refusal = await stored
                except Exception:
                    return  # not stored: not answered
                writer.write(_answer(message, refusal))
            await writer.drain()


def _answer(message: bytes, refusal: Refusal | None) -> bytes:
    code: Code = "AA"
    reason = ""
    if refusal is not None:
        code = "AR" if refusal.code in _REJECTED else "AE"
        where = f"{refusal.place}: " if refusal.place else ""
        reason = where + render(refusal.code, dict(refusal.params), "en")
    return framed(acknowledge(message, code, new_id().hex[:20], clock.now(), reason))
