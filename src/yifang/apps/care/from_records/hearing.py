"""One batch of identified records: its visits are kept and held against triage, its results go to whoever waits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from yifang.apps.care.from_records import clinics, infections, visits
from yifang.apps.records.models import Record
from yifang.formats.storage import from_json


def on_identified(records: Sequence[tuple[Record, Sequence[str]]], gone: Collection[UUID]) -> None:
    """What follows from a batch of records, each with its syndromes, and from those that are gone."""
    kept = visits.keep([(row, syndromes) for row, syndromes in records if row.kind == "encounter"], gone)
    clinics.arrive(kept)
    reports = [row for row, _ in records if row.payload.get("results")]
    if not reports:
        return
    waiting = clinics.waiting_for(reports)
    cultures = infections.possible(reports)
    for row in reports:
        if row.person_id in waiting or row.id in cultures:
            record = from_json({**row.payload, "person": {}})
            clinics.report(row, record, waiting.get(row.person_id, ()))
            if row.id in cultures:
                infections.consider(row, record)
