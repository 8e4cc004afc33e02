"""A node's MLLP door: two clients in two languages; doors and database killed meanwhile; all is there once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hl7.client import MLLPClient

from tests.apps import hl7_report
from tests.node.running import PATIENCE, Node, running

CLIENT = Path(__file__).with_name("mllp_client.js")


@pytest.fixture(scope="module")
def node():
    with running() as made:
        made.with_county()
        said = made.yifang("feeds", "senders", "hospital-his", "127.0.0.1")
        assert said.returncode == 0, said.stderr
        # A connection made before the listener has read the feeds anew would speak for the inbox, not the hospital.
        made.until(lambda: _send(made, hl7_report("WARM")) == "AA" and _hears_the_hospital(made), "listening")
        yield made


def _hears_the_hospital(node: Node) -> bool:
    with node.connect() as sql:
        found = (
            "SELECT count(*) FROM intake_batch b JOIN intake_feed f ON f.id = b.feed_id WHERE f.code = 'hospital-his'"
        )
        return sql.execute(found).fetchone() != (0,)


def _send(node: Node, message: bytes) -> str:
    """MSA-1 of the answer to one message; "" where there is none."""
    try:
        with MLLPClient("127.0.0.1", node.config.mllp_port) as client:
            client.socket.settimeout(20)
            answer = client.send_message(message)
    except OSError:
        return ""
    return answer.split(b"MSA|")[1][:2].decode() if b"MSA|" in answer else ""


def _until_taken(node: Node, message: bytes) -> None:
    """As an interface engine does: send again until it is acknowledged."""
    deadline = time.monotonic() + PATIENCE
    while _send(node, message) != "AA":
        assert time.monotonic() < deadline
        time.sleep(0.2)


def _stored(node: Node) -> Counter[str]:
    with node.connect() as sql:
        return Counter(row[0] for row in sql.execute("SELECT key::text FROM records_record WHERE current"))


def test_two_clients_in_two_languages(node):
    program = shutil.which("node")
    if program is None:
        pytest.skip("Node.js is not installed: the second client is left out")
    before = sum(_stored(node).values())
    messages = [hl7_report(f"JS{number}", name=f"张{number:02}") for number in range(30)]
    theirs = subprocess.run(
        [program, str(CLIENT), str(node.config.mllp_port)],
        input=json.dumps([message.decode() for message in messages]), capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert theirs.returncode == 0, theirs.stderr
    assert Counter(json.loads(theirs.stdout)) == {"AA": 30}
    for message in messages[:5]:  # the same through the other client: nothing doubles
        assert _send(node, message) == "AA"
    after = _stored(node)
    assert sum(after.values()) == before + 30
    assert set(after.values()) == {1}


def test_an_unreadable_message_is_refused_and_kept(node):
    assert _send(node, b"MSX|nothing") == "AR"
    assert _send(node, b"MSX|nothing") == "AR"
    with node.connect() as sql:
        assert sql.execute("SELECT count(*) FROM intake_quarantined WHERE code = 'hl7.no_header'").fetchone() == (1,)


def test_killed_while_messages_come_nothing_is_lost_or_doubled(node):
    before = sum(_stored(node).values())
    messages = [hl7_report(f"KILL{number}", name=f"李{number:02}") for number in range(60)]
    with ThreadPoolExecutor(4) as clients:
        sent = [clients.submit(_until_taken, node, message) for message in messages]
        for name in ("doors", "postgres", "doors"):
            time.sleep(0.7)
            if pid := node.processes().get(name):
                os.kill(pid, signal.SIGKILL)
        for one in sent:
            one.result(PATIENCE)
    node.until(lambda: node.health()["ok"], "well again")
    after = _stored(node)
    assert sum(after.values()) == before + 60
    assert set(after.values()) == {1}
