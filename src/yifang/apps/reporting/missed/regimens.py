"""Regimens whose drugs came as several orders: read together by night, as no order alone says anything. Jobs only."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import connection

from yifang import identify
from yifang.apps.places.models import Organisation
from yifang.apps.records.models import Record
from yifang.apps.reporting.identifying import Background, canonical_of
from yifang.apps.reporting.rulebook import in_force
from yifang.audit.regimens import put_together, rules_of_many, window_of
from yifang.audit.saying import Saying, sayings
from yifang.formats import canonical
from yifang.identify import PersonContext

_ORDERS = """SELECT r.id FROM records_record r WHERE r.organisation_id = %s AND r.at >= %s AND r.at < %s
AND r.kind = 'order' AND r.current AND r.state <> 'cancelled' AND r.payload ->> 'drugs' ~ %s"""
_AT_ONCE = 5000


def said_together(organisation: Organisation, since: datetime, until: datetime) -> list[tuple[Record, Saying]]:
    """What the orders of each person say together of the diseases that a combination of drugs points to."""
    rules = in_force()
    wanted = rules_of_many(rules)
    names = "|".join(sorted({re.escape(name) for group in wanted.values() for name in group}))
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS, [organisation.id, since, until, names])
        ids = [row[0] for row in cursor.fetchall()]
    rows: list[Record] = []
    for start in range(0, len(ids), _AT_ONCE):
        rows += Record.objects.filter(id__in=ids[start : start + _AT_ONCE]).select_related("person")
    of: dict[UUID, list[tuple[datetime, canonical.Record]]] = defaultdict(list)
    for row in rows:
        of[row.person_id].append((row.at, replace(canonical_of(row), key=str(row.id))))
    merged = [one for orders in of.values() for one in put_together(orders, window_of(rules))]
    if not merged:
        return []
    by_id = {str(row.id): row for row in rows}
    background = Background.of({by_id[one.key].person_id for one in merged}, [by_id[one.key] for one in merged])
    contexts = {one.key: PersonContext(tuple(background.reported.get(by_id[one.key].person_id, ()))) for one in merged}
    outcomes = identify.compiled(rules).identify(merged, context=contexts)
    return [
        (by_id[record.key], said)
        for record, outcome in zip(merged, outcomes, strict=True)
        for said in sayings(record, outcome)
        if said.rule in wanted
    ]
