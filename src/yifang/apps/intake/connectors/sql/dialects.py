"""What differs between the databases that hospitals run: driver, read-only session, what may be said of an error.

Each session may only read, gives up a statement after ten minutes, and tells instants as China's civil time. Tried on
real servers: PostgreSQL and MariaDB. Oracle and SQL Server: SQL text and driver options only; KingbaseES and openGauss
speak PostgreSQL's protocol and name their version in their own way (`versions`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

CONNECT_SECONDS, STATEMENT_SECONDS = 10, 600
_GONE, _FORBIDDEN, _LOGIN, _COLUMN = (
    "intake.view_gone",
    "intake.view_forbidden",
    "intake.view_login",
    "intake.view_columns",
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """One kind of database. `connect` are the driver's options, `session` is said once a connection stands."""

    name: str
    title: str
    driver: str  # SQLAlchemy's
    module: str
    port: int
    connect: Mapping[str, Any]
    session: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    now: str = "SELECT CURRENT_TIMESTAMP"
    version: str = "SELECT version()"
    # error number or state → what it means; anything else of these is the server's own affair and may be shown
    meaning: Mapping[str, str] = field(default_factory=dict)
    sayable: tuple[str, ...] = ()  # beginnings of further numbers whose words speak of the server, never of a value
    kind_of: Callable[[Any], str] = lambda code: "text"


_OIDS = {
    16: "bool", 17: "bytes", 1082: "date", 1083: "time", 1266: "time", 1114: "instant", 1184: "instant",
    **dict.fromkeys((20, 21, 23, 26, 700, 701, 790, 1700), "number"),
}  # fmt: skip
_MYSQL_KINDS = {
    7: "instant",
    12: "instant",
    10: "date",
    14: "date",
    11: "time",
    **dict.fromkeys((0, 1, 2, 3, 4, 5, 8, 9, 13, 16, 246), "number"),
}
_MSSQL_KINDS = {2: "bytes", 3: "number", 4: "instant", 5: "number"}
_PG_MEANING = {
    "42P01": _GONE, "3F000": _GONE, "42501": _FORBIDDEN, "28000": _LOGIN, "28P01": _LOGIN, "3D000": _LOGIN,
    "42703": _COLUMN,
}  # fmt: skip
_PG = {
    "connect": {
        "connect_timeout": CONNECT_SECONDS,
        "options": f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_SECONDS * 1000}",
    },
    "now": "SELECT localtimestamp",
    "meaning": _PG_MEANING,
    "sayable": ("08", "28", "3D", "3F", "42", "53", "55", "57", "58"),
    "kind_of": lambda code: _OIDS.get(code, "text"),
}  # fmt: skip
_MYSQL = {
    "module": "pymysql",
    "port": 3306,
    "connect": {
        "connect_timeout": CONNECT_SECONDS, "read_timeout": STATEMENT_SECONDS, "charset": "utf8mb4",
        "init_command": "SET SESSION TRANSACTION READ ONLY",
    },
    # TIMESTAMP columns come in the session's zone, whatever the server's is
    "session": ("SET SESSION time_zone = '+08:00'",),
    "meaning": {
        "1146": _GONE, "1356": _GONE, "1142": _FORBIDDEN, "1143": _FORBIDDEN, "1044": _LOGIN, "1045": _LOGIN,
        "1049": _LOGIN, "1054": _COLUMN,
    },
    "sayable": ("1040", "1205", "1317", "2002", "2003", "2006", "2013", "2005", "2026"),
    "kind_of": lambda code: _MYSQL_KINDS.get(code, "text"),
}  # fmt: skip


def _oracle_kind(code: Any) -> str:
    name = str(getattr(code, "name", code)).removeprefix("DB_TYPE_")
    for kind, starts in (
        ("instant", ("TIMESTAMP", "DATE")), ("number", ("NUMBER", "BINARY_", "INTEGER")),
        ("bytes", ("RAW", "LONG_RAW", "BLOB")), ("bool", ("BOOLEAN",)), ("time", ("INTERVAL",)),
    ):  # fmt: skip
        if name.startswith(starts):
            return kind
    return "text"


DIALECTS: dict[str, Dialect] = {
    one.name: one
    for one in (
        Dialect("postgresql", "PostgreSQL", "postgresql+psycopg", "psycopg", 5432, **_PG),  # type: ignore[arg-type]
        Dialect("kingbase", "金仓 KingbaseES", "postgresql+psycopg", "psycopg", 54321, **_PG),  # type: ignore[arg-type]
        Dialect("opengauss", "openGauss", "postgresql+psycopg", "psycopg", 5432, **_PG),  # type: ignore[arg-type]
        Dialect("mysql", "MySQL", "mysql+pymysql", **_MYSQL),  # type: ignore[arg-type]
        Dialect("mariadb", "MariaDB", "mysql+pymysql", **_MYSQL),  # type: ignore[arg-type]
        Dialect(
            "oracle", "Oracle", "oracle+oracledb", "oracledb", 1521,
            {"tcp_connect_timeout": float(CONNECT_SECONDS)},
            session=("SET TRANSACTION READ ONLY",),
            now="SELECT CAST(SYSTIMESTAMP AS TIMESTAMP) FROM DUAL",
            version="SELECT banner FROM v$version WHERE ROWNUM = 1",
            meaning={"942": _GONE, "4063": _GONE, "1031": _FORBIDDEN, "1017": _LOGIN, "1045": _LOGIN, "28000": _LOGIN,
                     "28001": _LOGIN, "12514": _LOGIN, "904": _COLUMN},
            sayable=("12", "3113", "3114", "3135", "1012", "1033", "1034", "1089", "DPY-", "DPI-", "600"),
            kind_of=_oracle_kind,
        ),
        Dialect(
            "sqlserver", "SQL Server", "mssql+pymssql", "pymssql", 1433,
            {"login_timeout": CONNECT_SECONDS, "timeout": STATEMENT_SECONDS, "read_only": True, "charset": "UTF-8"},
            # it has no read-only transactions: the reading is never committed, and locks are not waited for
            session=("SET LOCK_TIMEOUT 10000", "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"),
            now="SELECT SYSDATETIME()",
            version="SELECT @@VERSION",
            meaning={"208": _GONE, "4413": _GONE, "229": _FORBIDDEN, "230": _FORBIDDEN, "18456": _LOGIN, "4060": _LOGIN,
                     "207": _COLUMN},
            sayable=("200", "1205", "1222", "233", "10054", "10060"),
            kind_of=lambda code: _MSSQL_KINDS.get(code, "text"),
        ),
    )
}  # fmt: skip
# how an address as a person writes it names them
SCHEMES = {**{name: name for name in DIALECTS}, "postgres": "postgresql", "mssql": "sqlserver"}


def versions(text: str) -> tuple[int, ...]:
    """The version to be taken for PostgreSQL's own, of what `version()` says.

    openGauss grew out of PostgreSQL 9.2; KingbaseES V8 follows 12.
    """
    if found := re.match(r"PostgreSQL (\d+)\.?(\d+)?", text):
        return tuple(int(part) for part in found.groups() if part)
    return (12, 0) if "kingbase" in text.casefold() else (9, 2, 4)
