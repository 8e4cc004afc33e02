"""The hospital that is a database: made beside the node's own, and read through the door for such databases.

Its script, and what it writes while the county lives, are pieces that run once each: the database keeps their names, in
the transaction of the piece. One role may sign in to it, made for the door, and SELECT the two views alone; the node's
web and jobs roles may not enter it, nor that role the node's database.
"""

from __future__ import annotations

import hashlib
import io
import secrets
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from django.db import transaction
from django.db.models import Sum
from psycopg import sql

from yifang.apps.intake.connectors.sql.settings import SqlSettings, from_address, url_of
from yifang.apps.intake.models import Batch, Connection, Feed
from yifang.apps.intake.services.connections import connect, settings_of
from yifang.apps.ledger.services import NODE
from yifang.kernel.errors import ConfigError
from yifang.node import roles
from yifang.node.database import Database
from yifang.world import feeds, living

RESULTS = "h03-lis"
CURSOR = "更新时间"
EVERY = 30  # seconds
# A feed reads one view. Its overlap in seconds: results are written with their visit, up to four hours before their
# own time, so that one of an earlier time may come after one of a later.
VIEWS = {feeds.DATABASE: ("v_mzrz", 600), RESULTS: ("v_jyjg", 5 * 3600)}
_NOT_ITS = ("user", "password", "dbname")  # of the node's own address
_PAUSE = 1.0  # seconds between tries while the server is away


class Hospital:
    """Its database, reached as the node's owner. Raises psycopg.Error where the server refuses."""

    def __init__(self, server: Database) -> None:
        self._server = server
        self._node = server.params("owner")["dbname"]
        self._name = f"{self._node}_h03"
        self._reader = f"{self._name}_reader"
        self.rows = 0
        """How many rows the views held when it was opened."""

    def open(self, folder: Path) -> None:
        """Make it, load it from the county in `folder` and have it read: whatever of that is not done yet.

        Raises ConfigError where the two databases cannot be kept apart, or the parts that read databases are missing.
        """
        from_address(self._address(""))  # before anything is made
        self._make()
        script = folder / "feeds" / feeds.DATABASE / "views.sql"
        with script.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        with script.open(encoding="utf-8") as lines:
            self._run(f"{script.name} {digest}", lines)
        self._open_views()
        self._register()

    def put(self, name: str, data: bytes) -> bool:
        """Run a piece as it goes on living, waiting while the server is away."""
        piece = f"{name} {hashlib.sha256(data).hexdigest()}"
        while True:
            try:
                self._run(piece, io.StringIO(data.decode()))
                return True
            except psycopg.OperationalError:
                time.sleep(_PAUSE)

    def taken(self) -> int:
        """How many rows the node has read."""
        return Batch.objects.filter(feed__code__in=VIEWS).aggregate(rows=Sum("items"))["rows"] or 0

    def is_read(self) -> bool:
        """Whether both views were read to their end since they were registered."""
        return not Connection.objects.filter(feed__code__in=VIEWS, succeeded_at=None).exists()

    # -- the database

    def _make(self) -> None:
        own, node, reader = map(sql.Identifier, (self._name, self._node, self._reader))
        names = self._server.names
        with psycopg.connect(self._server.dsn("admin"), autocommit=True) as admin:
            roles.make(admin, self._reader, secrets.token_urlsafe(24))
            # everybody may enter a new database; in the node's own anybody could then call its functions
            admin.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(node))
            for name in (names.owner, names.web, names.jobs):
                admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(node, sql.Identifier(name)))
            may_enter = "SELECT has_database_privilege(%s, %s, 'CONNECT')"
            if admin.execute(may_enter, [self._reader, self._node]).fetchone()[0]:
                # who does not own a database is only warned that nothing was revoked
                raise ConfigError("county.not_apart", role=self._reader, database=self._node)
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self._name]).fetchone():
                made = "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'"
                admin.execute(sql.SQL(made).format(own, sql.Identifier(names.owner)))
            admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(own))
            admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(own, reader))

    def _run(self, piece: str, lines: Iterable[str]) -> None:
        with self._connect() as own:
            own.execute("CREATE TABLE IF NOT EXISTS piece (name text PRIMARY KEY)")
            known = own.execute("INSERT INTO piece VALUES (%s) ON CONFLICT DO NOTHING", [piece]).rowcount == 0
            for statement in () if known else _statements(lines):
                own.execute(statement)

    def _open_views(self) -> None:
        with self._connect() as own:
            for view, _overlap in VIEWS.values():
                named = sql.Identifier(view)
                own.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(named, sql.Identifier(self._reader)))
                self.rows += own.execute(sql.SQL("SELECT count(*) FROM {}").format(named)).fetchone()[0]

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(self._server.dsn("owner", dbname=self._name))

    # -- the door

    def _register(self) -> None:
        """Have the views read. The password is made here and kept only as the door keeps it; one that works stays."""
        visits = Feed.objects.select_related("organisation").get(code=feeds.DATABASE)
        name = f"{visits.organisation.name} 检验视图"
        results, _made = Feed.objects.get_or_create(
            code=RESULTS,
            defaults={"name": name, "name_en": name, "organisation": visits.organisation, "folder": RESULTS},
        )
        if self._is_registered():
            return
        password = secrets.token_urlsafe(24)
        address = self._address(password)
        with psycopg.connect(self._server.dsn("admin"), autocommit=True) as admin:
            roles.set_password(admin, self._reader, password)
        with transaction.atomic():
            for feed in (visits, results):
                view, overlap = VIEWS[feed.code]
                given = {"view": view, "cursor": CURSOR, "every": EVERY, "overlap": overlap, "most": 0}
                connect(feed, "sql", from_address(address) | given, NODE)

    def _is_registered(self) -> bool:
        views = list(Connection.objects.filter(feed__code__in=VIEWS))
        if len(views) < len(VIEWS):
            return False
        try:
            _connector, settings = settings_of(views[0])
            assert isinstance(settings, SqlSettings)
            address = url_of(settings).set(drivername="postgresql").render_as_string(hide_password=False)
            psycopg.connect(address, connect_timeout=10).close()
        except psycopg.OperationalError:  # its socket lies elsewhere now, or the role has another password
            return False
        return True

    def _address(self, password: str) -> str:
        """As a person would write it: a socket's folder is no host name."""
        given = {name: value for name, value in self._server.params("owner").items() if name not in _NOT_ITS}
        host, port = given.pop("host", ""), given.pop("port", "")
        if host.startswith("/"):
            given |= {"host": host, "port": port} if port else {"host": host}
            host = port = ""
        place = f"{host}:{port}" if port else host
        options = f"?{urlencode(given)}" if given else ""
        return f"postgresql://{quote(self._reader)}:{password}@{place}/{quote(self._name)}{options}"


class Outlet:
    """Where what the living county writes goes: SQL into the hospital's database, the rest into the feeds' folders."""

    def __init__(self, inbox: Path, hospital: Hospital | None) -> None:
        self._folder, self._hospital = living.Folder(inbox), hospital

    def put(self, name: str, data: bytes) -> bool:
        """A hospital that could not be made takes nothing."""
        if not name.endswith(".sql"):
            return self._folder.put(name, data)
        return self._hospital is not None and self._hospital.put(name, data)


def _statements(lines: Iterable[str]) -> Iterator[str]:
    """One by one: the server would hold a year's script whole. The county's texts have no line breaks."""
    held: list[str] = []
    for line in lines:
        held.append(line)
        if line.endswith(";\n"):
            yield "".join(held)
            held.clear()
