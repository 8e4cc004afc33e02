"""Keeping the counts in step: of cases that changed, of visits, of published figures; and compacting the keys.

Each call runs in the caller's transaction and is idempotent: it takes back what it counted of these subjects before,
and counts them as they are now.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from yifang.apps.surveillance.counting import sql
from yifang.apps.surveillance.models import CountState
from yifang.apps.surveillance.models.counts import NOBODY
from yifang.kernel import clock

Changed = set[tuple[str, str, str]]  # sort, name and county of series whose recent days changed
_RECENT_DAYS = 31


class Fact(NamedTuple):
    """What is counted of one subject: the columns of `Counted`, in the order of `sql.FACTS`."""

    subject: UUID
    sort: str
    name: str  # a disease or a syndrome of the packs
    subtype: str = ""
    case_class: str = ""
    sex: str = "unknown"
    age: int = -1
    group: str = "ordinary"
    residence_area: str = ""
    report_area: str = ""
    organisation: UUID = NOBODY
    onset_day: date | None = None
    diagnosis_day: date | None = None
    entry_day: date | None = None
    audit_day: date | None = None
    death_day: date | None = None
    number: int = 1


def count_cases(cases: Sequence[UUID]) -> Changed:
    """Count these cases as they stand; an excluded one no more. Returns the series that changed of late."""
    if not cases:
        return set()
    ids = list(dict.fromkeys(cases))
    new = f"(SELECT * FROM ({sql.CASES}) x WHERE subject = ANY (%(ids)b::uuid[]))"
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM surveillance_counted WHERE subject = ANY (%b::uuid[]) LIMIT 1", [ids])
        known = cursor.fetchone() is not None
    return _recount(new, ids) if known else _count_first(new, ids)


def count_facts(facts: Sequence[Fact], subjects: Sequence[UUID]) -> Changed:
    """Count what `facts` say of `subjects`, instead of whatever was counted of them before. As `count_cases`."""
    ids = list(dict.fromkeys(subjects))
    if not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS to_count (LIKE surveillance_counted INCLUDING DEFAULTS) "
            "ON COMMIT DELETE ROWS"
        )
        cursor.execute("DELETE FROM to_count")
        with cursor.copy(f"COPY to_count (id, {sql.FACT_LIST}) FROM STDIN") as copy:
            for number, fact in enumerate(facts):
                copy.write_row((number, *fact))
    return _recount("to_count", ids)


def _recount(new: str, ids: list[UUID]) -> Changed:
    old = "(SELECT * FROM surveillance_counted WHERE subject = ANY (%(ids)b::uuid[]))"
    with transaction.atomic():
        changed = _append(sql.change(new, old), ids)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM surveillance_counted WHERE subject = ANY (%b::uuid[])", [ids])
        _keep(new, ids)
    return changed


def _count_first(new: str, ids: list[UUID]) -> Changed:
    """Cases of which nothing was counted: hardly two share a key, so that adding them up first would take longer."""
    with transaction.atomic():
        changed = _append(sql.first(new), ids)
        _keep(new, ids)
    return changed


def _append(rows: str, ids: list[UUID]) -> Changed:
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH added AS ({rows} RETURNING sort, name, county, day) "
            "SELECT DISTINCT sort, name, county FROM added WHERE day > %(recent)s",
            {"ids": ids, "recent": clock.today() - timedelta(days=_RECENT_DAYS)},
        )
        return set(cursor.fetchall())


def _keep(new: str, ids: list[UUID]) -> None:
    """Remember what was counted of each subject, to take it back some day."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO surveillance_counted ({sql.FACT_LIST}) SELECT {sql.FACT_LIST} FROM {new} f", {"ids": ids}
        )


def compact(most: int = 200_000) -> int | None:
    """Bring the newest `most` rows together with the older ones of their keys.

    Returns how many rows went, None where there were no new ones.
    A key whose numbers cancel out leaves no row. Readers see either the rows or their sum, never both.
    """
    same = " AND ".join(f"c.{key} = f.{key}" for key in sql.KEYS)
    with transaction.atomic(), connection.cursor() as cursor:
        state, _ = CountState.objects.select_for_update().get_or_create(id=1)
        cursor.execute(
            "SELECT max(id) FROM (SELECT id FROM surveillance_count WHERE id > %s ORDER BY id LIMIT %s) x",
            [state.compacted_to, most],
        )
        (last,) = cursor.fetchone()
        if last is None:
            return None
        cursor.execute(
            f"""
            WITH fresh AS (
                SELECT DISTINCT {sql.KEY_LIST} FROM surveillance_count WHERE id > %(first)s AND id <= %(last)s
            ),
            many AS (
                SELECT {", ".join(f"c.{key}" for key in sql.KEYS)} FROM surveillance_count c JOIN fresh f ON {same}
                GROUP BY {", ".join(f"c.{key}" for key in sql.KEYS)} HAVING count(*) > 1
            ),
            gone AS (DELETE FROM surveillance_count c USING many f WHERE {same} RETURNING c.*),
            kept AS (
                INSERT INTO surveillance_count ({sql.KEY_LIST}, number)
                SELECT {sql.KEY_LIST}, sum(number) FROM gone GROUP BY {sql.KEY_LIST} HAVING sum(number) <> 0
                RETURNING 1
            )
            SELECT (SELECT count(*) FROM gone) - (SELECT count(*) FROM kept)
            """,
            {"first": state.compacted_to, "last": last},
        )
        (went,) = cursor.fetchone()
        state.compacted_to = last
        state.save(update_fields=["compacted_to"])
    return went
