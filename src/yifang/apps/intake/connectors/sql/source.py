"""Asking a hospital's database: one view, read only, in the order of its cursor column.

SQLAlchemy and the drivers are the extra `sql`; they are imported when a database is asked, never by a page. What went
wrong is said without a password and without a row's content.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from yifang.apps.intake.connectors.protocol import Column, Rows, Sight, SourceFailed
from yifang.apps.intake.connectors.sql import looking
from yifang.apps.intake.connectors.sql.dialects import DIALECTS, Dialect, versions
from yifang.apps.intake.connectors.sql.settings import SqlSettings, library, url_of
from yifang.kernel.errors import ConfigError, YifangError

PART = 500  # rows taken at once
_thick: list[str] = []  # the folder of Oracle's client, which a process opens once


def engine(settings: SqlSettings) -> Any:
    """An engine without a pool. Raises ConfigError where a driver, or Oracle's client, is not there."""
    dialect = DIALECTS[settings.dialect]
    sqlalchemy = library()
    try:
        importlib.import_module(dialect.module)
    except ModuleNotFoundError:
        raise ConfigError("intake.view_extra") from None
    if settings.client:
        _open_client(settings.client)
    options = dict(dialect.connect)
    if settings.dialect == "oracle":
        options = {} if _thick else options  # an option of thin connections
    pool = importlib.import_module("sqlalchemy.pool").NullPool
    made = sqlalchemy.create_engine(url_of(settings), poolclass=pool, connect_args=options)
    if settings.dialect in ("kingbase", "opengauss"):
        made.dialect._get_server_version_info = lambda connection: versions(
            str(connection.exec_driver_sql("SELECT version()").scalar())
        )
    return made


@contextmanager
def opened(settings: SqlSettings) -> Iterator[SqlSource]:
    """The database, for as long as it is asked. Raises SourceFailed, also for what goes wrong inside."""
    sqlalchemy = library()
    made = engine(settings)
    dialect = DIALECTS[settings.dialect]
    try:
        with made.connect() as connection:
            if settings.dialect == "oracle":
                connection.connection.dbapi_connection.call_timeout = 600_000
            for statement in dialect.session:
                connection.exec_driver_sql(statement)
            yield SqlSource(connection, settings, dialect)
    except (sqlalchemy.exc.SQLAlchemyError, AssertionError) as error:
        raise failed(error, dialect, settings.password) from None
    finally:
        made.dispose()


def statement(settings: SqlSettings, lower: Any = None, most: int | None = None) -> Any:
    """The rows of the view from a watermark on, in its order."""
    sqlalchemy = library()
    schema, _, name = settings.view.rpartition(".")
    column = sqlalchemy.column(settings.cursor)
    asked = sqlalchemy.select(sqlalchemy.text("*")).select_from(sqlalchemy.table(name, schema=schema or None))
    asked = asked.where(column.is_not(None) if lower is None else column >= lower).order_by(column)
    return asked if most is None else asked.limit(most)


class SqlSource:
    """An open connection."""

    def __init__(self, connection: Any, settings: SqlSettings, dialect: Dialect) -> None:
        self.connection, self.settings, self.dialect = connection, settings, dialect
        self._columns: list[Column] = []

    def columns(self) -> list[Column]:
        # apart from the rows: breaking off a reading that has begun may make the driver read all that is left
        if not self._columns:
            result = self.connection.execute(statement(self.settings, most=0))
            described = result.cursor.description
            kinds = [self.dialect.kind_of(one[1]) for one in described]
            self._columns = [Column(str(name), kind) for name, kind in zip(result.keys(), kinds, strict=True)]
            result.close()
        return self._columns

    def parts(self, since: Any, most: int | None) -> Iterator[Rows]:
        header = [one.name for one in self.columns()]
        place = column(header, self.settings.cursor)
        asked = self.connection.execution_options(yield_per=PART).execute(statement(self.settings, since, most))
        for rows in asked.partitions(PART):
            yield Rows(header, [tuple(row) for row in rows], place)

    def sights(self, since: Any) -> Iterator[Sight]:
        return looking.sights(self, since)


def column(header: list[str], name: str) -> int:
    """The place of the cursor column, whose case databases see differently. Raises YifangError `intake.view_cursor`."""
    folded = [one.casefold() for one in header]
    if name.casefold() not in folded:
        raise YifangError("intake.view_cursor", cursor=name, columns=", ".join(header)[:200])
    return folded.index(name.casefold())


def failed(error: Any, dialect: Dialect, password: str) -> SourceFailed:
    """Why the database could not be asked, in the server's words as far as they may be shown.

    What a server says of itself may be; what it says of a value (class 22 and its like) may be somebody's name.
    """
    original = getattr(error, "orig", None)
    if original is None:
        return SourceFailed(type(error).__name__)
    number, words = _number_and_words(original, dialect)
    meant = dialect.meaning.get(number)
    unconnected = type(original).__name__ in ("OperationalError", "InterfaceError") and number in ("", "0")
    if not (meant or unconnected or (number and number.startswith(dialect.sayable))):
        return SourceFailed(f"{type(original).__name__} {number}".strip())
    said = words.strip().split("\n")[0]
    if not meant and unconnected and "authentication" in said:
        meant = "intake.view_login"
    return SourceFailed((said.replace(password, "…") if password else said)[:160], meant or "intake.view_away")


def _number_and_words(original: Any, dialect: Dialect) -> tuple[str, str]:
    """The number or state of an error, as text, and what the server said."""
    if dialect.module == "psycopg" and (state := str(getattr(original, "sqlstate", None) or "")):
        return state, str(original)
    first = original.args[0] if original.args else ""
    if isinstance(first, tuple):  # pymssql wraps once more
        first, original = first[0], type(original)(*first)
    if hasattr(first, "full_code"):  # Oracle
        code = str(first.code or first.full_code)
        return (code if first.code else first.full_code), str(first.message)
    if isinstance(first, int):
        words = original.args[1] if len(original.args) > 1 else ""
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        return str(first), re.sub(r"DB-Lib error message.*", "", text)
    return "", str(original)


def _open_client(folder: str) -> None:
    """Oracle's thick client, needed for 11g and older; a process opens it once."""
    if _thick:
        return
    oracledb = importlib.import_module("oracledb")
    try:
        oracledb.init_oracle_client(lib_dir=folder)
    except Exception as error:
        raise ConfigError("connect.oracle_client", folder=folder, reason=str(error).split("\n")[0][:120]) from None
    _thick.append(folder)
