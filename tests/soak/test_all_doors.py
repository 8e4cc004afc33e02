"""Killing processes, PostgreSQL and the clients while every door is busy loses nothing and doubles nothing.

At once: reports over MLLP, records and FHIR bundles over HTTP, rows of a hospital's view, a file and the county's
export of the national system in their folders. Each client sends again what was not acknowledged, as its kind does.
Every record must stand there once at the end, every card with its case, every count as a recount gives it.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta

import psycopg
import pytest

from tests import apps
from tests.node.running import PATIENCE, Node, running
from tests.reporting.test_national import export, row
from tests.soak.test_faults import _kill, _verify
from yifang.formats.storage import to_json
from yifang.kernel import clock
from yifang.node import database

pytest.importorskip("sqlalchemy", reason="the extra sql is not installed")
FAULTS = ("doors", "jobs", "watch", "web", "worker", "postmaster", "backend", "cluster", "everything")
MESSAGES, POSTS, BUNDLES, ROWS, LOGGED, CARDS = 60, 12, 10, 60, 40, 60
BUSY = 3.0  # seconds over which everything is sent
TABLE = """CREATE TABLE lis (no text, patient text, item text, value text, sampled timestamp, changed timestamptz);
CREATE VIEW v_lis AS SELECT no AS "报告单号", patient AS "姓名", item AS "项目名称", value AS "结果",
sampled AS "采样时间", changed FROM lis;
CREATE ROLE reader LOGIN PASSWORD 'reader'; GRANT SELECT ON v_lis TO reader"""
ADD = "INSERT INTO lis VALUES (%s, %s, '甲型流感病毒抗原', '阳性', now(), clock_timestamp())"


class Doors:
    """A node with a feed for each door."""

    def __init__(self, node: Node) -> None:
        self.node = node
        node.with_county()
        code = (
            "from yifang.apps.intake.models import Feed; from yifang.apps.places.models import Organisation; "
            "o = Organisation.objects.get(code='H31011201'); c = Organisation.objects.get(code='C310112'); "
            "[Feed.objects.create(code=k, name=k, organisation=w, folder=k) "
            "for k, w in (('wire', o), ('post', o), ('view', o), ('log', o), ('nidris', c))]"
        )
        assert node.python(code).returncode == 0
        assert node.yifang("feeds", "senders", "wire", "127.0.0.1").returncode == 0
        self.key = node.yifang("feeds", "key", "add", "post", "客户端").stdout.split()[-1]
        server = database.of(node.config)
        with psycopg.connect(server.dsn("admin", dbname="postgres"), autocommit=True) as admin:
            admin.execute("CREATE DATABASE hospital")
        self.hospital().execute(TABLE)
        where = server.params("admin")
        url = f"postgresql://reader:reader@/hospital?host={where['host']}&port={where['port']}"
        words = ("feeds", "view", "view", "--url-from-env", "LIS", "--view", "v_lis", "--cursor", "changed")
        self.hospital().execute(ADD, ("FIRST", "首例"))
        said = node.yifang(*words, "--every", "1s", LIS=url)
        assert said.returncode == 0, said.stderr
        node.until(lambda: _state(node)[0] == 1, "read the view")

    def hospital(self) -> psycopg.Connection:
        return psycopg.connect(database.of(self.node.config).dsn("admin", dbname="hospital"), autocommit=True)


@pytest.fixture(scope="module")
def doors() -> Iterator[Doors]:
    with running() as node:
        yield Doors(node)


@pytest.mark.parametrize("seed", range(5))
def test_all_doors_while_processes_are_killed(doors, seed):
    _survives(doors, seed)


def test_the_ledger_and_the_counts_are_whole_after_all_of_it(doors):
    _verify(doors.node)
    counted = doors.node.yifang("counts", "verify")
    assert counted.returncode == 0, counted.stdout + counted.stderr


@pytest.mark.soak
@pytest.mark.parametrize("first", range(200, 250, 5))
def test_fifty_more_times(first):
    with running() as node:
        made = Doors(node)
        for seed in range(first, first + 5):
            _survives(made, seed)
        _verify(node)
        assert node.yifang("counts", "verify").returncode == 0


def _survives(doors: Doors, seed: int) -> None:
    node, chance = doors.node, random.Random(seed)
    before = _state(node)
    senders = [
        threading.Thread(target=send, args=(doors, seed, random.Random(seed * 10 + place)), daemon=True)
        for place, send in enumerate((_by_wire, _by_post, _by_fhir, _by_view, _by_folder))
    ]
    failures: list[str] = []
    threading.excepthook = lambda args: failures.append(
        f"{args.thread.name if args.thread else ''}: {args.exc_value!r}"
    )
    started = time.monotonic()
    for sender in senders:
        sender.start()
    faults = [FAULTS[seed % len(FAULTS)], *chance.choices(FAULTS, k=2)]
    for moment, fault in sorted((chance.uniform(0.3, BUSY), fault) for fault in faults):
        time.sleep(max(0.0, started + moment - time.monotonic()))
        _kill(node, fault, chance)
    for sender in senders:
        sender.join(PATIENCE * 2)
    failures += [f"{sender.name} still waits" for sender in senders if sender.is_alive()]
    assert not failures, failures
    wanted = MESSAGES + POSTS * 20 + 3 + BUNDLES + ROWS + LOGGED
    node.until(lambda: _settled(node, before, wanted), f"settled: {wanted} records beside {before}")
    with node.connect() as sql:
        doubled = sql.execute(_DOUBLED).fetchall()
    assert not doubled
    records, cards, cases = _state(node)
    assert (records - before[0], cards - before[1], cases - before[2]) == (wanted, CARDS, CARDS)


# The feed and the content of every version of a record of which there is more than one.
_DOUBLED = """SELECT f.code, r.version, r.payload::text FROM records_record r JOIN intake_batch b ON b.id = r.batch
JOIN intake_feed f ON f.id = b.feed_id WHERE r.key IN (SELECT key FROM records_record GROUP BY key HAVING count(*) > 1)
ORDER BY r.key, r.version"""


def _state(node: Node) -> tuple[int, int, int]:
    with node.connect() as sql:
        found = sql.execute(
            "SELECT (SELECT count(*) FROM records_record), (SELECT count(*) FROM reporting_nationalcard), "
            "(SELECT count(*) FROM reporting_case)"
        ).fetchone()
    assert found is not None
    return found


def _settled(node: Node, before: tuple[int, int, int], wanted: int) -> bool:
    with suppress(psycopg.OperationalError), node.connect() as sql:
        heard = sql.execute(
            "SELECT (SELECT count(*) FROM ledger_entry e LEFT JOIN ledger_seal s ON s.entry_id = e.id "
            "WHERE s.id IS NULL), "
            "(SELECT count(*) FROM ledger_cursor WHERE seq < (SELECT coalesce(max(seq), 0) FROM ledger_seal "
            "WHERE stream = 'change')), (SELECT count(*) FROM intake_batch WHERE state <> 'done')"
        ).fetchone()
        return heard == (0, 0, 0) and _state(node)[0] - before[0] >= wanted and _state(node)[1] - before[1] >= CARDS
    return False


def _steadily(number: int, send: Callable[[int], None]) -> None:
    """Send `number` things spread over the busy time."""
    started = time.monotonic()
    for place in range(number):
        time.sleep(max(0.0, started + place * BUSY / number - time.monotonic()))
        send(place)


def _again(step: Callable[[], bool]) -> None:
    """Until it succeeds, as a client does that was not answered."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with suppress(OSError, http.client.HTTPException, ValueError):
            if step():
                return
        assert time.monotonic() < deadline, "never answered"
        time.sleep(0.2)


