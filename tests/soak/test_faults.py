"""Killing web, jobs or PostgreSQL while messages arrive loses nothing and doubles nothing.

A whole node takes some hundred messages from its folder; at moments chosen by seed its processes are killed with
SIGKILL. What stands at the end must be what the files promise, and what an undisturbed intake makes of them.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import psycopg
import pytest
from django.db import connection, transaction

from tests import apps
from tests.node.running import Node, children, running
from tests.soak.arrivals import Arrival, arrivals
from tests.soak.outcome import Outcome, Promised, outcome, promised
from yifang.apps.intake import services
from yifang.apps.ledger.services import NODE

FEED = "hospital-his"
FAULTS = ("jobs", "watch", "web", "worker", "postmaster", "backend", "cluster", "everything")
KILLS, ARRIVING = 3, 3.0  # seconds over which the files arrive
SETTLED = 60  # seconds


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with running() as node:
        node.with_county()
        yield node


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.django_db
def test_a_node_that_is_killed_while_messages_arrive(node, seed):
    _survives(node, seed)


def test_the_ledger_is_whole_after_all_of_it(node):
    _verify(node)


@pytest.mark.soak
@pytest.mark.parametrize("first", range(100, 150, 5))
@pytest.mark.django_db
def test_fifty_more_nodes_that_are_killed(first):
    with running() as node:
        node.with_county()
        for seed in range(first, first + 5):
            _survives(node, seed)
        _verify(node)


def _verify(node: Node) -> None:
    verified = node.yifang("ledger", "verify")
    assert verified.returncode == 0, verified.stdout


def _survives(node: Node, seed: int) -> None:
    files = arrivals(seed)
    _disturb(node, files, seed)
    _settle(node, files)
    with node.connect() as sql:
        found = outcome(sql.cursor(), files)
    calm = _undisturbed(files)
    assert found.unfinished == (0,)
    for awaited in (promised(files), calm):
        for part in fields(awaited):
            differing = _differing(found, awaited, part.name)
            assert not differing, f"{part.name}:\n" + "\n".join(differing[:20])


def _differing(found: Outcome, awaited: Outcome | Promised, part: str) -> list[str]:
    """What stands there too often (+) or too seldom (-)."""
    more, wanted = (Counter(map(repr, getattr(one, part))) for one in (found, awaited))
    return [f"+ {row}" for row in (more - wanted).elements()] + [f"- {row}" for row in (wanted - more).elements()]


def _undisturbed(files: list[Arrival]) -> Outcome:
    """What a calm intake makes of the files, one after the other, in the test's own database; nothing of it stays."""
    with transaction.atomic():
        county = apps.county()
        for place, one in enumerate(files):
            with apps.as_jobs():
                services.take_bytes(one.data, one.name, county.feeds["hospital"], NODE)
            if place % 4 == 3 or one is files[-1]:
                apps.deliver()
        with connection.cursor() as cursor:
            found = outcome(cursor, files)
        transaction.set_rollback(True)
    return found


def _disturb(node: Node, files: list[Arrival], seed: int) -> None:
    """Put the files into the folder one by one, and kill in between."""
    chance = random.Random(seed)
    faults = [FAULTS[seed % len(FAULTS)], *chance.choices(FAULTS, k=KILLS - 1)]
    plan: list[tuple[float, str | Arrival]] = [(chance.uniform(0, ARRIVING * 1.2), fault) for fault in faults]
    plan += [(place * ARRIVING / len(files), one) for place, one in enumerate(files)]
    folder = node.config.inbox / FEED
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    for moment, what in sorted(plan, key=lambda step: step[0]):
        time.sleep(max(0.0, started + moment - time.monotonic()))
        if isinstance(what, Arrival):
            _put(folder, what)
        else:
            _kill(node, what, chance)


def _put(folder: Path, one: Arrival) -> None:
    hidden = folder / f".{one.name}"
    hidden.write_bytes(one.data)
    hidden.rename(folder / one.name)


def _kill(node: Node, what: str, chance: random.Random) -> None:
    """Kill what `what` names; nothing where it is down already."""
    parts = node.processes()
    backends = [pid for pid, _ in children(parts["postgres"])] if "postgres" in parts else []
    match what:
        case "postmaster":
            chosen = [parts.get("postgres")]
        case "backend":
            chosen = [chance.choice(backends)] if backends else []
        case "cluster":
            chosen = [parts.get("postgres"), *backends]
        case "everything":
            chosen = [*parts.values(), *backends]
        case _:
            chosen = [parts.get(what)]
    for pid in filter(None, chosen):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _settle(node: Node, files: list[Arrival]) -> None:
    """Wait until all files are laid aside, all entries sealed and every subscriber has read them."""
    folder = node.config.inbox / FEED
    deadline = time.monotonic() + SETTLED
    while True:
        waiting = [path.name for path in folder.iterdir() if path.is_file()]
        state = "the database is away"
        with suppress(psycopg.OperationalError), node.connect() as sql:
            state = sql.execute(_STATE).fetchone()
            if not waiting and state == (0, 0, 0, "") and node.health()["ok"]:
                return
        assert time.monotonic() < deadline, f"not settled: {waiting} {state}\n{node.output.read_text()[-4000:]}"
        time.sleep(0.05)


_STATE = """WITH head AS (SELECT coalesce(max(seq), 0) AS seq FROM ledger_seal WHERE stream = 'change')
SELECT (SELECT count(*) FROM intake_batch WHERE state <> 'done'),
(SELECT count(*) FROM ledger_entry e LEFT JOIN ledger_seal s ON s.entry_id = e.id WHERE s.id IS NULL),
(SELECT count(*) FROM ledger_cursor c, head WHERE c.seq <> head.seq),
(SELECT coalesce(string_agg(subscriber || ': ' || error, ' '), '') FROM ledger_failure)"""
