"""A node's HTTP doors: two clients in two languages; every process killed meanwhile; all is there once."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests import apps
from tests.node.running import PATIENCE, Node, running
from yifang.formats.storage import to_json

CLIENT = Path(__file__).with_name("http_client.js")
RECORDS = "/api/v1/records"


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with running() as made:
        made.with_county()
        yield made


@pytest.fixture(scope="module")
def key(node: Node) -> str:
    said = node.yifang("feeds", "key", "add", "hospital-his", "集成平台")
    assert said.returncode == 0, said.stderr
    written = said.stdout.split()[-1]
    node.until(lambda: _post(node, written, [_record("WARM")])[0] in (200, 201), "open")
    return written


def _record(key: str, **more: Any) -> dict[str, Any]:
    return to_json(apps.hfmd(key, who=apps.person(f"张{key[-4:]}", number=""), **more))


def _post(node: Node, key: str, body: Any, path: str = RECORDS) -> tuple[int, dict[str, Any]]:
    """Status and JSON of the answer; (0, {}) where there is none."""
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    asked = http.client.HTTPConnection("127.0.0.1", node.config.port, timeout=30)
    try:
        asked.request("POST", path, data, headers)
        answer = asked.getresponse()
        return answer.status, json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError):
        return 0, {}
    finally:
        asked.close()


def _until_taken(node: Node, key: str, body: Any) -> list[str]:
    """As a client does: the same again until it is answered. What became of each record by the last answer."""
    deadline = time.monotonic() + PATIENCE
    while True:
        status, told = _post(node, key, body)
        if status in (200, 201):
            return [one["status"] for one in told["results"]]
        assert status == 0 or status >= 500, told
        assert time.monotonic() < deadline
        time.sleep(0.2)


def _stored(node: Node) -> Counter[str]:
    with node.connect() as sql:
        return Counter(row[0] for row in sql.execute("SELECT key::text FROM records_record"))


def _javascript(node: Node, key: str, bodies: Any) -> subprocess.Popen[str]:
    program = shutil.which("node")
    if program is None:
        pytest.skip("Node.js is not installed: the second client is left out")
    url = f"http://127.0.0.1:{node.config.port}{RECORDS}"
    started = subprocess.Popen(
        [program, str(CLIENT), url, key], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert started.stdin is not None
    started.stdin.write(json.dumps(bodies))
    started.stdin.close()
    return started


def _outcome(client: subprocess.Popen[str]) -> Counter[str]:
    assert client.stdout is not None
    assert client.stderr is not None
    said, wrong = client.stdout.read(), client.stderr.read()
    assert client.wait(PATIENCE) == 0, wrong
    return Counter(json.loads(said))


def test_two_clients_in_two_languages(node, key):
    before = sum(_stored(node).values())
    bodies = [_record("JS0"), *([_record(f"JS{n}-{m}") for m in range(20)] for n in range(1, 4))]
    assert _outcome(_javascript(node, key, bodies)) == {"stored": 61}
    for body in bodies:  # the same through the other client: nothing doubles
        assert set(_until_taken(node, key, body)) == {"repeat"}
    after = _stored(node)
    assert sum(after.values()) == before + 61
    assert set(after.values()) == {1}


def test_the_whole_way_of_a_refusal(node, key):
    status, told = _post(node, key, {"kind": "x"})
    assert (status, [one["pointer"] for one in told["errors"]]) == (422, ["/kind", "/key", "/status", "/source"])
    status, told = _post(node, key, b"{", "/fhir")
    assert (status, told["issue"][0]["code"]) == (400, "structure")
    assert _post(node, key[:-1] + ("A" if key[-1] != "A" else "B"), [])[0] == 401
    assert _post(node, key, b" " * (17 << 20))[0] in (0, 413)  # answered before it is read: the client may be cut off


def test_a_revoked_key_is_shut_out_of_the_running_node(node, key):
    other = node.yifang("feeds", "key", "add", "hospital-his", "旧系统").stdout.split()[-1]
    assert _post(node, other, _record("OLD"))[0] == 201
    assert node.yifang("feeds", "key", "revoke", "hospital-his", "旧系统").returncode == 0
    assert _post(node, other, _record("OLD"))[0] == 401
    assert other.split(".")[2] not in node.output.read_text()


def test_killed_while_records_come_nothing_is_lost_or_doubled(node, key):
    before = sum(_stored(node).values())
    singles = [_record(f"KILL{number:03}") for number in range(40)]
    batches = [[_record(f"B{batch}-{number:03}") for number in range(50)] for batch in range(6)]
    script = _javascript(node, key, [[_record(f"K{n}-{m}") for m in range(10)] for n in range(12)])
    with ThreadPoolExecutor(4) as clients:
        sent = [clients.submit(_until_taken, node, key, body) for body in (*singles, *batches)]
        for name in ("doors", "worker", "postgres", "jobs", "web", "doors"):
            time.sleep(0.8)
            if pid := node.processes().get(name):
                os.kill(pid, signal.SIGKILL)
        for one in sent:
            one.result(PATIENCE)
    _outcome(script)
    node.until(lambda: node.health()["ok"], "well again")
    after = _stored(node)
    assert sum(after.values()) == before + 40 + 300 + 120
    assert set(after.values()) == {1}


def test_without_a_doors_process_it_is_503(node, key):
    """It is started again at once; meanwhile a client hears when to come again."""
    os.kill(node.processes()["doors"], signal.SIGSTOP)
    try:
        status, told = _post(node, key, _record("LATE"))
    finally:
        os.kill(node.processes()["doors"], signal.SIGCONT)
    assert (status, told["code"]) == (503, "intake.api_away")
    assert _until_taken(node, key, _record("LATE")) in (["stored"], ["repeat"])


def _bundle(number: int) -> dict[str, Any]:
    """A visit with its diagnosis and its patient, as a hospital's FHIR system sends it."""
    told = [
        {"resourceType": "Patient", "id": f"p{number}", "name": [{"text": f"张{number}"}], "birthDate": "2020-01-02"},
        {"resourceType": "Encounter", "id": f"e{number}", "status": "finished", "class": {"code": "AMB"},
         "identifier": [{"value": f"FHIR{number}"}], "subject": {"reference": f"Patient/p{number}"},
         "period": {"start": "2026-11-23T08:00:00+08:00"}},
        {"resourceType": "Condition", "id": f"c{number}", "subject": {"reference": f"Patient/p{number}"},
         "encounter": {"reference": f"Encounter/e{number}"},
         "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "B08.401"}], "text": "手足口病"}},
    ]  # fmt: skip
    entry = [{"resource": one, "request": {"method": "POST", "url": one["resourceType"]}} for one in told]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entry}


