"""What stands in a register's row, of one record without its person. Pure but for the packs.

A laboratory report gives one row for each abnormal result; a visit one. What is obligatory and missing is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from yifang.apps.records.moments import instant_of
from yifang.formats import canonical
from yifang.identify.codes import CodeBook
from yifang.identify.labs import LabReader
from yifang.kernel import clock
from yifang.knowledge import Knowledge, load
from yifang.knowledge.models.registers import Register

KINDS = {
    "outpatient": ("encounter",), "admissions": ("encounter",), "discharges": ("encounter",),
    "laboratory": ("lab_report",), "imaging": ("document", "encounter", "lab_report"),
}  # fmt: skip
"""The kinds of records that a register is made of."""
_AT_DOOR = ("outpatient", "emergency")
_MARKED = frozenset(("A", "AA", "H", "HH", "L", "LL", "↑", "↓", "↑↑", "↓↓", "异常", "阳性", "POS"))
_POSITIVE = re.compile(
    r"(?<![非])阳性|弱阳|(?<![未不])检出|\(\+{1,4}\)|^\+{1,4}$|positive|(?<!not )\bdetected", re.IGNORECASE
)
_CLAUSES = re.compile(r"[，。；,;\n]")


@dataclass(frozen=True, slots=True)
class Row:
    """The values by column id; `day` is the register's own day. Identity is not in it."""

    values: Mapping[str, str]
    at: datetime | None
    order: int = 0  # of several rows of one record
    disease: str = ""
    missing: tuple[str, ...] = field(default=())


@lru_cache(maxsize=2)
def _labs(digest: str) -> LabReader:
    knowledge = load()
    return LabReader(knowledge, CodeBook(knowledge))


def register_of(id: str) -> Register | None:
    """The register of that id in the packs."""
    return next((one for one in load().registers.registers if one.id == id), None)


def rows_of(register: str, record: canonical.Record) -> list[Row]:
    """The rows that a record gives to a register; none where it belongs to another."""
    visit = record.encounter
    if record.status == "cancelled":
        return []
    common = {
        "visit_no": visit.id, "department": visit.department, "clinician": visit.clinician,
        "occupation": record.person.occupation, "diagnosis": "；".join(dict.fromkeys(_diagnoses(record))),
    }  # fmt: skip
    if register == "outpatient" and record.kind == "encounter" and visit.kind in _AT_DOOR:
        onset = next((one.onset.day for one in record.diagnoses if one.onset), None)
        told = {
            "visited_at": _shown(visit.start or record.at),
            "onset": onset or "",
            "visit_order": visit.order or _order(visit.reason),
        }
        return [Row(common | told, _at(visit.start or record.at))]
    if register in ("admissions", "discharges") and record.kind == "encounter" and visit.kind == "inpatient":
        told = {"admitted_at": _shown(visit.start), "discharged_at": _shown(visit.end), "outcome": visit.outcome}
        moment = visit.start if register == "admissions" else visit.end
        return [Row(common | told, _at(moment))] if moment else []
    if register == "laboratory" and record.kind == "lab_report":
        return list(_abnormal(record, common))
    if register == "imaging":
        return list(_imaging(record, common))
    return []


def incomplete(register: Register, values: Mapping[str, str], years: int | None) -> tuple[str, ...]:
    """The ids of obligatory columns in which nothing stands."""
    return tuple(
        one.id
        for one in register.columns
        if (one.required or (one.required_below and years is not None and years < one.required_below))
        and not values.get(one.id)
    )


def _diagnoses(record: canonical.Record) -> Iterator[str]:
    for one in record.diagnoses:
        if one.assertion != "absent" and (text := one.text or next((code.code for code in one.codes), "")):
            yield text


def _order(reason: str) -> str:
    return next((word for word in ("初诊", "复诊") if word in reason), "")


def _abnormal(record: canonical.Record, common: Mapping[str, str]) -> Iterator[Row]:
    knowledge = load()
    reader = _labs(knowledge.digest)
    for number, one in enumerate(record.results):
        if one.status == "cancelled":
            continue
        hits = [hit for hit in reader.read(one, None) if hit.polarity == "positive" and not hit.refused_specimen]
        marked = bool(_MARKED.intersection(flag.upper() for flag in one.flags)) or bool(_POSITIVE.search(one.value))
        if not hits and not marked:
            continue
        diseases = list(dict.fromkeys(hit.disease for hit in hits))
        at = one.issued or one.at or record.at
        told = {
            "reported_at": _shown(at), "specimen": one.specimen, "test": one.name, "range": one.reference_range,
            "result": f"{one.value} {one.unit}".strip(), "meaning": _names(diseases, knowledge),
        }  # fmt: skip
        yield Row(dict(common) | told, _at(at), number, diseases[0] if diseases else "")


def _names(diseases: list[str], knowledge: Knowledge) -> str:
    return "；".join(knowledge.diseases[one].name for one in diseases if one in knowledge.diseases)


def _imaging(record: canonical.Record, common: Mapping[str, str]) -> Iterator[Row]:
    pack = load().registers
    texts = [note.text for note in record.notes if note.section == "imaging"]
    for number, text in enumerate(texts):
        if word := picked(text, pack.imaging_words, pack.not_before):
            at = record.at or record.encounter.start
            told = {"reported_at": _shown(at), "finding": text[:300], "word": word}
            yield Row(dict(common) | told, _at(at), number)


def picked(text: str, words: tuple[str, ...], not_before: tuple[str, ...]) -> str:
    """The first word that a text says and does not take back in the same clause; empty for none."""
    for clause in _CLAUSES.split(text):
        for word in words:
            before, found, _after = clause.partition(word)
            if found and not any(one in before for one in not_before):
                return word
    return ""


def _at(moment: canonical.Moment | None) -> datetime | None:
    return instant_of(moment) if moment is not None else None


def _shown(moment: canonical.Moment | None) -> str:
    at = _at(moment)
    if moment is None or at is None:
        return ""
    local = at.astimezone(clock.CHINA)
    return f"{local:%Y-%m-%d %H:%M}" if moment.precision in ("minute", "second", "hour") else f"{local:%Y-%m-%d}"
