"""Messages over MLLP: laboratory reports of 1.5 KB on four connections, each acknowledged after its commit.

Each connection keeps a few messages on the way, as an interface engine with a queue does; the node's jobs identify what
comes in meanwhile.
"""

from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, date, datetime, timedelta

from benchmarks.node import Node, quantile, running

Figure = tuple[str, float, str, float]
CONNECTIONS, EACH, ON_THE_WAY = 4, 1500, 16


def run() -> list[Figure]:
    """Messages a second over all connections, and the 95th percentile of an acknowledgement in milliseconds."""
    with running() as node:
        _feed()
        _until_open(node)
        took: list[list[float]] = [[] for _ in range(CONNECTIONS)]
        threads = [threading.Thread(target=_send, args=(node, number, took[number])) for number in range(CONNECTIONS)]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        elapsed = time.perf_counter() - started
    waits = [one for each in took for one in each]
    if len(waits) != CONNECTIONS * EACH:
        raise RuntimeError(f"only {len(waits)} of {CONNECTIONS * EACH} messages were taken")
    return [
        (f"MLLP, {CONNECTIONS} connections, 1.5 KB reports", len(waits) / elapsed, "/s", 400.0),
        ("acknowledgement after commit, p95", quantile(waits, 0.95) * 1000, "ms", 1000.0),
    ]


def _feed() -> None:
    from yifang.apps.intake.models import Feed
    from yifang.apps.places.models import Organisation

    hospital = Organisation.objects.create(code="H31011299", name="基准医院", kind="hospital", area_code="310112")
    Feed.objects.create(code="bench", name="LIS", organisation=hospital, folder="bench", senders="127.0.0.1/32")


def _until_open(node: Node) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", node.mllp_port), 1).close()
            return time.sleep(2.5)  # and the listener has read the feeds
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the MLLP door did not open")


def _send(node: Node, connection: int, took: list[float]) -> None:
    messages = [_message(connection * EACH + number) for number in range(EACH)]
    waiting: list[float] = []
    with socket.create_connection(("127.0.0.1", node.mllp_port), 30) as door:
        for number in range(EACH + ON_THE_WAY):
            if number < EACH:
                waiting.append(time.perf_counter())
                door.sendall(b"\x0b" + messages[number] + b"\x1c\r")
            while len(waiting) >= ON_THE_WAY or (number >= EACH and waiting):
                answers = door.recv(65536)
                if not answers or b"MSA|AE" in answers or b"MSA|AR" in answers:
                    return
                for _ in range(answers.count(b"\x1c")):
                    took.append(time.perf_counter() - waiting.pop(0))


def _message(number: int) -> bytes:
    at = (datetime.now(UTC) + timedelta(hours=8)).strftime("%Y%m%d%H%M%S")
    born = date(1950, 1, 1) + timedelta(days=number % 25_000)
    value = "阳性(+)" if number % 50 == 0 else "阴性(-)"
    lines = [
        f"MSH|^~\\&|LIS|基准医院|YIFANG|CDC|{at}||ORU^R01^ORU_R01|M{number:08}|P|2.5.1||||||UNICODE UTF-8",
        f"PID|1||P{number:08}^^^HIS^MR||周{number:06}||{born:%Y%m%d}|F|||示范路{number}号^^示范市^^^^H",
        f"PV1|1|O|内科||||D001^王医生|||||||||||V{number:08}|||||||||||||||||||||||||{at}",
        f"OBR|1|O{number:08}|F{number:08}|RESP^呼吸道病原体核酸^L|||{at}|||||||||||||||{at}|||F",
        *(
            f"OBX|{place}|ST|FLU{place}^{name}^L||{value if place == 1 else '阴性(-)'}||阴性|N|||F|||{at}||李检验"
            for place, name in enumerate(
                ("甲型流感病毒核酸", "乙型流感病毒核酸", "呼吸道合胞病毒核酸", "腺病毒核酸"), 1
            )
        ),
    ]
    text = "\r".join(lines)
    return (text + f"\rNTE|1||{'示' * ((1500 - len(text.encode())) // 3)}\r").encode()
