"""Whether the counts are what a recount gives: key by key, and case by case."""

from dataclasses import dataclass

from django.db import connection, transaction

from yifang.apps.surveillance.counting import sql


@dataclass(frozen=True, slots=True)
class Difference:
    """A key whose sum is not what its subjects give."""

    key: dict[str, object]
    counted: int
    recounted: int


@dataclass(frozen=True, slots=True)
class Verified:
    """`waiting`: cases that changed after they were counted (the ledger's entries about them are on their way)."""

    keys: int
    total: int
    differences: tuple[Difference, ...]
    waiting: int

    @property
    def holds(self) -> bool:
        return not self.differences


def verify(most: int = 20) -> Verified:
    """Recount everything in one snapshot. Names at most `most` differences."""
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        sums = f"SELECT {sql.KEY_LIST}, sum(number) AS number FROM %s k GROUP BY {sql.KEY_LIST} HAVING sum(number) <> 0"
        cursor.execute(
            f"""
            CREATE TEMPORARY TABLE compared AS
            SELECT {sql.KEY_LIST}, coalesce(a.number, 0) AS counted, coalesce(b.number, 0) AS recounted
            FROM ({sums % "surveillance_count"}) a
            FULL JOIN ({sums % f"({sql.keys('surveillance_counted')})"}) b USING ({sql.KEY_LIST})
            """
        )
        cursor.execute("SELECT count(*), coalesce(sum(recounted), 0) FROM compared")
        keys, total = cursor.fetchone()
        cursor.execute(
            f"SELECT {sql.KEY_LIST}, counted, recounted FROM compared WHERE counted <> recounted LIMIT {most}"
        )
        names = [name.strip('"') for name in sql.KEYS]
        differences = tuple(
            Difference(dict(zip(names, row[:-2], strict=True)), row[-2], row[-1]) for row in cursor.fetchall()
        )
        facts = f"SELECT {sql.FACT_LIST} FROM"
        cursor.execute(
            f"""
            SELECT count(DISTINCT subject) FROM (
                ({facts} ({sql.CASES}) c EXCEPT {facts} surveillance_counted) UNION ALL
                ({facts} surveillance_counted WHERE sort = 'disease' AND subject IN (SELECT id FROM reporting_case)
                    EXCEPT {facts} ({sql.CASES}) c)
            ) x
            """
        )
        (waiting,) = cursor.fetchone()
        cursor.execute("DROP TABLE compared")
    return Verified(keys, int(total), differences, waiting)
