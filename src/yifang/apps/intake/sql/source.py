"""Asking a hospital's database: one view, read only, in the order of its cursor column. Knows nothing of ours.

SQLAlchemy and the drivers are the extra `sql`; they are imported when a database is asked, never by a page. What went
wrong is said without a password and without a row's content.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from yifang.kernel.errors import ConfigError, UserError

PART = 500  # rows taken at once
_DRIVERS = {
    "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql", "mariadb": "mysql+pymysql",
}  # fmt: skip
_CONNECT = {
    "postgresql": {"connect_timeout": 10, "options": "-c default_transaction_read_only=on -c statement_timeout=600000"},
    "mysql": {
        "connect_timeout": 10, "read_timeout": 600, "charset": "utf8mb4",
        "init_command": "SET SESSION TRANSACTION READ ONLY",
    },
}  # fmt: skip
# What a server says of itself may be shown; what it says of a value (class 22 and its like) may be somebody's name.
_SAYABLE_STATES = ("08", "28", "3D", "3F", "42", "53", "55", "57", "58")
_SAYABLE_NUMBERS = frozenset((1040, 1044, 1045, 1049, 1054, 1142, 1143, 1146, 1205, 1317, 1356, 2002, 2003, 2006, 2013))


class SourceFailed(Exception):
    """The database could not be asked; `reason` says why in the server's words, as far as they may be shown."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_url(text: str) -> Any:
    """SQLAlchemy's URL of an address as a person writes it. Raises UserError `intake.view_url`, never naming it."""
    sqlalchemy = _library()
    try:
        url = sqlalchemy.make_url(text.strip())
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise UserError("intake.view_url", kinds=sorted(_DRIVERS)) from None
    if url.drivername not in _DRIVERS or not url.database:
        raise UserError("intake.view_url", kinds=sorted(_DRIVERS))
    return url.set(drivername=_DRIVERS[url.drivername])


def shown(url: Any) -> str:
    """A server for people: kind, host, database; neither user nor password."""
    port = f":{url.port}" if url.port else ""
    return f"{url.get_backend_name()}://{url.host or 'localhost'}{port}/{url.database}"[:200]


@contextmanager
def opened(url: Any) -> Iterator[Source]:
    """The database, for as long as it is asked. Raises SourceFailed, also for what goes wrong inside."""
    sqlalchemy = _library()
    pool = importlib.import_module("sqlalchemy.pool").NullPool
    engine = sqlalchemy.create_engine(url, poolclass=pool, connect_args=_CONNECT[url.get_backend_name()])
    try:
        with engine.connect() as connection:
            yield Source(connection)
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise SourceFailed(_reason(error, url.password or "")) from None
    finally:
        engine.dispose()


class Source:
    """An open connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def rows(
        self, view: str, cursor: str, lower: Any = None, most: int | None = None
    ) -> tuple[list[str], Iterator[Sequence[Sequence[Any]]]]:
        """The columns of a view, and its rows with a cursor from `lower` on, in parts, streamed."""
        sqlalchemy = _library()
        schema, _, name = view.rpartition(".")
        column = sqlalchemy.column(cursor)
        asked = sqlalchemy.select(sqlalchemy.text("*")).select_from(sqlalchemy.table(name, schema=schema or None))
        asked = asked.where(column.is_not(None) if lower is None else column >= lower).order_by(column).limit(most)
        result = self._connection.execution_options(yield_per=PART).execute(asked)
        return list(result.keys()), result.partitions(PART)


def _library() -> Any:
    try:
        return importlib.import_module("sqlalchemy")
    except ModuleNotFoundError:
        raise ConfigError("intake.view_extra") from None


def _reason(error: Any, password: str) -> str:
    original = getattr(error, "orig", None)
    if original is None:
        return type(error).__name__
    state = str(getattr(original, "sqlstate", None) or "")
    number = original.args[0] if original.args and isinstance(original.args[0], int) else 0
    unconnected = type(original).__name__ == "OperationalError" and not state and not number
    if not (unconnected or state.startswith(_SAYABLE_STATES) or number in _SAYABLE_NUMBERS):
        return f"{type(original).__name__} {state or number or ''}".strip()
    words = str(original.args[1] if number and len(original.args) > 1 else original).strip().split("\n")[0]
    return (words.replace(password, "…") if password else words)[:160]
