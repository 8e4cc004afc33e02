"""A view of another database, read by a running node: rows committed late, jobs killed meanwhile; all is there once."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter

import psycopg
import pytest

from tests.node.running import Node, running
from yifang.node import database

pytest.importorskip("sqlalchemy", reason="the extra sql is not installed")
TABLE = """CREATE TABLE lis (no text, patient text, item text, value text, sampled timestamp, changed timestamptz);
CREATE VIEW v_lis AS SELECT no AS "报告单号", patient AS "姓名", item AS "项目名称", value AS "结果",
sampled AS "采样时间", changed FROM lis;
CREATE ROLE reader LOGIN PASSWORD 'geheim-7'; GRANT SELECT ON v_lis TO reader"""
ADD = "INSERT INTO lis VALUES (%s, %s, '甲型流感病毒抗原', '阳性', now(), clock_timestamp())"


@pytest.fixture(scope="module")
def node():
    with running() as made:
        made.with_county()
        yield made


def _hospital(node: Node, **more: object) -> psycopg.Connection:
    return psycopg.connect(database.of(node.config).dsn("admin", dbname="hospital"), **more)


def _stored(node: Node) -> Counter[str]:
    with node.connect() as sql:
        return Counter(row[0] for row in sql.execute("SELECT key::text FROM records_record"))


def test_jobs_killed_while_rows_come_and_one_commits_late(node):
    server = database.of(node.config)
    with psycopg.connect(server.dsn("admin", dbname="postgres"), autocommit=True) as admin:
        admin.execute("CREATE DATABASE hospital")
    with _hospital(node, autocommit=True) as hospital:
        hospital.execute(TABLE)
        hospital.execute(ADD, ("R0000", "张0"))
    params = server.params("admin")
    url = f"postgresql://reader:geheim-7@/hospital?host={params['host']}&port={params['port']}"
    words = ("feeds", "view", "hospital-his", "--url-from-env", "LIS", "--view", "v_lis", "--cursor", "changed")
    said = node.yifang(*words, "--every", "1s", LIS=url)
    assert said.returncode == 0, said.stderr
    node.until(lambda: sum(_stored(node).values()) == 1, "read")

    late = _hospital(node)
    late.execute(ADD, ("LATE", "张迟"))  # its time is before those that follow, its commit after them
    with _hospital(node, autocommit=True) as hospital:
        for number in range(1, 300):
            hospital.execute(ADD, (f"R{number:04}", f"张{number}"))
            if number in (100, 200) and (pid := node.processes().get("watch")):
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
    late.commit()
    late.close()
    node.until(lambda: sum(_stored(node).values()) >= 301, "all read")
    time.sleep(3)  # some more turns over the same rows
    assert set(_stored(node).values()) == {1}
    assert len(_stored(node)) == 301
    everywhere = node.output.read_text() + subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert "geheim" not in everywhere