def _by_wire(doors: Doors, seed: int, chance: random.Random) -> None:
    """Messages over MLLP; a third of the connections are cut right after the message went: the client dies too."""

    def send(place: int) -> None:
        message = _message(seed, place)

        def once() -> bool:
            with socket.create_connection(("127.0.0.1", doors.node.config.mllp_port), 5) as wire:
                wire.settimeout(10)
                wire.sendall(b"\x0b" + message + b"\x1c\r")
                if chance.random() < 0.3:
                    return False  # nobody heard the answer
                return b"MSA|AA" in wire.recv(65536)

        _again(once)

    _steadily(MESSAGES, send)


def _by_post(doors: Doors, seed: int, chance: random.Random) -> None:
    """Records as JSON: batches of twenty and a few single ones."""
    bodies = [[_record(f"P{seed}-{post}-{place}") for place in range(20)] for post in range(POSTS)]
    bodies += [_record(f"P{seed}-single-{place}") for place in range(3)]
    chance.shuffle(bodies)
    _steadily(len(bodies), lambda place: _again(lambda: _post(doors, "/api/v1/records", bodies[place])))


def _by_fhir(doors: Doors, seed: int, chance: random.Random) -> None:
    bundles = [_bundle(seed, place) for place in range(BUNDLES)]  # the same bytes again, as a client sends them
    _steadily(BUNDLES, lambda place: _again(lambda: _post(doors, "/fhir", bundles[place])))


