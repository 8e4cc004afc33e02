"""A visit as all the records of it together tell it: the log has the onset, the medical record the complaint."""

from yifang.apps.records.models import Record, RecordState
from yifang.formats import canonical
from yifang.formats.joining import completed
from yifang.formats.storage import from_json


def whole(record: Record) -> canonical.Record:
    """What a record says, completed by the other current ones of its visit that may be seen, the earliest first."""
    said = from_json(record.payload)
    if not said.encounter.id:
        return said
    others = Record.objects.filter(
        person=record.person_id, organisation=record.organisation_id, current=True, kind="encounter",
        payload__encounter__id=said.encounter.id,
    ).exclude(id=record.id).exclude(state=RecordState.CANCELLED)  # fmt: skip
    for one in others.order_by("received_at", "id"):
        said = completed(said, from_json(one.payload))
    return said
