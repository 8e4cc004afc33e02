"""From the source's own times to instants and civil days; what it did not say is not made up beyond midnight."""

from datetime import UTC, date, datetime, timedelta, timezone

from yifang.formats.canonical import Moment
from yifang.kernel.clock import CHINA


def instant_of(moment: Moment | None) -> datetime | None:
    """The aware UTC instant, in the node's zone where the source names none; None below the precision of a day."""
    if moment is None or moment.precision in ("year", "month"):
        return None
    try:
        naive = datetime.fromisoformat(moment.iso)
    except ValueError:
        return None
    naive = naive.replace(tzinfo=None)
    zone = CHINA if moment.offset_minutes is None else timezone(timedelta(minutes=moment.offset_minutes))
    return naive.replace(tzinfo=zone).astimezone(UTC)


def day_of(moment: Moment | None) -> date | None:
    """The civil day in the source's own zone; None where only a year or month is known."""
    if moment is None or moment.day is None:
        return None
    try:
        return date.fromisoformat(moment.day)
    except ValueError:
        return None
