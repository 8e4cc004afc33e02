"""A hospital's sources for tests: PostgreSQL of the tests' own cluster, MariaDB where it is installed, a WebService."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import psycopg
import pytest

from yifang.kernel import clock
from yifang.world.serving import CLOCK

PASSWORD = "geheim-7"
LAB = """
id: ris
kind: lab_report
columns: {person.name: [PatientName], person.birth: [BirthDate], report.id: [ReportNo], result.name: [ItemName],
  result.value: [ItemResult], result.issued: [ReportTime], person.id.cn_id: [IdCard]}
required: [result.name]
ignore: [UpdateTime]
"""
NOW = clock.now().astimezone(clock.CHINA).replace(tzinfo=None, microsecond=0)
SOAP = {
    "operation": "QueryReports", "arguments": "token={password}\nstartTime={since}\nendTime={until}",
    "password": "geheim",
    "answer": "QueryReportsResult", "success": "Response/Head/Code=0", "record": "Response/Body/Report",
    "cursor": "UpdateTime", "window": "60", "overlap": "600",
}  # fmt: skip


@contextmanager
def postgresql(cluster: Any) -> Iterator[tuple[str, Any]]:
    """The address for a reader, and a way to ask as its owner."""
    with psycopg.connect(cluster.dsn("admin", dbname="postgres"), autocommit=True) as admin:
        admin.execute("CREATE DATABASE hospital")
        admin.execute(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
        params = cluster.params("admin")
        with psycopg.connect(cluster.dsn("admin", dbname="hospital"), autocommit=True) as hospital:
            yield (
                f"postgresql://reader:{PASSWORD}@/hospital?host={params['host']}&port={params['port']}",
                hospital.execute,
            )
        admin.execute("DROP DATABASE hospital WITH (FORCE)")
        admin.execute("DROP ROLE reader")


@contextmanager
def mariadb(data: Path) -> Iterator[tuple[str, Any]]:
    """As above; skips where MariaDB is not installed."""
    server, install = shutil.which("mariadbd"), shutil.which("mariadb-install-db")
    if not server or not install:
        pytest.skip("MariaDB is not installed (apt-get install mariadb-server): views of it are not tried")
    import pymysql

    made = [install, f"--datadir={data}/d", "--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run([*made, "--user=root"], check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = subprocess.Popen(
        [server, "--no-defaults", f"--datadir={data}/d", f"--socket={data}/s", f"--port={port}", "--user=root",
         "--bind-address=127.0.0.1", f"--pid-file={data}/pid", "--innodb-buffer-pool-size=32M"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(200):
            try:
                root = pymysql.connect(unix_socket=f"{data}/s", user="root", autocommit=True, charset="utf8mb4")
                break
            except pymysql.OperationalError:
                time.sleep(0.1)
        cursor = root.cursor()
        cursor.execute("SET SESSION sql_mode = 'ANSI_QUOTES'")
        cursor.execute("CREATE DATABASE hospital CHARACTER SET utf8mb4")
        cursor.execute(f"CREATE USER reader@localhost IDENTIFIED BY '{PASSWORD}'")
        cursor.execute("USE hospital")
        yield f"mysql://reader:{PASSWORD}@127.0.0.1:{port}/hospital", cursor.execute
    finally:
        running.terminate()
        running.wait(30)


@contextmanager
def served(app: Callable[..., Any]) -> Iterator[str]:
    class Quiet(WSGIRequestHandler):
        def log_message(self, *_args: Any) -> None:
            pass

    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Platform:
    """A platform's rows by their time of change, and what goes wrong with it."""

    def __init__(self) -> None:
        self.rows: list[dict[str, str]] = []
        self.asked: list[tuple[datetime, datetime]] = []

    def add(self, number: int, at: datetime, **more: str) -> None:
        self.rows.append(
            {"ReportNo": f"R{number}", "PatientName": f"张{number}", "BirthDate": "2019-03-01",
             "ItemName": "流感病毒核酸", "ItemResult": "阳性", "ReportTime": f"{at:{CLOCK}}",
             "UpdateTime": f"{at:{CLOCK}}", **more}
        )  # fmt: skip

    def of(self, lower: datetime, upper: datetime) -> list[dict[str, str]]:
        self.asked.append((lower, upper))
        return [row for row in self.rows if lower <= datetime.strptime(row["UpdateTime"], CLOCK) < upper]
