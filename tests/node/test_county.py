"""A small county on a node of its own: the hospital that is a database comes in by its door, whole and once."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import date
from pathlib import Path

import psycopg
import pytest

from tests.node.running import Node, running
from yifang.kernel.errors import ConfigError
from yifang.node import database, secrets
from yifang.node.county.hospital import VIEWS, Hospital
from yifang.node.postgres import Embedded
from yifang.node.server import Server
from yifang.world import county, making

pytest.importorskip("sqlalchemy", reason="the extra sql is not installed")
SMALL = county.Scale(seed=11, until=date(2026, 11, 22), residents=3000, encounters=1500, days=30)
STORED = """SELECT feed.code, record.id FROM records_record record JOIN intake_batch batch ON batch.id = record.batch
JOIN intake_feed feed ON feed.id = batch.feed_id"""
REFUSED = """SELECT feed.code, sum(refused) FROM intake_batch JOIN intake_feed feed ON feed.id = feed_id GROUP BY 1"""
# A day of the county's life after its last, as the child lives it.
LIVE = """import pathlib, sys
from yifang.node import config, database
from yifang.node.county.hospital import Hospital, Outlet
from yifang.world import living
folder, inbox = map(pathlib.Path, sys.argv[1:])
outlet = Outlet(inbox, Hospital(database.of(config.load())))
living.Life(living.reopened(folder), folder, [outlet], 86400).step()"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("county") / "world"
    making.make(county.found(SMALL), folder)
    return folder


@pytest.fixture(scope="module")
def node(world: Path):
    with running(county=str(world)) as made:
        yield made


def rows_of(world: Path) -> dict[str, int]:
    """How many rows each view holds, found without the program."""
    script = sqlite3.connect(":memory:")
    script.executescript((world / "feeds" / "h03-sql" / "views.sql").read_text(encoding="utf-8"))
    return {code: script.execute(f"SELECT count(*) FROM {view}").fetchone()[0] for code, (view, _) in VIEWS.items()}


def stored(node: Node) -> Counter[str]:
    """Records by feed, every version counted."""
    with node.connect() as sql:
        return Counter(code for code, _ in sql.execute(STORED))


def accounted(node: Node) -> dict[str, int]:
    """Of the hospital's feeds: records and refused rows."""
    with node.connect() as sql:
        refused = dict(sql.execute(REFUSED).fetchall())
    return {code: stored(node)[code] + refused.get(code, 0) for code in VIEWS}


def is_alive(node: Node) -> bool:
    return (node.config.data / "county-state").read_text() == "alive"


def reread(node: Node) -> None:
    """Until the views were read once more."""
    with node.connect() as sql:
        sql.execute("UPDATE intake_connection SET tried_at = NULL, succeeded_at = NULL")
        wanted = "SELECT count(*) FROM intake_connection WHERE succeeded_at IS NOT NULL"
        node.until(lambda: sql.execute(wanted).fetchone() == (2,), "read again")


def test_the_whole_county_comes_in_once_however_often_it_is_started(node: Node, world: Path) -> None:
    mark = node.config.data / "county-state"
    node.until(mark.exists, "begun")
    with psycopg.connect(database.of(node.config).dsn("admin"), autocommit=True) as admin:
        known = "SELECT 1 FROM pg_database WHERE datname = 'yifang_h03'"
        node.until(lambda: admin.execute(known).fetchone(), "the hospital's database")
    node.stop()
    node.start()
    node.until(lambda: is_alive(node), "filled in")
    rows = rows_of(world)
    assert min(rows.values()) > 50
    assert accounted(node) == rows
    assert f"数据库 0 / {sum(rows.values())} 行" in node.output.read_text()
    before = stored(node)
    assert {"h01-his", "h02-fhir", "p01-log", "h03-sql", "h03-lis"} <= set(before)

    node.stop()
    lines = node.output.read_text().count("world score")
    node.start()
    node.until(lambda: node.output.read_text().count("2026-11-23 00:00") == 2, "alive again")
    reread(node)
    assert stored(node) == before
    assert node.output.read_text().count("world score") == lines == 1


def test_what_the_hospital_writes_later_comes_in_too(node: Node, world: Path) -> None:
    node.until(lambda: is_alive(node), "filled in")
    before = accounted(node)
    for _ in range(2):
        lived = node.python(LIVE, str(world), str(node.config.inbox))
        assert lived.returncode == 0, lived.stderr
    reread(node)
    added = {code: accounted(node)[code] - before[code] for code in VIEWS}
    with psycopg.connect(database.of(node.config).dsn("owner", dbname="yifang_h03")) as hospital:
        held = {
            code: hospital.execute(f"SELECT count(*) FROM {view}").fetchone()[0] for code, (view, _) in VIEWS.items()
        }
    assert min(added.values()) > 0
    assert accounted(node) == held
    with node.connect() as sql:  # nothing of it went to the folders too
        assert not sql.execute("SELECT 1 FROM intake_batch WHERE name LIKE '%.sql'").fetchone()


