"""HL7 v2 over MLLP: frames, who may send, what is answered when, and what is stored."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from tests import apps
from tests.formats.messages import laboratory, message
from yifang.apps.intake import services
from yifang.apps.intake.mllp import listener
from yifang.apps.intake.mllp.frames import Frames, TooLong, framed
from yifang.apps.intake.mllp.routes import Routes, networks
from yifang.apps.intake.models import Batch, BatchState, Feed, Quarantined
from yifang.apps.ledger.services import NODE
from yifang.apps.records.models import Record
from yifang.formats.canonical import Refusal
from yifang.kernel.errors import UserError

T = TypeVar("T")
STREAMS = {
    "one": ([b"\x0bMSH|1\x1c\r"], [b"MSH|1"]),
    "two at once": ([b"\x0bMSH|1\x1c\r\x0bMSH|2\x1c\r"], [b"MSH|1", b"MSH|2"]),
    "byte by byte": ([bytes([one]) for one in b"\x0bMSH|1\rPID|\x1c\r"], [b"MSH|1\rPID|"]),
    "no VT": ([b"MSH|1\x1c\rMSH|2\x1c\r"], [b"MSH|1", b"MSH|2"]),
    "no CR": ([b"\x0bMSH|1\x1c\x0bMSH|2\x1c"], [b"MSH|1", b"MSH|2"]),
    "CRLF": ([b"\x0bMSH|1\r\n\x1c\r\n\x0bMSH|2\r\n\x1c\r\n"], [b"MSH|1", b"MSH|2"]),
    "noise before": ([b"\r\n\x00 noise\x0bMSH|1\x1c\r"], [b"MSH|1"]),
    "keep-alive": ([b"\x0b\x1c\r", b"\r\n"], []),
    "unfinished": ([b"\x0bMSH|1"], []),
    "Chinese": ([framed("MSH|张三".encode("gb18030"))], ["MSH|张三".encode("gb18030")]),
}


@pytest.mark.parametrize(("pieces", "messages"), STREAMS.values(), ids=STREAMS)
def test_messages_out_of_a_stream(pieces, messages):
    frames = Frames(1000)
    assert [one for piece in pieces for one in frames.feed(piece)] == messages


def test_a_message_without_end_is_given_up():
    frames = Frames(10)
    frames.feed(b"\x0b" + b"x" * 9)
    with pytest.raises(TooLong):
        frames.feed(b"xx")


def test_the_narrowest_network_names_the_feed():
    lis, his = Feed(code="lis"), Feed(code="his")
    routes = Routes(tuple((network, feed) for text, feed in (("10.1.0.0/16", his), ("10.1.2.3", lis))
                          for network in networks(text)))  # fmt: skip
    found = [routes.feed_of(address) for address in ("10.1.2.3", "10.1.2.4", "10.2.0.1")]
    assert found == [lis, his, None]
    assert routes.host == "0.0.0.0"
    assert Routes(((networks("127.0.0.1")[0], lis),)).host == "127.0.0.1"


class Talk:
    """A listener on a free port of this machine, with a store of the test's own."""

    def __init__(self, store, senders: str = "127.0.0.0/8") -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        feed = Feed(code="lis")
        routes = Routes(tuple((network, feed) for network in networks(senders)))
        self._listener, self._stop = listener.Listener(self.port, store, self._routes_of), asyncio.Event()
        self._known: Routes | None = routes

    def _routes_of(self) -> Routes:
        if self._known is None:
            raise ConnectionError("the database is away")
        return self._known

    def break_routes(self) -> None:
        """From now on nobody can read who may send."""
        self._known = None

    async def __aenter__(self) -> Talk:
        self._served = asyncio.create_task(self._listener.serve(self._stop))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await self._served

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for _ in range(100):
            try:
                return await asyncio.open_connection("127.0.0.1", self.port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
        raise AssertionError("nobody listens")

    async def say(self, *messages: bytes) -> list[bytes]:
        """What is answered to messages sent in one go; fewer answers where the connection is closed."""
        reader, writer = await self.connect()
        writer.write(b"".join(map(framed, messages)))
        answers = []
        for _ in messages:
            try:
                answers.append(await asyncio.wait_for(reader.readuntil(b"\x1c"), 10))
            except (asyncio.IncompleteReadError, ConnectionResetError):
                break
        writer.close()
        return answers


def apart(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run it in a thread of its own: Playwright's sync API leaves a running loop in the tests' one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def numbered(number: int) -> bytes:
    return f"MSH|^~\\&|A|B|C|D|20261127||ADT^A01|{number}|P|2.5\rPID|1".encode()


def test_answers_come_in_the_order_of_the_messages_and_after_the_store():
    stored: list[bytes] = []

    def store(feed: Feed, messages: Sequence[bytes]) -> list[Refusal | None]:
        stored.extend(messages)
        return [Refusal("hl7.no_header", "MSH") if b"|7|" in one else None for one in messages]

    async def run() -> list[bytes]:
        async with Talk(store) as talk:
            return await talk.say(*(numbered(number) for number in range(20)))

    answers = apart(run())
    assert len(stored) == 20
    assert [answer.split(b"MSA|")[1].split(b"\r")[0].split(b"|")[:2] for answer in answers] == [
        [b"AR" if number == 7 else b"AA", str(number).encode()] for number in range(20)
    ]
    assert b"MSH" in answers[7].split(b"ERR|")[1]


def test_what_could_not_be_stored_is_not_answered():
    def store(feed: Feed, messages: Sequence[bytes]) -> list[Refusal | None]:
        raise ConnectionError("the database is away")

    async def run() -> list[bytes]:
        async with Talk(store) as talk:
            return await talk.say(numbered(1))

    assert apart(run()) == []


def test_a_stranger_is_not_heard():
    async def run() -> list[bytes]:
        async with Talk(lambda feed, messages: [None] * len(messages), senders="127.9.9.9") as talk:
            return await talk.say(numbered(1))

    assert apart(run()) == []


def test_a_port_that_was_taken_is_listened_to_once_it_is_free(monkeypatch):
    monkeypatch.setattr(listener, "_LOOK_SECONDS", 0.05)

    async def run() -> list[bytes]:
        talk = Talk(lambda feed, messages: [None] * len(messages))
        with socket.socket() as other:
            other.bind(("127.0.0.1", talk.port))
            other.listen()
            await talk.__aenter__()
            await asyncio.sleep(0.2)
        answers = await talk.say(numbered(1))
        await talk.__aexit__()
        return answers

    assert len(apart(run())) == 1


def test_the_database_may_go_away_while_it_listens(monkeypatch):
    monkeypatch.setattr(listener, "_LOOK_SECONDS", 0.05)

    async def run() -> list[bytes]:
        async with Talk(lambda feed, messages: [None] * len(messages)) as talk:
            first = await talk.say(numbered(1))
            talk.break_routes()
            await asyncio.sleep(0.2)
            return first + await talk.say(numbered(2))

    assert len(apart(run())) == 2


def test_too_much_without_an_end_is_refused(monkeypatch):
    monkeypatch.setattr(listener, "LIMIT", 1000)

    async def run() -> bytes:
        async with Talk(lambda feed, messages: [None] * len(messages)) as talk:
            reader, writer = await talk.connect()
            writer.write(b"\x0b" + b"x" * 2000)
            answer = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            return answer

    assert b"MSA|AR" in apart(run())


@pytest.mark.django_db
class TestStoring:
    def test_good_and_bad_messages_of_one_group(self):
        feed = apps.county().feeds["hospital"]
        messages = [laboratory(number="F01"), b"not a message", laboratory(number="F02")]
        with apps.as_jobs():
            outcome = services.take_messages(feed, messages, NODE, name="MLLP")
            again = services.take_messages(feed, messages[:2], NODE, name="MLLP")
        assert [one and one.code for one in outcome] == [None, "hl7.no_header", None]
        assert [one is None for one in again] == [True, False]
        assert (Record.objects.count(), Quarantined.objects.count()) == (2, 1)
        assert set(Batch.objects.values_list("state", flat=True)) == {BatchState.DONE}

    def test_real_messages_are_the_same_as_through_a_folder(self, shared):
        county = apps.county()
        files = sorted((shared / "fixtures" / "elr-pairs").glob("*.hl7"))
        data = [path.read_bytes() for path in files]
        with apps.as_jobs():
            for path in files:
                services.take_path(path, county.feeds["hospital"], NODE)
            before = Record.objects.count(), Quarantined.objects.count()
            outcome = services.take_messages(county.feeds["hospital"], data, NODE, name="MLLP")
        assert len(outcome) == len(files)
        assert (Record.objects.count(), Quarantined.objects.count()) == before

    def test_whose_message_could_not_be_stored_is_told(self, monkeypatch):
        from yifang.apps.intake.services import batches

        def receive(records, *rest):  # type: ignore[no-untyped-def]
            if any("坏" in str(record.person.name) for record in records):
                raise ValueError("cannot")
            return real(records, *rest)

        real = batches.receive
        monkeypatch.setattr(batches, "receive", receive)
        feed = apps.county().feeds["hospital"]
        bad = message(pid="PID|1||P9^^^HIS^MR||坏^人||19491231|F")
        with apps.as_jobs():
            outcome = services.take_messages(feed, [laboratory(), bad], NODE, name="MLLP")
        assert [one and one.code for one in outcome] == [None, "intake.not_storable"]

    def test_senders_of_a_feed(self):
        county = apps.county()
        feed, other = county.feeds["hospital"], Feed.objects.exclude(id=county.feeds["hospital"].id).first()
        with apps.as_jobs():
            assert services.routes().feed_of("127.0.0.1") == services.default_feed()
            services.set_senders(feed, "10.1.2.0/24, 127.0.0.1", NODE)
            assert services.routes().feed_of("127.0.0.1") == feed
            for wrong, code in (("10.1.2.3.4", "intake.sender"), ("::1", "intake.sender")):
                with pytest.raises(UserError) as refused:
                    services.set_senders(feed, wrong, NODE)
                assert refused.value.code == code
            if other is not None:
                with pytest.raises(UserError) as refused:
                    services.set_senders(other, "127.0.0.1", NODE)
                assert refused.value.code == "intake.sender_taken"
            services.set_senders(feed, "", NODE)
            assert services.routes().feed_of("127.0.0.1") == services.default_feed()
