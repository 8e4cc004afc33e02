"""The embedded cluster: passwords for all, a socket and nothing else, up again after any kill."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from yifang.kernel.errors import ConfigError
from yifang.node import binaries, secrets
from yifang.node.postgres import Embedded
from yifang.node.server import Server
from yifang.node.unprivileged import Account

QUICK = {"fsync": "off", "shared_buffers": "16MB"}


@pytest.fixture
def cluster(data):
    made = Embedded(data, secrets.load(data), options=QUICK)
    made.start()
    yield made
    made.stop()


def ask(dsn: str, query: str):
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchone()[0]


def test_what_it_is_and_that_it_comes_back(cluster, data):
    assert ask(cluster.dsn("owner"), "SHOW listen_addresses") == ""
    assert ask(cluster.dsn("owner"), "SHOW data_checksums") == "on"
    assert ask(cluster.dsn("owner"), "SELECT datlocale FROM pg_database WHERE datname = 'yifang'") == "C.UTF-8"
    assert len(os.fsencode(cluster.socket / ".s.PGSQL.5432")) < 100
    for role in ("admin", "owner", "web", "jobs"):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(cluster.dsn(role, password="guess"))
    with psycopg.connect(cluster.dsn("owner")) as owner:
        owner.execute("CREATE TABLE kept (id int)")
        owner.commit()
        owner.execute("SET ROLE web")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute("SELECT * FROM kept")
    mighty = """SELECT bool_or(rolsuper OR rolcreaterole OR rolbypassrls) FROM pg_roles
        WHERE rolname IN ('owner', 'web', 'jobs')"""
    assert ask(cluster.dsn("web"), mighty) is False

    # a kill, with a session open that keeps the shared memory for a moment
    session = psycopg.connect(cluster.dsn("owner"))
    os.kill(cluster._process.pid, signal.SIGKILL)
    cluster._process.wait()
    assert cluster.ensure() is True
    assert cluster.ensure() is False
    session.close()

    # the supervisor was killed and left its postmaster behind: the next one takes the cluster over
    heir = Embedded(data, secrets.load(data), options=QUICK)
    assert heir.running()
    heir.start()
    assert ask(heir.dsn("owner"), "SELECT count(*) FROM kept") == 0
    assert not cluster.alive()
    heir.stop()
    assert not heir.running()

    # the machine went down, and the pid in the file is now somebody else's
    (heir.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{heir.cluster}\n")
    assert not heir.running()
    heir.start()
    assert ask(heir.dsn("owner"), "SELECT count(*) FROM kept") == 0
    heir.stop()

    # the keys were lost: it says so and starts nothing
    (data / secrets.FILE).unlink()
    stranger = Embedded(data, secrets.load(data), options=QUICK)
    with pytest.raises(ConfigError, match="password authentication failed"):
        stranger.start()
    assert not stranger.running()


def test_a_long_path_gets_a_short_socket(data):
    deep = data / ("x" * 90)
    cluster = Embedded(deep, secrets.load(deep), options=QUICK)
    assert len(os.fsencode(cluster.socket / ".s.PGSQL.5432")) < 100
    cluster.start()
    try:
        assert ask(cluster.dsn("web"), "SELECT user") == "web"
        assert cluster.socket.stat().st_mode & 0o077 == 0
    finally:
        cluster.stop()
        subprocess.run(["rm", "-rf", str(cluster.socket)], check=True)


def test_somebody_elses_socket_folder_is_refused(data, monkeypatch):
    if os.geteuid() != 0:
        pytest.skip("only root can make a folder that is somebody else's")
    cluster = Embedded(data, secrets.load(data))
    cluster.socket.mkdir(parents=True)
    os.chown(cluster.socket, 12345, 12345)
    with pytest.raises(ConfigError, match="not ours"):
        cluster.start()


@pytest.mark.parametrize(
    ("modes", "reaches"),
    [((0o755, 0o711), True), ((0o755, 0o700), False), ((0o700, 0o755), False), ((0o711, 0o711), True)],
)
def test_whether_the_unprivileged_user_reaches_a_folder(data, modes, reaches):
    outer, inner = data / "outer", data / "outer" / "inner"
    inner.mkdir(parents=True)
    outer.chmod(modes[0])
    inner.chmod(modes[1])
    assert Account(65533, 65533, {}).reaches(inner / "not-made-yet") is reaches


def test_programs_that_are_not_there_are_named(tmp_path):
    with pytest.raises(ConfigError, match="DATABASE_URL"):
        binaries.installed(tmp_path)


@pytest.mark.parametrize("version", ["embedded", "15"])
def test_a_server_that_somebody_else_runs(data, version):
    """DATABASE_URL: roles are made there, old passwords replaced; what cannot be is said."""
    debian = Path("/usr/lib/postgresql/15/bin")
    if version == "15" and not debian.is_dir():
        pytest.skip("PostgreSQL 15 is not installed")
    programs = binaries.installed(debian) if version == "15" else None
    host = Embedded(data / "host", secrets.load(data / "host"), programs=programs, options=QUICK)
    host.start()
    try:
        with psycopg.connect(host.dsn("admin"), autocommit=True) as admin:
            admin.execute("CREATE ROLE boss LOGIN CREATEROLE PASSWORD 'p w'")
            admin.execute("CREATE ROLE plain LOGIN PASSWORD 'p'")
            admin.execute("CREATE DATABASE county OWNER boss")
        url = f"postgresql://boss:p%20w@/county?host={host.socket}"
        node = Server(url, secrets.load(data / "node"))
        assert (node.names.web, node.names.jobs) == ("county_web", "county_jobs")
        for _ in range(2):
            node.start()
        assert ask(node.dsn("web"), "SELECT user") == "county_web"
        with psycopg.connect(node.dsn("owner")) as owner:
            owner.execute("CREATE TABLE kept (id int)")
            owner.execute("SET ROLE county_web")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                owner.execute("SELECT * FROM kept")

        again = Server(url, secrets.load(data / "installed-again"))
        again.start()
        assert ask(again.dsn("jobs"), "SELECT user") == "county_jobs"

        with pytest.raises(ConfigError, match="CREATEROLE"):
            Server(f"postgresql://plain:p@/yifang?host={host.socket}", secrets.load(data / "node")).start()
        with pytest.raises(ConfigError, match="cannot be reached"):
            Server(f"postgresql://boss:wrong@/county?host={host.socket}", secrets.load(data / "node")).start()
    finally:
        host.stop()


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="strays are found by /proc")
def test_a_backend_that_outlives_its_postmaster_does_not_keep_the_cluster_down(cluster):
    client = psycopg.connect(cluster.dsn("admin", dbname="postgres"))
    stuck = client.info.backend_pid
    os.kill(stuck, signal.SIGSTOP)  # it notices nothing, as one that waits for a lock of the dead
    os.kill(int((cluster.cluster / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    time.sleep(0.3)
    assert cluster.ensure()
    assert ask(cluster.dsn("admin", dbname="postgres"), "SELECT 1") == 1
    assert not Path(f"/proc/{stuck}/cwd").exists()
