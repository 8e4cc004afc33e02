"""Walking a list by key: from the visibility rows, joined to their subjects, or along a partial index of what waits.

Only equality and order reach the visibility index; further conditions are on the subject's own columns and use
operators that may pass below the policies.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model, Q, QuerySet

from yifang.apps.accounts.models import SubjectKind
from yifang.apps.accounts.viewers import Viewer, list_scope
from yifang.web.tables import MOST_COUNTED

Key = tuple[date | datetime, UUID]  # the place of a row in its list
Condition = tuple[str, Any]
M = TypeVar("M", bound=Model)


def seen(
    kind: SubjectKind,
    model: type[M],
    viewer: Viewer,
    *,
    disease: str = "",
    conditions: Sequence[Condition] = (),
    key: Key | None = None,
    backwards: bool = False,
    limit: int = 50,
    look: int = 0,
) -> list[tuple[Key, UUID]]:
    """Up to `limit` + 1 keys of what the viewer's place sees, newest first.

    `conditions` are (SQL with one %s, value) on `v`, the visibility row, or `s`, the subject. A condition on `s` that
    few subjects meet would be looked for through all that a large place sees: `look` bounds how many are looked at.
    """
    walk, values = _walk(kind, viewer, disease, conditions, key, backwards)
    own = [one for one in conditions if not _on_row(one)]
    joined = f"JOIN {model._meta.db_table} s ON s.id = w.subject" if own else ""
    where = "WHERE " + " AND ".join(condition for condition, _value in own) if own else ""
    bound = "LIMIT %s" if look else ""
    direction = "ASC" if backwards else "DESC"
    values += [look] if look else []
    values += [value for condition, value in own if "%s" in condition]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT w.day, w.subject FROM ({walk} {bound}) w {joined} {where}
            ORDER BY w.day {direction}, w.subject {direction} LIMIT %s""",
            [*values, limit + 1],
        )
        return [((day, subject), subject) for day, subject in cursor.fetchall()]


def looked_to(
    kind: SubjectKind,
    viewer: Viewer,
    *,
    disease: str = "",
    conditions: Sequence[Condition] = (),
    key: Key | None = None,
    backwards: bool = False,
    look: int,
) -> Key | None:
    """The last key that `seen` looked at with this bound, from which to look on; None where it saw all there is."""
    walk, values = _walk(kind, viewer, disease, conditions, key, backwards)
    with connection.cursor() as cursor:
        cursor.execute(f"{walk} OFFSET %s LIMIT 2", [*values, look - 1])
        found = cursor.fetchall()
    return found[0] if len(found) == 2 else None


def _walk(
    kind: SubjectKind, viewer: Viewer, disease: str, conditions: Sequence[Condition], key: Key | None, backwards: bool
) -> tuple[str, list[Any]]:
    """The walk along the visibility rows, without its bound."""
    where, values = ["v.scope = %s", "v.kind = %s"], [list_scope(viewer), str(kind)]
    if disease:
        where.append("v.disease = %s")
        values.append(disease)
    for condition, value in conditions:
        if _on_row((condition, value)):
            where.append(condition)
            values.append(value)
    if key is not None:
        where.append(f"(v.day, v.subject) {'>' if backwards else '<'} (%s, %s)")
        values.extend(key)
    direction = "ASC" if backwards else "DESC"
    return (
        f"""SELECT DISTINCT v.day, v.subject FROM accounts_visibility v WHERE {" AND ".join(where)}
        ORDER BY v.day {direction}, v.subject {direction}""",
        values,
    )


def _on_row(condition: Condition) -> bool:
    return condition[0].startswith("v.")


def counted(rows: QuerySet[M]) -> int:
    """How many rows, counted to one beyond what a page says (`web.tables.number`)."""
    return rows.order_by()[: MOST_COUNTED + 1].count()


def along(rows: QuerySet[M], column: str, *, key: Key | None, backwards: bool, limit: int) -> list[M]:
    """Up to `limit` + 1 rows by `column`, earliest first, continuing after `key`."""
    if key is not None:
        at, id = key
        side = "lt" if backwards else "gt"
        rows = rows.filter(Q(**{f"{column}__{side}": at}) | Q(**{column: at, f"id__{side}": id}))
    sign = "-" if backwards else ""
    return list(rows.order_by(f"{sign}{column}", f"{sign}id")[: limit + 1])