def _post(doors: Doors, path: str, body: object) -> bool:
    asked = http.client.HTTPConnection("127.0.0.1", doors.node.config.port, timeout=15)
    kind = "application/fhir+json" if path == "/fhir" else "application/json"
    headers = {"Authorization": f"Bearer {doors.key}", "Content-Type": kind}
    asked.request("POST", path, json.dumps(body, ensure_ascii=False).encode(), headers)
    answer = asked.getresponse()
    answer.read()
    asked.close()
    assert answer.status < 400 or answer.status >= 500, answer.status
    return answer.status < 400


def _by_view(doors: Doors, seed: int, chance: random.Random) -> None:
    """Rows of the hospital's own database, which lies in the same cluster and dies with it."""

    def add(place: int) -> None:
        def once() -> bool:
            try:
                with doors.hospital() as hospital:
                    known = hospital.execute("SELECT 1 FROM lis WHERE no = %s", (f"V{seed}-{place}",)).fetchone()
                    if known is None:
                        hospital.execute(ADD, (f"V{seed}-{place}", f"看{seed}{place}"))
                return True
            except psycopg.OperationalError:
                return False

        _again(once)

    _steadily(ROWS, add)


def _by_folder(doors: Doors, seed: int, chance: random.Random) -> None:
    """A log, and the county's export in two scopes that overlap."""
    cards = [
        row(
            f"{seed % 100:02}{place:03}", name=f"卡{seed}{place}", birth_date="",
            id_no=apps.id_no(
                order=seed % 49 * 10 + place % 10 + 1, birth=date(2000, 1, 1) + timedelta(days=place)
            ),
        )
        for place in range(CARDS)
    ]  # fmt: skip
    stamp = clock.now().astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M")
    rows = [
        f"L{seed}-{place},志{seed}{place},女,1990-01-01,{stamp},内科,J00.x00,普通感冒,鼻塞" for place in range(LOGGED)
    ]
    log = "\n".join(["门诊号,姓名,性别,出生日期,就诊时间,科室,诊断编码,诊断名称,主诉", *rows, ""]).encode("gb18030")
    files = [
        ("log", f"log{seed}.csv", log),
        ("nidris", f"reported{seed}.csv", export(*cards[:40])),
        ("nidris", f"resident{seed}.csv", export(*cards[20:])),
    ]
    chance.shuffle(files)

    def put(place: int) -> None:
        feed, name, data = files[place]
        folder = doors.node.config.inbox / feed
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f".{name}").write_bytes(data)
        os.replace(folder / f".{name}", folder / name)

    _steadily(len(files), put)


def _message(seed: int, place: int) -> bytes:
    at = clock.now().astimezone(clock.CHINA).strftime("%Y%m%d%H%M%S")
    key = f"W{seed}-{place}"
    value = "阳性" if place % 5 == 0 else "阴性"
    return "".join(
        f"{segment}\r"
        for segment in (
            f"MSH|^~\\&|LIS|H31011201|YIFANG|C310112|{at}||ORU^R01^ORU_R01|{key}|P|2.5|||||CHN|UNICODE UTF-8",
            f"PID|1||{key}^^^HIS^MR||线{seed}{place}||19900101|F",
            f"PV1|1|O|儿科|||||||||||||||||{key}",
            f"OBR|1|{key}|{key}|FLUA^甲型流感病毒抗原^L|||{at}|||||||||||||||{at}|||F",
            f"OBX|1|ST|FLUA^甲型流感病毒抗原^L||{value}||阴性|N|||F|||{at}",
        )
    ).encode()


def _record(key: str) -> dict[str, object]:
    return to_json(apps.hfmd(key, who=apps.person(f"邮{key}", number="")))


def _bundle(seed: int, place: int) -> dict[str, object]:
    key = f"F{seed}-{place}"
    entries = [
        {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1990-01-01", "name": [{"text": key}]},
        {
            "resourceType": "DiagnosticReport", "id": "r", "status": "final", "subject": {"reference": "Patient/p"},
            "identifier": [{"type": {"coding": [{"code": "FILL"}]}, "value": key}],
            "effectiveDateTime": clock.now().isoformat(), "code": {"text": "呼吸道病原检测"},
            "result": [{"reference": "Observation/o"}],
        },
        {
            "resourceType": "Observation", "id": "o", "status": "final", "subject": {"reference": "Patient/p"},
            "code": {"text": "甲型流感病毒抗原"}, "valueString": "阳性",
        },
    ]  # fmt: skip
    return {"resourceType": "Bundle", "type": "message", "entry": [{"resource": one} for one in entries]}
