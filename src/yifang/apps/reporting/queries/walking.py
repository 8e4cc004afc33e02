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

Key = tuple[date | datetime, UUID]  # the place of a row in its list
M = TypeVar("M", bound=Model)


def seen(
    kind: SubjectKind,
    model: type[M],
    viewer: Viewer,
    *,
    disease: str = "",
    conditions: Sequence[tuple[str, Any]] = (),
    key: Key | None = None,
    backwards: bool = False,
    limit: int = 50,
) -> list[tuple[Key, UUID]]:
    """Keys of what the viewer's place sees, newest first. `conditions` are (SQL with one %s on `s`, value)."""
    where, values = ["v.scope = %s", "v.kind = %s"], [list_scope(viewer), str(kind)]
    if disease:
        where.append("v.disease = %s")
        values.append(disease)
    for condition, value in conditions:
        where.append(condition)
        values += [value] if "%s" in condition else []
    if key is not None:
        where.append(f"(v.day, v.subject) {'>' if backwards else '<'} (%s, %s)")
        values.extend(key)
    direction = "ASC" if backwards else "DESC"
    joined = f"JOIN {model._meta.db_table} s ON s.id = v.subject" if conditions else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT DISTINCT v.day, v.subject FROM accounts_visibility v {joined} WHERE {" AND ".join(where)}
            ORDER BY v.day {direction}, v.subject {direction} LIMIT %s""",
            [*values, limit + 1],
        )
        return [((day, subject), subject) for day, subject in cursor.fetchall()]


def along(rows: QuerySet[M], column: str, *, key: Key | None, backwards: bool, limit: int) -> list[M]:
    """Up to `limit` + 1 rows by `column`, earliest first, continuing after `key`."""
    if key is not None:
        at, id = key
        side = "lt" if backwards else "gt"
        rows = rows.filter(Q(**{f"{column}__{side}": at}) | Q(**{column: at, f"id__{side}": id}))
    sign = "-" if backwards else ""
    return list(rows.order_by(f"{sign}{column}", f"{sign}id")[: limit + 1])
