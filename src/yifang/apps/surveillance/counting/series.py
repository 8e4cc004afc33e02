"""A daily series out of the counts, for those who judge it. Runs in jobs: no viewer stands behind it."""

from datetime import date, timedelta

from django.db import connection


def daily(
    sort: str, name: str, county: str, day: str, place: str, first: date, last: date
) -> tuple[list[int], date | None]:
    """Counts of each day from `first` to `last`, and since when the county counts anything of this sort (None: never).

    Before that day there is no zero: nobody counted.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day, sum(number) FROM surveillance_count WHERE place_kind = %s AND day_kind = %s AND county = %s "
            "AND day BETWEEN %s AND %s AND sort = %s AND name = %s GROUP BY day",
            [place, day, county, first, last, sort, name],
        )
        found = dict(cursor.fetchall())
        cursor.execute(
            "SELECT min(day) FROM surveillance_count WHERE place_kind = %s AND day_kind = %s AND county = %s "
            "AND day >= %s AND sort = %s",
            [place, day, county, first, sort],
        )
        (since,) = cursor.fetchone()
    days = (last - first).days + 1
    return [int(found.get(first + timedelta(days=back), 0)) for back in range(days)], since
