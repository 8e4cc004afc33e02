"""What can be asked of a database before it is trusted: version, clock, rights, how much waits, whether an index helps.

Each question is one that the account may be refused; a refusal of one is told and ends none of the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from yifang.apps.intake.connectors import position
from yifang.apps.intake.connectors.protocol import Sight
from yifang.apps.intake.connectors.sql.settings import library
from yifang.kernel import clock

if TYPE_CHECKING:
    from yifang.apps.intake.connectors.sql.source import SqlSource

_ORACLE_WRITES = """SELECT COUNT(*) FROM session_privs
WHERE privilege LIKE '%ANY TABLE' AND privilege NOT LIKE 'SELECT%' AND privilege NOT LIKE 'READ%'"""
_KINDS = {  # the coarse kinds of a column, for people
    "text": {"zh": "文本", "en": "text"},
    "number": {"zh": "数字", "en": "number"},
    "date": {"zh": "日期", "en": "date"},
    "instant": {"zh": "时间", "en": "time"},
    "time": {"zh": "时刻", "en": "time of day"},
    "bool": {"zh": "是否", "en": "yes or no"},
    "bytes": {"zh": "二进制", "en": "bytes"},
}
_MOST, _MANY = 100_000, 10_000  # rows counted at most; rows that are many to look through for a few
_SKEW = timedelta(minutes=2)


def sights(source: SqlSource, since: Any) -> Iterator[Sight]:
    """All of it, the server first."""
    from yifang.apps.intake.connectors.sql.source import column

    dialect = source.dialect
    version = _ask(source, dialect.version)
    yield Sight(
        "good", "connect.saw_server", {"kind": dialect.title, "version": str(version or "?").split("\n")[0][:80]}
    )
    yield from _clock(source)
    columns = source.columns()
    names = ", ".join(one.name for one in columns)
    yield Sight(
        "good", "connect.saw_columns", {"view": source.settings.view, "n": len(columns), "columns": names[:400]}
    )
    place = column([one.name for one in columns], source.settings.cursor)
    yield from _cursor(source, columns[place].kind)
    yield from _waiting(source, since)
    yield from _rights(source)
    yield from _index(source, since)


def _ask(source: SqlSource, text: str, *values: Any) -> Any:
    """One value of a statement, None where it is refused: in its own savepoint, so that the next is still answered."""
    sqlalchemy = library()
    try:
        with source.connection.begin_nested():
            return source.connection.exec_driver_sql(text, values or None).scalar()
    except sqlalchemy.exc.SQLAlchemyError:
        return None


def _clock(source: SqlSource) -> Iterator[Sight]:
    told = _ask(source, source.dialect.now)
    if not isinstance(told, datetime):
        return
    ours = datetime.now(clock.CHINA).replace(tzinfo=None)
    apart = told.replace(tzinfo=None) - ours
    minutes = round(apart.total_seconds() / 60)
    if abs(apart) <= _SKEW:
        yield Sight("good", "connect.saw_clock", {})
    elif abs(minutes) >= 30 and abs(minutes % 30 - 15) >= 13:
        yield Sight("warn", "connect.saw_zone", {"hours": f"{minutes / 60:+g}"})
    else:
        yield Sight("warn", "connect.saw_skew", {"minutes": f"{minutes:+d}"})


def _cursor(source: SqlSource, kind: str) -> Iterator[Sight]:
    named = {"cursor": source.settings.cursor, "kind": _KINDS.get(kind, kind)}
    if kind in ("bytes", "bool", "time"):
        yield Sight("bad", "connect.saw_bad_cursor", named)
    elif kind == "text":
        yield Sight("warn", "connect.saw_text_cursor", named)
    else:
        yield Sight("good", "connect.saw_cursor", named)


def _counted(source: SqlSource, null: bool, since: Any) -> int:
    sqlalchemy = library()
    schema, _, name = source.settings.view.rpartition(".")
    column = sqlalchemy.column(source.settings.cursor)
    inner = sqlalchemy.select(sqlalchemy.literal(1).label("one")).select_from(
        sqlalchemy.table(name, schema=schema or None)
    )
    inner = inner.where(column.is_(None) if null else column.is_not(None) if since is None else column >= since)
    asked = sqlalchemy.select(sqlalchemy.func.count()).select_from(inner.limit(_MOST + 1).subquery("counted"))
    return int(source.connection.execute(asked).scalar() or 0)


def _waiting(source: SqlSource, since: Any) -> Iterator[Sight]:
    number = _counted(source, False, since)
    shown = f"{_MOST}+" if number > _MOST else str(number)
    where = {"rows": shown, "since": position.dumped(since)["value"] if since is not None else "—"}
    if number == 0 and since is None:
        yield Sight("warn", "connect.saw_nothing", {"view": source.settings.view})
    else:
        yield Sight("good", "connect.saw_rows", where)
    highest, now = _highest(source), datetime.now(clock.CHINA) + _SKEW
    if highest is not None and position.reached(highest, now) != highest:
        yield Sight("warn", "connect.saw_ahead", {"cursor": source.settings.cursor, "latest": str(highest)[:19]})
    if unset := _counted(source, True, None):
        yield Sight("bad", "connect.saw_null_cursor", {"rows": unset, "cursor": source.settings.cursor})


def _rights(source: SqlSource) -> Iterator[Sight]:
    """Whether the account may do more than read."""
    view, name = source.settings.view, source.settings.dialect
    more: bool | None = None
    if name in ("postgresql", "kingbase", "opengauss"):
        quoted = ".".join(f'"{part}"' for part in view.split("."))
        more = _ask(source, "SELECT has_table_privilege(current_user, %s, 'INSERT, UPDATE, DELETE')", quoted)
        admin = _ask(source, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        more = bool(more) or bool(admin)
    elif name in ("mysql", "mariadb"):
        grants = [str(row[0]) for row in source.connection.exec_driver_sql("SHOW GRANTS")]
        words = ("ALL PRIVILEGES", "INSERT", "UPDATE", "DELETE", "DROP")
        more = any(word in one.split(" ON ")[0] for one in grants for word in words)
    elif name == "oracle":
        more = bool(
            _ask(
                source,
                _ORACLE_WRITES,
            )
        )
    elif name == "sqlserver":
        more = bool(_ask(source, "SELECT HAS_PERMS_BY_NAME(%s, 'OBJECT', 'UPDATE')", view))
    yield (
        Sight("warn", "connect.saw_may_write", {"user": source.settings.user})
        if more
        else Sight("good", "connect.saw_reads_only", {"user": source.settings.user})
    )


def _index(source: SqlSource, since: Any) -> Iterator[Sight]:
    """Whether the rows since the watermark are found by an index, of what the server says it would do."""
    from yifang.apps.intake.connectors.sql.source import statement

    name = source.settings.dialect
    if name not in ("postgresql", "kingbase", "opengauss", "mysql", "mariadb"):
        yield Sight("note", "connect.saw_no_plan", {"kind": source.dialect.title})
        return
    lower = since if since is not None else _highest(source)
    if lower is None:
        return
    compiled = str(
        statement(source.settings, lower).compile(source.connection.engine, compile_kwargs={"literal_binds": True})
    )
    text = compiled.replace("%%", "%")
    sqlalchemy = library()
    try:
        with source.connection.begin_nested():
            prefix = "EXPLAIN (FORMAT JSON) " if name not in ("mysql", "mariadb") else "EXPLAIN "
            rows = list(source.connection.exec_driver_sql(prefix + text).mappings())
    except sqlalchemy.exc.SQLAlchemyError:
        yield Sight("note", "connect.saw_no_plan", {"kind": source.dialect.title})
        return
    looked = _mysql_rows(rows) if name in ("mysql", "mariadb") else _seq_rows(next(iter(rows[0].values()))[0]["Plan"])
    if looked >= _MANY:
        yield Sight("warn", "connect.saw_no_index", {"cursor": source.settings.cursor, "rows": looked})
    else:
        yield Sight("good", "connect.saw_index", {"cursor": source.settings.cursor})


def _highest(source: SqlSource) -> Any:
    sqlalchemy = library()
    schema, _, name = source.settings.view.rpartition(".")
    asked = sqlalchemy.select(sqlalchemy.func.max(sqlalchemy.column(source.settings.cursor)))
    return source.connection.execute(asked.select_from(sqlalchemy.table(name, schema=schema or None))).scalar()


def _mysql_rows(rows: list[Any]) -> int:
    return max((int(row["rows"] or 0) for row in rows if row["type"] in ("ALL", "index")), default=0)


def _seq_rows(plan: dict[str, Any]) -> int:
    """The rows of the largest table that is read from end to end: a filtered scan tells only what is left of it."""
    cost = plan.get("Total Cost", 0) if plan.get("Node Type") == "Seq Scan" else 0
    own = int(cost / 0.0125) if cost else 0  # a row costs 0.01 to read and 0.0025 to compare
    return max([own, *(_seq_rows(one) for one in plan.get("Plans", []))])
