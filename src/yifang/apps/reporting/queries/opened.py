"""What a card page shows beside the answers: the evidence that the card was drafted from."""

from __future__ import annotations

from uuid import UUID

from yifang.apps.records.models import Record
from yifang.apps.reporting.identifying import evidence_from_json
from yifang.apps.reporting.models import CardVersion
from yifang.apps.reporting.queries.suspicions import Shown


def evidence_of(version: CardVersion) -> list[Shown]:
    """The evidence kept with a version, each with its record where the viewer may see that."""
    kept = version.source.get("evidence", ())
    records = Record.objects.in_bulk([UUID(item["record"]) for item in kept])
    return [Shown(evidence_from_json(item), records.get(UUID(item["record"]))) for item in kept]
