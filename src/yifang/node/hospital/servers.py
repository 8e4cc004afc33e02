"""The hospital's database servers: PostgreSQL of the node's own binaries for HIS and records, MariaDB (where it is
installed) for laboratory and pharmacy, each with an account that may read the views and nothing else.
"""

from __future__ import annotations

import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from yifang.kernel.errors import ConfigError
from yifang.node import binaries
from yifang.node.unprivileged import account
from yifang.world.writing.hospital import HIS, LIS, VIEWS

READER, _CHUNK, _START_SECONDS = "yifang_reader", 500, 60
Row = tuple[Any, ...]


@dataclass(slots=True)
class Server:
    """A running database: how a reader reaches it, and its owner's connection."""

    dialect: str
    host: str
    port: int
    database: str
    password: str
    owner: Any

    def write(self, table: str, rows: Sequence[Row], columns: str = "") -> None:
        """Insert rows; of a visit that is there already what changed is changed."""
        if not rows:
            return
        places = ",".join(["%s"] * len(rows[0]))
        text = f"INSERT INTO {table} {columns} VALUES ({places})"
        if table == "mz_visit":  # one who left since
            text += " ON CONFLICT (jzh) DO UPDATE SET cysj = EXCLUDED.cysj, zg = EXCLUDED.zg, gxsj = EXCLUDED.gxsj"
        for start in range(0, len(rows), _CHUNK):
            self.owner.cursor().executemany(text, rows[start : start + _CHUNK])

    def count(self, view: str) -> int:
        """How many rows a view has."""
        cursor = self.owner.cursor()
        cursor.execute(f"SELECT count(*) FROM {view}")
        return int(cursor.fetchone()[0])


def free_port() -> int:
    """A port where nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgresql(folder: Path) -> Iterator[Server]:
    """A cluster of its own, made anew in `folder`. Raises ConfigError where it does not start."""
    user, port = account("nobody"), free_port()
    programs = binaries.embedded()
    if user.switch:
        folder.chmod(0o711)
        programs = programs.copied_to(folder)
    data, superuser = folder / "postgresql", secrets.token_urlsafe(16)
    word = folder / "word"
    word.write_text(superuser)
    user.own_folder(data)
    if user.switch:
        shutil.chown(word, user.uid, user.gid)
    made = [programs.program("initdb"), "-D", str(data), "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={word}",
            "-E", "UTF8", "--no-locale", "-N"]  # fmt: skip
    try:
        subprocess.run(made, check=True, capture_output=True, **user.switch)
    except subprocess.CalledProcessError as failed:
        raise ConfigError("world.hospital_server", server="PostgreSQL", reason=failed.stderr.decode()[-200:]) from None
    finally:
        word.unlink()
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "shared_buffers": "32MB",
               "fsync": "off", "timezone": "Asia/Shanghai"}  # fmt: skip
    flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    log = (folder / "postgresql.log").open("wb")
    running = subprocess.Popen(
        [programs.program("postgres"), "-D", str(data), *flags], stdout=log, stderr=log, **user.switch
    )
    try:
        owner = _patiently(lambda: psycopg.connect(host="127.0.0.1", port=port, user="postgres", password=superuser,
                                                   dbname="postgres", autocommit=True), "PostgreSQL")  # fmt: skip
        password = secrets.token_urlsafe(12)
        owner.execute("CREATE DATABASE his TEMPLATE template0 ENCODING 'UTF8'")
        owner.execute(f"CREATE ROLE {READER} LOGIN PASSWORD '{password}'")
        owner.close()
        with psycopg.connect(
            host="127.0.0.1", port=port, user="postgres", password=superuser, dbname="his", autocommit=True
        ) as own:
            own.execute(HIS)
            own.execute(f"GRANT SELECT ON {', '.join(VIEWS['his'])} TO {READER}")
            yield Server("postgresql", "127.0.0.1", port, "his", password, own)
    finally:
        running.terminate()
        running.wait(30)
        log.close()


@contextmanager
def mariadb(folder: Path) -> Iterator[Server | None]:
    """As above; None where MariaDB or its driver is not installed."""
    server, install = shutil.which("mariadbd"), shutil.which("mariadb-install-db")
    try:
        import pymysql
    except ModuleNotFoundError:
        server = None
    if not server or not install:
        yield None
        return
    user, port, data = account("nobody"), free_port(), folder / "mariadb"
    user.own_folder(data)
    named = ["--user=nobody"] if user.switch else []
    made = [
        install,
        "--no-defaults",
        f"--datadir={data}/d",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        *named,
    ]
    subprocess.run(made, check=True, capture_output=True)
    flags = ["--no-defaults", f"--datadir={data}/d", f"--socket={data}/s", f"--port={port}", "--bind-address=127.0.0.1",
             f"--pid-file={data}/pid", "--innodb-buffer-pool-size=32M",
             "--default-time-zone=+08:00", *named]  # fmt: skip
    running = subprocess.Popen([server, *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        root = _patiently(
            lambda: pymysql.connect(unix_socket=f"{data}/s", user="root", autocommit=True, charset="utf8mb4"), "MariaDB"
        )
        password = secrets.token_urlsafe(12)
        cursor = root.cursor()
        cursor.execute("CREATE DATABASE lis CHARACTER SET utf8mb4")
        cursor.execute("USE lis")
        for statement in LIS.split(";\n"):
            if statement.strip():
                cursor.execute(statement)
        cursor.execute(f"CREATE USER '{READER}'@'%' IDENTIFIED BY '{password}'")
        for view in VIEWS["lis"]:
            cursor.execute(f"GRANT SELECT ON lis.{view} TO '{READER}'@'%'")
        yield Server("mariadb", "127.0.0.1", port, "lis", password, root)
    finally:
        running.terminate()
        running.wait(30)


def _patiently(connect: Any, name: str) -> Any:
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            return connect()
        except Exception as error:
            if time.monotonic() > until:
                raise ConfigError("world.hospital_server", server=name, reason=str(error)[:200]) from None
            time.sleep(0.2)
