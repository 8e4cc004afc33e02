"""A hospital's databases for tests: PostgreSQL of the tests' own cluster, and MariaDB where it is installed."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

PASSWORD = "geheim-7"


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