def test_neither_database_is_reached_from_the_other(node: Node) -> None:
    node.until(lambda: is_alive(node), "filled in")
    server = database.of(node.config)
    found = node.python(
        "from yifang.apps.intake.connectors.sql.settings import url_of;"
        "from yifang.apps.intake.models import Connection;"
        "from yifang.apps.intake.services.connections import settings_of;"
        "urls = {url_of(settings_of(one)[1]).set(drivername='postgresql') for one in Connection.objects.all()};"
        "print(*(url.render_as_string(hide_password=False) for url in urls))"
    )
    (address,) = found.stdout.split()
    with psycopg.connect(address, autocommit=True) as reader:
        for view, _overlap in VIEWS.values():
            assert reader.execute(f"SELECT count(*) FROM {view}").fetchone()[0] > 0
        for refused in (
            "SELECT * FROM mz_visit", "SELECT * FROM lis_result", "SELECT * FROM piece", "CREATE TABLE mine (id int)",
            "CREATE TEMPORARY TABLE mine (id int)", "DELETE FROM v_mzrz", "UPDATE v_mzrz SET 姓名 = ''",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(refused)
    for dsn in (
        address.replace("/yifang_h03?", "/yifang?"),
        server.dsn("web", dbname="yifang_h03"),
        server.dsn("jobs", dbname="yifang_h03"),
    ):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(dsn)
    assert address.split(":")[2].split("@")[0] not in node.output.read_text()


def test_a_server_that_does_not_let_us_says_so(data: Path, world: Path) -> None:
    """DATABASE_URL: its user may not create databases, or does not own the node's."""
    host = Embedded(data / "host", secrets.load(data / "host"), options={"fsync": "off"})
    host.start()
    try:
        with psycopg.connect(host.dsn("admin"), autocommit=True) as admin:
            admin.execute("CREATE ROLE boss LOGIN CREATEROLE PASSWORD 'p'")
            admin.execute("CREATE ROLE guest LOGIN CREATEROLE CREATEDB PASSWORD 'p'")
            admin.execute("CREATE DATABASE county OWNER boss")
            admin.execute("CREATE DATABASE other")
            admin.execute("GRANT CREATE ON DATABASE other TO guest")
            boss = Server(f"postgresql://boss:p@/county?host={host.socket}", secrets.load(data / "node"))
            boss.start()
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="create database"):
                Hospital(boss).open(world)
            guest = Server(f"postgresql://guest:p@/other?host={host.socket}", secrets.load(data / "node"))
            guest.start()
            with pytest.raises(ConfigError, match="other_h03_reader"):
                Hospital(guest).open(world)
            assert not admin.execute("SELECT 1 FROM pg_database WHERE datname LIKE '%h03'").fetchone()
            admin.execute("ALTER ROLE boss CREATEDB")
            for _ in range(2):
                Hospital(boss)._make()
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(boss.dsn("web", dbname="county_h03"))
            psycopg.connect(boss.dsn("web")).close()
    finally:
        host.stop()


def test_a_piece_waits_while_the_server_is_away(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    hospital = Hospital(Server("postgresql://boss:p@db.example/county", secrets.load(data)))
    tries: list[str] = []

    def run(piece: str, lines: object) -> None:
        tries.append(piece)
        if len(tries) < 3:
            raise psycopg.OperationalError("the database system is starting up")

    monkeypatch.setattr(hospital, "_run", run)
    monkeypatch.setattr("yifang.node.county.hospital._PAUSE", 0)
    assert hospital.put("h03-sql/h03-sql-20261123T0000.sql", b"")
    assert len(tries) == 3
    assert len(set(tries)) == 1


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("postgresql://boss:p@db.example:5433/county?sslmode=require",
         "postgresql://county_h03_reader:w@db.example:5433/county_h03?sslmode=require"),
        ("postgresql://boss:p@/county?host=/run/pg", "postgresql://county_h03_reader:w@/county_h03?host=%2Frun%2Fpg"),
    ],
)  # fmt: skip
def test_the_address_is_the_node_s_with_another_user_and_database(data: Path, url: str, address: str) -> None:
    assert Hospital(Server(url, secrets.load(data)))._address("w") == address
