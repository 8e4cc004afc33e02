"""Hospital, district and city as three whole nodes behind HTTPS, joined as docs/relay.md tells an engineer to.

Each is `yifang run` in a folder of its own; proxies end TLS before the upper two, with certificates of an authority
that no machine knows. Cards go up, a city's feedback comes down two steps, and by seed processes are killed meanwhile,
PostgreSQL's among them.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import pairwise
from pathlib import Path

import pytest

from tests.node import running
from tests.node.running import Node
from tests.relay.tls import Authority, proxy

HOSPITAL = "H31011201"
ROLES = (("hospital", "310112"), ("district", "310112"), ("city", "310100"))
CAUGHT_UP = 120  # seconds, of three nodes on one machine
CARDS, KILLS = 6, 4


@pytest.fixture(scope="module")
def chain(tmp_path_factory) -> Iterator[tuple[Node, Node, Node]]:
    """Three nodes, up, with the cast and not joined yet; the proxies' certificates lie beside them."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("three")
        patience, running.PATIENCE = running.PATIENCE, 400  # three nodes begin at once
        stack.callback(setattr, running, "PATIENCE", patience)
        made = []
        for role, area in ROLES:
            more = {"role": role, "area": area, "name": role, "https": "0" if role == "hospital" else "1"}
            made.append(stack.enter_context(running.running(**more)))
        authority = Authority(folder)
        certificate = authority.certificate("localhost")
        for node in made:
            node.with_county()
            node.authority = authority.file
        for lower, upper in pairwise(made):
            port = stack.enter_context(proxy(certificate, upper.config.port))
            _join(lower, upper, f"https://localhost:{port}", folder)
        yield tuple(made)


@pytest.mark.soak
def test_a_card_goes_up_and_feedback_comes_down_two_steps_over_https(chain):
    hospital, district, city = chain
    assert _until(lambda: _link(hospital)["error"] == "relay.certificate"), _link(hospital)
    for node in (hospital, district):
        shutil.copy(node.authority, node.config.data / "relay-ca.pem")
    assert _until(lambda: _link(hospital)["error"] == "" == _link(district)["error"])
    _said(hospital, "report()")
    _alike(chain)
    _said(city, "tell()")
    assert _until(lambda: "全市" in _said(hospital, "told()"))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_killed_processes_and_databases_lose_and_double_nothing(chain, seed):
    hospital = chain[0]
    chance = random.Random(seed)
    before = len(json.loads(_said(hospital, "json.dumps(held())")))
    code = f"from tests.relay.real import report as f; f({CARDS}, {10 + seed * CARDS})"
    people = threading.Thread(target=lambda: hospital.python(code), daemon=True)
    people.start()
    killed = []
    for _ in range(KILLS):
        time.sleep(chance.uniform(1, 4))
        node, part = chance.choice(chain), chance.choice(("jobs", "web", "worker", "postgres", "backend"))
        killed += [f"{node.config.role} {part}"] * _kill(node, part, chance)
    people.join(CAUGHT_UP)
    assert not people.is_alive()
    _alike(chain)
    assert len(json.loads(_said(hospital, "json.dumps(held())"))) == before + CARDS
    print(f"three nodes, seed {seed}: {CARDS} cards went up, killed: {', '.join(killed)}")


def _alike(chain) -> None:
    """Hospital and district hold the same cards, district and city the same cases, and nothing waits."""
    hospital, district, city = chain
    assert _until(lambda: all(node.health()["ok"] for node in chain))
    cards = _said(hospital, "held()")
    assert _until(lambda: _said(district, "held()") == cards), (cards, _said(district, "held()"))
    assert _until(lambda: _said(city, "cases()") == _said(district, "cases()"))
    for node in chain:
        assert _until(lambda here=node: all(
            one["waiting"] == one["unreceipted"] == one["set_aside"] == 0 for one in _links(here)
        )), _links(node)  # fmt: skip


def _join(lower: Node, upper: Node, url: str, folder: Path) -> None:
    """The two files and the two fingerprints, by the commands of docs/relay.md."""
    invitation, answer = (str(folder / f"{lower.config.role}-{name}.json") for name in ("invitation", "answer"))
    whose = ("--organisation", HOSPITAL) if lower.config.role == "hospital" else ()
    _run(upper, "relay", "invite", lower.config.role, *whose, "--url", url, "--out", invitation)
    _run(lower, "relay", "join", invitation, "--fingerprint", _run(upper, "relay", "fingerprint"), "--out", answer)
    _run(upper, "relay", "admit", answer, "--fingerprint", _run(lower, "relay", "fingerprint"))


def _run(node: Node, *words: str) -> str:
    done = node.yifang(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def _links(node: Node) -> list[dict[str, object]]:
    return [json.loads(line) for line in _run(node, "relay", "list", "--json").splitlines()]


def _link(node: Node) -> dict[str, object]:
    """The one upwards."""
    return next(one for one in _links(node) if one["side"] == "up")


def _said(node: Node, call: str) -> str:
    done = node.python(f"import json; from tests.relay.real import *; print({call})")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _kill(node: Node, part: str, chance: random.Random) -> bool:
    """Whether there was something to kill: a part of the node, or one of PostgreSQL's own processes."""
    parts = node.processes()
    if part == "backend":
        backends = [pid for pid, _ in running.children(parts["postgres"])] if "postgres" in parts else []
        pid = chance.choice(backends) if backends else None
    else:
        pid = parts.get(part)
    with suppress(ProcessLookupError):
        if pid:
            os.kill(pid, signal.SIGKILL)
            return True
    return False


def _until(holds) -> bool:
    deadline = time.monotonic() + CAUGHT_UP
    while time.monotonic() < deadline:
        try:
            if holds():
                return True
        except (AssertionError, StopIteration):  # a node that was just killed answers nobody
            pass
        time.sleep(1)
    return False
