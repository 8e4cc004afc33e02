"""What is still in quarantine may be the very result that a card rests on: the audit blames nobody for it.

A message that could not be read is looked through for the numbers of visits, as bytes: nothing else of it is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from yifang.apps.intake.models import Quarantined, QuarantineState
from yifang.apps.intake.services.quarantine import bytes_of
from yifang.apps.places.models import Organisation
from yifang.apps.records.models import Record
from yifang.audit import Kind, Verdict

WITHOUT_RESULT, UNREAD = "class_without_result", "result_unread"
_WRONG: Kind = "wrong_class"
_LEAST = 6  # a shorter number stands in any message
_MOST_BYTES = 1_000_000


def set_right(verdicts: Sequence[Verdict], organisation: Organisation) -> list[Verdict]:
    """Verdicts that a card has no result, taken back where a message in quarantine names the visit. Jobs only."""
    doubtful = {record for one in verdicts if one.reason == WITHOUT_RESULT for record in _records(one)}
    named = _named(doubtful, organisation) if doubtful else set()
    return [_unread(one) if one.reason == WITHOUT_RESULT and named & _records(one) else one for one in verdicts]


def _named(records: set[UUID], organisation: Organisation) -> set[UUID]:
    """Those of the records whose visit an unread message of the hospital names."""
    numbers = {
        row.id: str((row.payload.get("encounter") or {}).get("id", "")).encode()
        for row in Record.objects.filter(id__in=records).only("payload")
    }
    wanted = {id: number for id, number in numbers.items() if len(number) >= _LEAST}
    found: set[UUID] = set()
    waiting = Quarantined.objects.filter(organisation=organisation, state=QuarantineState.OPEN, size__lte=_MOST_BYTES)
    for item in waiting.only("sealed", "mended").iterator(chunk_size=200):
        if len(found) == len(wanted):
            break
        content = bytes_of(item)
        found |= {id for id, number in wanted.items() if number in content}
    return found


def _unread(one: Verdict) -> Verdict:
    kind: Kind = "reported" if one.kind == _WRONG else one.kind
    return replace(one, kind=kind, reason=UNREAD, also=tuple(also for also in one.also if also != _WRONG))


def _records(one: Verdict) -> set[UUID]:
    return {UUID(said.record) for said in one.said}
