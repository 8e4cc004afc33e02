"""OBR, OBX, SPM and NTE → results and narrative notes; and the raw OBX rows by which other parsers are compared.

An observation keeps its place, its own status and what it belongs to (the order's text and codes, the specimen). Text
of
imaging reports and of documents becomes notes, line by line as sent; every other OBX becomes one result.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from yifang.formats import codes
from yifang.formats.canonical import Note, Result, Section, Status
from yifang.formats.codes import words
from yifang.formats.hl7v2.fields import NOTHING, Coded, Draft, coded, coded_all, get, part
from yifang.formats.hl7v2.reader import Message, Segment

_CODED_TYPES = frozenset(("CWE", "CE", "CNE", "CF", "IS", "ID", ""))
_TEXT_TYPES = frozenset(("TX", "FT", "ST", ""))
# HL7 table 0074 (OBR-24): sections whose report is a picture described in words.
_IMAGING = words("RAD CT CUS CTH NMR NMS OUS RUS RX VUS XRC EC EEG ECG IMG MR US DX NM")
_QUESTION_KINDS = frozenset(("QST", "AOE", "ASC"))  # OBX-29
_OBX_FIELDS = 30


class ObxRow(NamedTuple):
    """One OBX as written, escapes unresolved: OBR-4.1, OBX-3.1, 3.2, 2, 5.1, 5.2, 8.1, 11."""

    obr4: str
    code: str
    text: str
    type: str
    value: str
    value_text: str
    flag: str
    status: str


@dataclass(slots=True)
class Order:
    """An OBR with what follows it; `obr` is empty for observations that belong to no order (ADT, VXU)."""

    obr: Segment
    number: int
    observations: list[tuple[int, Segment]] = field(default_factory=list)
    notes: list[tuple[int, Segment]] = field(default_factory=list)
    specimen: Segment | None = None


def obx_rows(message: Message) -> Iterator[ObxRow]:
    """The OBX of a message as rows, for comparison with other parsers."""

    def piece(value: str, number: int) -> str:
        return part_as_written(value.split(message.component), number)

    def part_as_written(parts: list[str], number: int) -> str:
        return parts[number - 1] if number <= len(parts) else ""

    order = ""
    for segment in message.segments:
        if segment[0] == "OBR":
            order = piece(get(segment, 4), 1)
        elif segment[0] == "OBX":
            name, value = get(segment, 3), get(segment, 5)
            yield ObxRow(
                order, piece(name, 1), piece(name, 2), get(segment, 2), piece(value, 1), piece(value, 2),
                piece(get(segment, 8), 1), get(segment, 11),
            )  # fmt: skip


def orders(segments: list[Segment], offsets: dict[str, int]) -> list[Order]:
    """The orders of a group of segments, in the order sent; `offsets` counts each segment name in earlier groups."""
    found: list[Order] = []
    current: Order | None = None
    waiting: Segment | None = None  # a specimen that came before its orders (OUL)
    counts = dict(offsets)
    for segment in segments:
        name = segment[0]
        if name not in ("OBR", "OBX", "NTE", "SPM"):
            continue
        counts[name] = counts.get(name, 0) + 1
        if name == "OBR":
            current = Order(segment, counts[name], specimen=waiting)
            found.append(current)
        elif name == "OBX":
            if current is None:
                current = Order([], 0)
                found.append(current)
            current.observations.append((counts[name], segment))
        elif name == "NTE" and current is not None:
            current.notes.append((counts[name], segment))
        elif name == "SPM":
            if current is not None and current.obr and current.specimen is None:
                current.specimen = segment
            waiting = segment
    _share_specimens(found)
    return found


def _share_specimens(found: list[Order]) -> None:
    """An order without a specimen of its own shares the nearest one: ELR sends one SPM for all orders of a specimen."""
    last: Segment | None = None
    for sequence in (found, list(reversed(found))):
        for order in sequence:
            if order.specimen is not None:
                last = order.specimen
            elif last is not None and order.obr:
                order.specimen = last


def order_status(message: Message, order: Order) -> Status | None:
    """OBR-25 of an order; None where it says nothing."""
    return codes.REPORT_STATUS.get(message.text(get(order.obr, 25)).upper()) if order.obr else None


def read_orders(
    draft: Draft, found: list[Order], narrative: Section | None
) -> tuple[list[Result], list[Note], list[Status]]:
    """Results, notes, and the states of the results that are tests (questions put to the person left out).

    With `narrative` set, text observations become notes of that section (documents); otherwise only imaging does.
    """
    results: list[Result] = []
    notes: list[Note] = []
    tested: list[Status] = []
    for order in found:
        _read_order(draft, order, narrative, results, notes, tested)
    return results, notes, tested


def _read_order(
    draft: Draft,
    order: Order,
    narrative: Section | None,
    results: list[Result],
    notes: list[Note],
    tested: list[Status],
) -> None:
    message = draft.message
    obr = order.obr
    panel = coded(message, get(obr, 4)) if obr else NOTHING
    where = f"OBR[{order.number}]"
    at = draft.time(get(obr, 7), f"{where}.7") if obr else None
    issued = draft.time(get(obr, 22), f"{where}.22") if obr else None
    section: Section | None = narrative
    if obr and message.text(get(obr, 24)).upper() in _IMAGING:
        section = "imaging"
    specimen = _specimen(draft, order)
    statuses = codes.RESULT_STATUS
    text_runs: dict[str, list[str]] = {}
    text_paths: dict[str, str] = {}
    for number, obx in order.observations:
        if len(obx) < _OBX_FIELDS:
            obx = obx + [""] * (_OBX_FIELDS - len(obx))
        kind = obx[2].strip().upper()
        if section and kind in _TEXT_TYPES and kind:
            text_runs.setdefault(obx[3], []).append(_text(message, obx[5]))
            text_paths.setdefault(obx[3], f"OBX[{number}].5")
            continue
        path = f"OBX[{number}]"
        name = draft.coded(obx[3])
        value = _value(draft, kind, obx[5], path)
        status = statuses.get(obx[11])
        if status is None:
            status = _unusual_status(draft, obx[11], path)
        if not codes.is_question(name.codes, obx[29] in _QUESTION_KINDS):
            tested.append(status)
        results.append(
            Result(
                name.codes,
                name.text,
                value.text,
                path,
                value.codes,
                kind,
                draft.coded(obx[6]).text,
                message.unescape(obx[7]),
                _flags(message, obx[8]) if obx[8] else (),
                status,
                specimen,
                panel.text,
                panel.codes,
                (draft.time(obx[14], f"{path}.14") if obx[14] else None) or at,
                (draft.time(obx[19], f"{path}.19") if obx[19] else None) or issued,
            )
        )
    for run, lines in text_runs.items():
        text = "\n".join(lines).strip()
        if text:
            notes.append(Note(section or "other", text, text_paths[run], at))
    for number, note in order.notes:
        text = _text(message, get(note, 3)).strip()
        if text:
            notes.append(Note("laboratory" if obr else "other", text, f"NTE[{number}].3", at))
    if obr and (clinical := _text(message, get(obr, 13)).strip()):
        notes.append(Note("history", clinical, f"{where}.13", at))


def _flags(message: Message, value: str) -> tuple[str, ...]:
    """OBX-8: the codes of each repetition."""
    if value.isalpha():
        return (value,)
    return tuple(part(message.components(one), 1) for one in message.repeats(value))


def _unusual_status(draft: Draft, value: str, path: str) -> Status:
    """OBX-11 written in lower case, with blanks, empty, or outside table 0085; the last counts as final, with an
    issue."""
    code = draft.message.text(value).strip().upper()
    if code and code not in codes.RESULT_STATUS:
        draft.issue("formats.unknown_code", f"{path}.11", value=code[:20])
    return codes.RESULT_STATUS.get(code, "final")


def _specimen(draft: Draft, order: Order) -> str:
    message = draft.message
    if order.specimen is not None:
        text = coded(message, get(order.specimen, 4)).text
        if text:
            return text
    if order.obr and (source := get(order.obr, 15)):
        first = message.repeats(source)[0].split(message.component)[0] if message.repeats(source) else ""
        pieces = message.subcomponents(first)
        return pieces[1] if len(pieces) > 1 and pieces[1] else pieces[0]
    return ""


def _text(message: Message, value: str) -> str:
    """A text value: repetitions are lines, components stay as they were written."""
    if message.repetition in value:
        return "\n".join(message.unescape(one) for one in value.split(message.repetition))
    return message.unescape(value)


def _value(draft: Draft, kind: str, value: str, path: str) -> Coded:
    message = draft.message
    if not value or value == '""':
        return NOTHING
    if kind in _CODED_TYPES:
        if not kind:
            draft.issue("hl7.value_type_missing", f"{path}.2")
            if message.component not in value:
                return Coded((), _text(message, value))
        return coded_all(message, value)
    if kind == "SN":
        return Coded((), " ".join(_structured(message, one) for one in message.repeats(value)))
    if kind in ("NM", "ST", "TX", "FT", "DT", "TM", "TS", "DTM", "SI"):
        if kind in ("TS", "DTM", "DT"):
            draft.time(value, f"{path}.5")
        return Coded((), _text(message, value))
    if kind in ("ED", "RP"):
        return Coded((), _attachment(draft, value, path))
    return Coded((), " ".join(text for text in message.components(value) if text))


def _structured(message: Message, value: str) -> str:
    """SN: comparator, number, separator, number, as one reads it: `>100`, `1:128`, `3-5`, `2+`."""
    return "".join(text for text in message.components(value)[:4])


def _attachment(draft: Draft, value: str, path: str) -> str:
    parts = draft.message.components(value)
    if part(parts, 4).upper() in ("A", "") and part(parts, 2).upper() in ("TEXT", "TX", "FT"):
        return part(parts, 5)
    draft.issue("hl7.attachment", f"{path}.5", type="/".join(filter(None, (part(parts, 2), part(parts, 3))))[:60])
    return ""
