"""A whole node: it comes up, survives any kill, refuses a second one, is backed up while it runs, stops clean."""

import os
import signal
from pathlib import Path

import psycopg
import pytest

from tests.node.running import PATIENCE, Node
from yifang.node import database


def _tables(config) -> dict[str, int]:
    """Every table and how many rows it has, but for the queue's heartbeats."""
    with psycopg.connect(database.of(config).dsn("owner")) as owner:
        names = [row[0] for row in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        return {
            name: owner.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for name in names
            if not name.startswith("procrastinate_")
        }


@pytest.fixture
def node(data):
    made = Node(data)
    made.start()
    yield made
    if made.process.poll() is None:
        made.process.terminate()
        made.process.wait(PATIENCE)


def test_a_node_from_start_to_restore(node, data, tmp_path):
    node.until(lambda: node.health()["ok"], "up")

    # pages, with a policy that lets no inline script run
    status, headers, body = node.get("/accounts/login/")
    assert (status, "登录" in body.decode()) == (200, True)
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert node.get("/")[0] == 302

    # a second one is told in one line what is in its way
    second = node.yifang("run")
    assert (second.returncode, len(second.stderr.splitlines()), str(data) in second.stderr) == (2, 1, True)
    neighbour = Node(data / "neighbour")
    third = neighbour.yifang("run", "--port", str(node.config.port))
    assert (third.returncode, len(third.stderr.splitlines()), str(node.config.port) in third.stderr) == (2, 1, True)

    # each part is killed and comes back; nothing is served twice, nothing is orphaned
    for part in ("postgres", "jobs", "watch", "worker", "web"):
        before = node.processes()[part]
        os.kill(before, signal.SIGKILL)
        node.until(lambda part=part, before=before: node.processes().get(part, before) != before, f"{part} again")
        node.until(lambda: node.health()["ok"], f"well after {part} was killed")

    # two backups while it runs, one with a passphrase
    with psycopg.connect(database.of(node.config).dsn("owner")) as owner:
        owner.execute("INSERT INTO auth_group (name) VALUES ('先于备份')")
    plain, locked = tmp_path / "plain.backup", tmp_path / "locked.backup"
    assert node.yifang("backup", str(plain)).returncode == 0
    assert node.yifang("backup", str(locked), YIFANG_BACKUP_PASSPHRASE="赤水").returncode == 0
    assert (plain.stat().st_mode & 0o777, locked.stat().st_mode & 0o777) == (0o600, 0o600)
    assert node.yifang("backup", str(plain)).returncode == 2
    held = _tables(node.config)

    # Ctrl-C: everything ends, in order, and says so
    pids = node.processes()
    node.process.send_signal(signal.SIGINT)
    assert node.process.wait(PATIENCE) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids.values())
    assert "database system is shut down" in (data / "log" / "postgresql.log").read_text()

    # restored elsewhere it holds the same, with the same keys; and only into an empty place
    heir = Node(data / "heir")
    assert heir.yifang("restore", str(locked)).returncode == 2
    assert heir.yifang("restore", str(locked), YIFANG_BACKUP_PASSPHRASE="赤").returncode == 2
    whole = plain.read_bytes()
    half = len(whole) // 2
    for name, content in {
        "cut": whole[:half],
        "flipped": whole[:half] + bytes([whole[half] ^ 1]) + whole[half + 1 :],
        "empty": b"",
        "other": b"PK\x03\x04 no backup at all",
    }.items():
        (tmp_path / name).write_bytes(content)
        refused = heir.yifang("restore", str(tmp_path / name))
        assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1), name
    restored = heir.yifang("restore", str(locked), YIFANG_BACKUP_PASSPHRASE="赤水")
    assert (restored.returncode, restored.stderr) == (0, "")
    assert (heir.config.data / "secrets.json").read_bytes() == (data / "secrets.json").read_bytes()
    assert heir.yifang("restore", str(plain)).returncode == 2
    with database.running(heir.config):
        assert _tables(heir.config) == held
        with psycopg.connect(database.of(heir.config).dsn("web")) as web:
            policies = web.execute("SELECT count(*) FROM pg_policies").fetchone()[0]
    assert policies > 0
