"""What identification said of each record, kept beside it: the audit need not read a hundred thousand texts again.

A record is read again where no reading is there, which is how the audit finds what intake missed, or where it was read
by other packs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from yifang.apps.records.models import Record
from yifang.apps.reporting.identifying import Background, Found, identified
from yifang.apps.reporting.rulebook import in_force
from yifang.audit.saying import Saying

_AT_ONCE = 2000
_KEEP = """INSERT INTO reporting_reading (record_id, organisation_id, at, digest, said)
SELECT record, organisation, at, %s, nullif(said, '')::jsonb
FROM unnest(%b::uuid[], %b::uuid[], %b::timestamptz[], %b::text[]) n (record, organisation, at, said)
ON CONFLICT (record_id) DO UPDATE SET digest = EXCLUDED.digest, said = EXCLUDED.said, at = EXCLUDED.at"""
_UNREAD = """SELECT r.id FROM records_record r LEFT JOIN reporting_reading k ON k.record_id = r.id
WHERE r.organisation_id = %s AND r.at >= %s AND r.at < %s AND r.current AND r.state <> 'cancelled'
AND (k.record_id IS NULL OR k.digest <> %s)"""


def digest() -> str:
    """Which packs a reading was made with."""
    return in_force().digest[:16]


def keep(said: Sequence[tuple[Record, Found]]) -> None:
    """Remember what these records say. In the transaction that identified them."""
    if not said:
        return
    columns = (
        [row.id for row, _ in said], [row.organisation_id for row, _ in said], [row.at for row, _ in said],
        [_packed(found.sayings) for _, found in said],
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [digest(), *columns])


def read_again(organisation: UUID, since: datetime, until: datetime) -> int:
    """Read what was not read, or by other packs. Returns how many records that were."""
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, [organisation, since, until, digest()])
        waiting = [row[0] for row in cursor.fetchall()]
    for start in range(0, len(waiting), _AT_ONCE):
        with transaction.atomic():
            rows = list(
                Record.objects.filter(id__in=waiting[start : start + _AT_ONCE]).select_related("person")
            )  # fmt: skip
            background = Background.of({row.person_id for row in rows}, rows)
            keep(list(zip(rows, identified(rows, background, {}), strict=True)))
    return len(waiting)


def unpacked(said: Iterable[dict[str, Any]]) -> list[Saying]:
    """The sayings of a reading."""
    return [Saying(**one) for one in said]


def _packed(sayings: Sequence[Saying]) -> str:
    kept = [{name: value for name, value in asdict(one).items() if value not in ("", False)} for one in sayings]
    return json.dumps(kept, ensure_ascii=False).replace("\\u0000", "") if kept else ""
