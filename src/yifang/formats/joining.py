"""Two tellings of one visit: its log and its medical record know different things, and neither takes away the other's.

What a table has no column for it says nothing about; what it has a column for and leaves empty it says is empty.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from yifang.formats.canonical import Diagnosis, Note, Record

_PERSON = {"occupation": "person.occupation", "age_text": "person.age"}  # facts of the visit; who it is is kept apart
_VISIT = (
    "id", "kind", "department", "clinician", "clinician_id", "organisation", "organisation_id", "start", "end",
    "reason", "order", "outcome",
)  # fmt: skip
_DIAGNOSIS = {
    "codes": "diagnosis.code", "text": "diagnosis.text", "at": "diagnosis.at", "onset": "diagnosis.onset",
}  # fmt: skip
_NOTHING = ("", "other", None)
_LISTS = {"results": "result.", "drugs": "drug.", "immunizations": "immunization."}


def joined(record: Record, before: Record, told: Collection[str]) -> Record:
    """A further telling of what `before` told. `told`: the targets and names of the columns that its table has."""
    person = {name: value for name, target in _PERSON.items() if target not in told
              and (value := getattr(before.person, name))}  # fmt: skip
    visit = {name: value for name in _VISIT if f"encounter.{name}" not in told
             and (value := getattr(before.encounter, name)) not in _NOTHING}  # fmt: skip
    lists = {name: getattr(before, name) for name, begin in _LISTS.items()
             if not any(one.startswith(begin) for one in told)}  # fmt: skip
    own = {(one.section, one.text) for one in record.notes}
    notes = [one for one in before.notes if _column(one) not in told and (one.section, one.text) not in own]
    return replace(
        record,
        status=record.status if "report.status" in told else before.status,
        person=replace(record.person, **person),
        encounter=replace(record.encounter, **visit),
        at=record.at if "encounter.start" in told else before.at or record.at,
        diagnoses=_diagnoses(record, before, told),
        notes=(*record.notes, *notes),
        **lists,
    )


def completed(record: Record, other: Record) -> Record:
    """A record with what another record of the same visit adds to it; where both speak, its own stands."""
    made = joined(record, other, _said(record))
    found = []
    for one in record.diagnoses:
        known = next((more for more in other.diagnoses if _same(one, more)), one)
        found.append(replace(one, **{name: getattr(one, name) or getattr(known, name) for name in _DIAGNOSIS}))
    found += [one for one in other.diagnoses if not any(_same(one, own) for own in found)]
    return replace(made, diagnoses=tuple(found))


def _diagnoses(record: Record, before: Record, told: Collection[str]) -> tuple[Diagnosis, ...]:
    if "diagnosis.code" not in told and "diagnosis.text" not in told:
        return before.diagnoses
    found = []
    for one in record.diagnoses:
        known = next((other for other in before.diagnoses if _same(one, other)), None)
        more = {name: value for name, target in _DIAGNOSIS.items() if target not in told
                and (value := getattr(known, name, None))}  # fmt: skip
        found.append(replace(one, **more))
    return tuple(found)


def _same(one: Diagnosis, other: Diagnosis) -> bool:
    codes = {code.code for code in one.codes if code.code}
    return one.text == other.text or bool(codes & {code.code for code in other.codes})


def _column(note: Note) -> str:
    return note.path.rpartition("].")[2]


def _said(record: Record) -> set[str]:
    """The targets of which a record says something itself; its state is its own."""
    found = {target for name, target in _PERSON.items() if getattr(record.person, name)}
    found |= {f"encounter.{name}" for name in _VISIT if getattr(record.encounter, name) not in _NOTHING}
    return found | {begin for name, begin in _LISTS.items() if getattr(record, name)} | {"report.status"}
