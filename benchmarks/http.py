"""Records over HTTP: canonical records of 1.5 KB posted to `/api/v1/records`, each request answered after its commit.

Batches of 500 go on one connection, single records on four; the node's jobs identify what comes in meanwhile.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

from benchmarks.node import Node, quantile, running

Figure = tuple[str, float, str, float]
BATCHES, BATCH, CONNECTIONS, EACH = 20, 500, 4, 400


def run() -> list[Figure]:
    """Records a second by batches and singly, and how long each request takes at the 95th percentile."""
    with running() as node:
        key = _key()
        _until_open(node, key)
        batches = [json.dumps([_record(n * BATCH + m) for m in range(BATCH)]).encode() for n in range(BATCHES)]
        took: list[float] = []
        started = time.perf_counter()
        _send(node, key, batches, took)
        by_batch = BATCHES * BATCH / (time.perf_counter() - started)
        singles = [
            [json.dumps(_record(10_000_000 + c * EACH + n)).encode() for n in range(EACH)] for c in range(CONNECTIONS)
        ]
        waits: list[list[float]] = [[] for _ in singles]
        threads = [
            threading.Thread(target=_send, args=(node, key, bodies, waits[number]))
            for number, bodies in enumerate(singles)
        ]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        singly = CONNECTIONS * EACH / (time.perf_counter() - started)
    if len(took) != BATCHES or sum(map(len, waits)) != CONNECTIONS * EACH:
        raise RuntimeError("not every request was answered")
    single = [one for each in waits for one in each]
    return [
        (f"HTTP, batches of {BATCH}, one connection", by_batch, "records/s", 500.0),
        (f"a batch of {BATCH} after commit, p95", quantile(took, 0.95) * 1000, "ms", 1000.0),
        (f"HTTP, single records, {CONNECTIONS} connections", singly, "records/s", 50.0),
        ("a single record after commit, p95", quantile(single, 0.95) * 1000, "ms", 500.0),
    ]


def _key() -> str:
    from yifang.apps.intake import services
    from yifang.apps.intake.models import Feed
    from yifang.apps.ledger.services import NODE
    from yifang.apps.places.models import Organisation

    hospital = Organisation.objects.create(code="H31011299", name="基准医院", kind="hospital", area_code="310112")
    feed = Feed.objects.create(code="bench", name="HIS", organisation=hospital, folder="bench")
    return services.make_key(feed, "bench", 1, NODE)[1]


def _until_open(node: Node, key: str) -> None:
    for _ in range(300):
        connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30)
        if _post(connection, key, json.dumps(_record(99_999_999)).encode()) in (200, 201):
            return
        time.sleep(0.1)
    raise RuntimeError("the HTTP door did not open")


def _send(node: Node, key: str, bodies: list[bytes], took: list[float]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=60)
    for body in bodies:
        started = time.perf_counter()
        if (status := _post(connection, key, body)) != 201:
            raise RuntimeError(f"answered {status}")
        took.append(time.perf_counter() - started)


def _post(connection: http.client.HTTPConnection, key: str, body: bytes) -> int:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/records", body, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _record(number: int) -> dict[str, Any]:
    at = {"iso": (datetime.now(UTC) + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S"), "precision": "second"}
    born = date(1950, 1, 1) + timedelta(days=number % 25_000)
    value = "阳性(+)" if number % 50 == 0 else "阴性(-)"
    names = ("甲型流感病毒核酸", "乙型流感病毒核酸", "呼吸道合胞病毒核酸", "腺病毒核酸")
    return {
        "kind": "lab_report",
        "key": f"lab:{number:08}",
        "status": "final",
        "source": {"format": "hl7v2", "message_type": "ORU^R01", "control_id": f"M{number:08}", "sender": "LIS"},
        "person": {
            "identifiers": [{"kind": "mrn", "value": f"P{number:08}", "assigner": "HIS"}], "name": f"周{number:06}",
            "sex": "female", "birth": {"iso": born.isoformat(), "precision": "day"}, "address": f"示范路{number}号",
        },
        "encounter": {"id": f"V{number:08}", "kind": "outpatient", "department": "内科", "clinician_id": "D001"},
        "at": at,
        "results": [
            {"codes": [{"system": "local", "code": f"FLU{place}", "text": name}], "name": name,
             "value": "阴性(-)" if place else value, "path": f"OBX[{place + 1}]", "reference_range": "阴性", "at": at}
            for place, name in enumerate(names)
        ],
    }  # fmt: skip