def test_the_client_library_fhirpy_sends_and_is_answered(node, key):
    from fhirpy import SyncFHIRClient

    before = sum(_stored(node).values())
    client = SyncFHIRClient(f"http://127.0.0.1:{node.config.port}/fhir", authorization=f"Bearer {key}")
    for expected in ("201", "200"):  # the same again is a repeat
        answer = client.execute("", method="post", data=_bundle(1))
        assert answer["type"] == "transaction-response"
        assert {one["response"]["status"][:3] for one in answer["entry"]} == {expected}
    assert client.execute("metadata", method="get")["resourceType"] == "CapabilityStatement"
    assert sum(_stored(node).values()) == before + 1


def test_the_client_library_fhir_kit_client_of_npm_sends_and_is_answered(node, key):
    """Where it was installed once: `npm install --prefix var/npm fhir-kit-client`, or elsewhere by YIFANG_NPM."""
    modules = Path(os.environ.get("YIFANG_NPM", "var/npm")).resolve() / "node_modules"
    program = shutil.which("node")
    if program is None or not (modules / "fhir-kit-client").is_dir():
        pytest.skip("fhir-kit-client is not installed (npm install --prefix var/npm fhir-kit-client)")
    before = sum(_stored(node).values())
    base = f"http://127.0.0.1:{node.config.port}/fhir"
    done = subprocess.run(
        [program, str(CLIENT.with_name("fhir_client.js")), base, key, str(modules)], timeout=PATIENCE, text=True,
        input=json.dumps([_bundle(2), _bundle(2)]), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    version, *statuses = json.loads(done.stdout)
    assert version.startswith("4.0")
    assert [one[:3] for one in statuses] == ["201"] * 3 + ["200"] * 3
    assert sum(_stored(node).values()) == before + 1
