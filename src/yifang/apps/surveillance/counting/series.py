"""A daily series out of the counts, for those who judge it. Runs in jobs: no viewer stands behind it."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db import connection


def daily(
    sort: str, names: Sequence[str], county: str, day: str, place: str, first: date, last: date
) -> tuple[dict[str, list[int]], date | None]:
    """Counts of each day from `first` to `last` by name, and since when the county counts anything of this sort.

    None: never. Before that day there is no zero: nobody counted. All names are read at once, as each reading goes
    through everything that the county counted.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, day, sum(number) FROM surveillance_count WHERE place_kind = %s AND day_kind = %s "
            "AND county = %s AND day BETWEEN %s AND %s AND sort = %s AND name = ANY (%s) GROUP BY name, day",
            [place, day, county, first, last, sort, list(names)],
        )
        found = {(name, on): number for name, on, number in cursor.fetchall()}
        cursor.execute(
            "SELECT min(day) FROM surveillance_count WHERE place_kind = %s AND day_kind = %s AND county = %s "
            "AND day >= %s AND sort = %s",
            [place, day, county, first, sort],
        )
        (since,) = cursor.fetchone()
    days = [first + timedelta(days=back) for back in range((last - first).days + 1)]
    return {name: [int(found.get((name, on), 0)) for on in days] for name in names}, since
