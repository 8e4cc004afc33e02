"""What came through a feed, day by day: counted in the transaction of the chunk that brought it.

So the feed's page reads some rows where it would otherwise count millions of records. Times are when something came;
how late that was stands in `delays`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from yifang.apps.intake.models import Feed
from yifang.apps.intake.services.outcomes import new_ones
from yifang.apps.records.models import Record
from yifang.apps.records.moments import instant_of
from yifang.apps.records.services import Received
from yifang.formats import canonical
from yifang.kernel import clock

# Upper bounds of the delays in minutes; one more class holds what came later still.
BOUNDS = (1, 5, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 4320, 10080, 20160, 43200)
_CLINICAL = ("encounter", "case_notification")  # what should carry a diagnosis
_HOURLY = ("hour", "minute", "second")
_NUMBERS = (
    "arrivals", "items", "records", "repeats", "refused", "measured", "clinical", "with_id", "with_birth",
    "with_address", "with_time", "with_diagnosis",
)  # fmt: skip
_COLUMNS = ("feed_id", "day", *_NUMBERS, "hours", "delays")
_ADD = f"""INSERT INTO intake_feedday ({", ".join(_COLUMNS)}) VALUES ({", ".join(["%s"] * len(_COLUMNS))})
ON CONFLICT (feed_id, day) DO UPDATE SET
{", ".join(f"{name} = intake_feedday.{name} + EXCLUDED.{name}" for name in _NUMBERS)},
{
    ", ".join(
        f"{name} = (SELECT array_agg(a + b ORDER BY n) FROM "
        f"unnest(intake_feedday.{name}, EXCLUDED.{name}) WITH ORDINALITY AS t(a, b, n))"
        for name in ("hours", "delays")
    )
}"""


def count(
    feed: Feed,
    records: Sequence[canonical.Record],
    received: Received,
    *,
    arrivals: int = 0,
    items: int = 0,
    refused: int = 0,
) -> None:
    """Add to the feed's day what just came: `records` as they were read, `received` what became of them."""
    now = clock.now()
    fresh = _fresh(records, received.stored, feed) if received.repeats else records
    numbers = {
        "arrivals": arrivals, "items": items, "records": len(received.stored), "repeats": received.repeats,
        "refused": refused, **_measured(fresh),
    }  # fmt: skip
    hours, delays = [0] * 24, [0] * (len(BOUNDS) + 1)
    local = now.astimezone(clock.CHINA)
    hours[local.hour] = len(received.stored)
    for minutes in _delays(fresh, now):
        delays[bisect_left(BOUNDS, minutes)] += 1
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [feed.id, local.date(), *(numbers[name] for name in _NUMBERS), hours, delays])


def _fresh(records: Sequence[canonical.Record], stored: Sequence[UUID], feed: Feed) -> list[canonical.Record]:
    versions = Record.objects.filter(id__in=stored).order_by("version").values_list("key", "digest")
    new = new_ones(records, versions, feed.organisation)
    return [record for record in records if id(record) in new]


def _measured(records: Sequence[canonical.Record]) -> dict[str, int]:
    clinical = [record for record in records if record.kind in _CLINICAL]
    people = [record.person for record in records]
    return {
        "measured": len(records),
        "clinical": len(clinical),
        "with_id": sum(any(one.kind in ("cn_id", "passport") for one in person.identifiers) for person in people),
        "with_birth": sum(person.birth is not None for person in people),
        "with_address": sum(bool(person.address or person.area_code) for person in people),
        "with_time": sum(_event(record) is not None for record in records),
        "with_diagnosis": sum(any(one.codes for one in record.diagnoses) for record in clinical),
    }


def _event(record: canonical.Record) -> canonical.Moment | None:
    """When it happened, as `records` dates it."""
    moments = (record.at, record.encounter.start, *(one.at for one in record.results))
    return next((one for one in moments if one is not None), None)


def _delays(records: Sequence[canonical.Record], now: datetime) -> Iterable[float]:
    """Minutes from the event until now, of those that name an hour; a day alone would be up to a day wrong."""
    for record in records:
        moment = _event(record)
        if moment is not None and moment.precision in _HOURLY and (at := instant_of(moment)) is not None:
            yield (now - at).total_seconds() / 60
