"""Which series are due to be judged, for their counts changed."""

from collections.abc import Iterable

from django.db import connection


def note(changed: Iterable[tuple[str, str, str]]) -> None:
    """Remember that the counts of these series (sort, name, county) changed. Runs in the transaction of the change."""
    rows = sorted(set(changed))
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO surveillance_seriesdue (sort, name, county, changes) VALUES (%s, %s, %s, 1) "
                "ON CONFLICT (sort, name, county) DO UPDATE SET changes = surveillance_seriesdue.changes + 1",
                rows,
            )
