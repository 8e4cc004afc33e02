"""One HL7 v2 message → its records: what kind it is, whom it is about, its state and its identity.

A message that holds several PID gives one record for each. What the standard requires and the message lacks is an
issue as long as something can be read; a message without a person, or one that only answers another, is refused.
"""

from __future__ import annotations

from yifang.formats import codes
from yifang.formats.canonical import (
    Encounter,
    Issue,
    Item,
    Moment,
    Note,
    Person,
    Record,
    RecordKind,
    Refusal,
    Section,
    Source,
    Status,
)
from yifang.formats.codes import words
from yifang.formats.hl7v2 import clinical, reader
from yifang.formats.hl7v2.fields import Draft, coded, get, hierarchic, part
from yifang.formats.hl7v2.person import encounter, person
from yifang.formats.hl7v2.reader import Message, Segment
from yifang.formats.hl7v2.results import Order, order_status, orders, read_orders
from yifang.formats.identity import content_key, person_part, report_key

_KINDS: dict[str, RecordKind] = {
    "ORU": "lab_report", "OUL": "lab_report", "ORF": "lab_report", "OML": "order", "OMG": "order", "ORM": "order",
    "OMP": "order", "OMI": "order", "RDE": "order", "RDS": "order", "RGV": "order", "RAS": "order",
    "VXU": "immunization",
    "MDM": "document", "ADT": "encounter", "BAR": "other", "DFT": "other", "SIU": "other", "REF": "other",
    "PPR": "other", "RRI": "other",
}  # fmt: skip
_ANSWERS = words("ACK MCF QRY QBP RSP QCK DSR ORR ORL RRE NMQ NMR MFN MFK")
_PERSON_EVENTS = words("A24 A28 A29 A30 A31 A34 A35 A36 A37 A39 A40 A43 A46 A47 A48 A49 A60")
# Cancels of the visit itself; a cancel of a transfer or a discharge leaves the visit standing.
_CANCEL_EVENTS = words("A11 A23 A27 A29 A38 S15 S17 S16 T11")
_CORRECT_EVENTS = words("A12 A13 A25 A26 T08 T09 T10 S13 S14")
_ORDER_CANCELLED = words("CA OC CR DC OD DR")
_ORDER_CHANGED = words("XO XX XR RO RP RU")
_REQUIRED = ((9, "MSH-9"), (10, "MSH-10"), (12, "MSH-12"))
# TXA-2 and OBX-3 words of documents → the section their text belongs to.
_DOCUMENTS: dict[str, Section] = {"DI": "imaging", "HP": "history", "ED": "history", "DS": "diagnosis", "CN": "other"}


def read_message(raw: bytes, path: str, index: int, offset_issues: tuple[Issue, ...] = ()) -> Item:
    """The item of one message's bytes. Never raises for content."""
    message = reader.parse(raw)
    if message is None:
        return Item(index, "hl7v2", (), Refusal("hl7.bad_header", "MSH"), raw, offset_issues)
    msh = message.segments[0]
    type_parts = message.components(get(msh, 9))
    family, event = part(type_parts, 1).upper(), part(type_parts, 2).upper()
    if family in _ANSWERS:
        refusal = Refusal("hl7.nobody", "MSH-9", (("type", "^".join(type_parts[:2])[:20]),))
        return Item(index, "hl7v2", (), refusal, raw, offset_issues)
    groups = _by_person(message)
    if not groups:
        return Item(index, "hl7v2", (), Refusal("hl7.no_person", "PID"), raw, offset_issues)
    source = Source(
        "hl7v2",
        path,
        index,
        "^".join(filter(None, type_parts[:2])),
        message.text(get(msh, 12)),
        message.text(get(msh, 10)),
        _sender(message, msh),
        message.charset,
    )
    header_issues = _header_issues(message, msh)
    records = tuple(
        _record(message, source, family, event, group, number, raw, header_issues)
        for number, group in enumerate(groups, 1)
    )
    return Item(index, "hl7v2", records, None, raw, offset_issues)


def _sender(message: Message, msh: Segment) -> str:
    names = (
        next(filter(None, hierarchic(message, get(msh, 3))), ""),
        next(filter(None, hierarchic(message, get(msh, 4))), ""),
    )
    return "/".join(filter(None, names))


def _header_issues(message: Message, msh: Segment) -> list[Issue]:
    issues = list(message.issues)
    issues += [Issue("hl7.missing_field", place) for number, place in _REQUIRED if not message.text(get(msh, number))]
    if message.text(get(msh, 11)).upper() in ("T", "D"):
        issues.append(Issue("hl7.not_production", "MSH-11"))
    return issues


class _Group:
    """The segments about one person, and how many of each name came before (paths count over the whole message)."""

    __slots__ = ("offsets", "pid", "segments")

    def __init__(self, pid: Segment, offsets: dict[str, int]) -> None:
        self.pid, self.offsets = pid, offsets
        self.segments: list[Segment] = []


def _by_person(message: Message) -> list[_Group]:
    groups: list[_Group] = []
    counts: dict[str, int] = {}
    before: list[Segment] = []
    for segment in message.segments:
        name = segment[0]
        if name == "PID":
            groups.append(_Group(segment, dict(counts) if groups else {}))
            groups[-1].segments = list(before) if len(groups) == 1 else []
        elif groups:
            groups[-1].segments.append(segment)
        else:
            before.append(segment)
        counts[name] = counts.get(name, 0) + 1
    return groups


def _record(
    message: Message,
    source: Source,
    family: str,
    event: str,
    group: _Group,
    number: int,
    raw: bytes,
    header_issues: list[Issue],
) -> Record:
    draft = Draft(message, list(header_issues))
    segments = group.segments
    found = orders(segments, group.offsets)
    notified = family in ("ORU", "") and clinical.is_notification(message, found)
    kind = "case_notification" if notified else _kind(family, event, segments)
    who = person(draft, group.pid, segments, number)
    visit = encounter(draft, segments)
    narrative = _narrative(message, segments) if kind == "document" else None
    results, notes, tested = read_orders(draft, found, narrative)
    names = {segment[0] for segment in segments}
    diagnoses = clinical.reasons(draft, found)
    if names & clinical.DIAGNOSIS_SEGMENTS:
        diagnoses = clinical.diagnoses(draft, segments, group.offsets, visit.kind) + diagnoses
    statuses = [order_status(message, order) for order in found]
    told = None
    if notified:
        told = clinical.notification(draft, found, results, statuses)
        diagnoses = list(told.diagnoses) + diagnoses
        who = clinical.with_death(who, told)
    vaccination = family == "VXU" or kind == "immunization"
    status: Status = told.status if told else _status(message, family, event, segments, statuses, tested)
    key = _key(draft, kind, event, group, found, who, visit, told, raw, source)
    if visit.reason:
        notes.append(Note("complaint", visit.reason, "PV2[1].3", visit.start))
    return Record(
        kind,
        key,
        status,
        source,
        who,
        visit,
        _when(draft, kind, segments, found, visit, told),
        tuple(diagnoses),
        tuple(results),
        tuple(clinical.drugs(draft, segments, group.offsets, not vaccination))
        if names & clinical.DRUG_SEGMENTS
        else (),
        tuple(clinical.doses(draft, segments, group.offsets)) if vaccination else (),
        tuple(notes),
        tuple(draft.issues),
    )


def _kind(family: str, event: str, segments: list[Segment]) -> RecordKind:
    if family == "ADT":
        return "person" if event in _PERSON_EVENTS else "encounter"
    if family in _KINDS:
        return _KINDS[family]
    names = {segment[0] for segment in segments}
    if "RXA" in names and "OBR" not in names:
        return "immunization"
    if "TXA" in names:
        return "document"
    if "OBX" in names or "OBR" in names:
        return "lab_report"
    return "encounter" if "PV1" in names else "other"


def _narrative(message: Message, segments: list[Segment]) -> Section:
    for segment in segments:
        if segment[0] == "TXA":
            return _DOCUMENTS.get(message.text(get(segment, 2)).upper(), "other")
    return "other"


def _status(
    message: Message,
    family: str,
    event: str,
    segments: list[Segment],
    statuses: list[Status | None],
    tested: list[Status],
) -> Status:
    if event in _CANCEL_EVENTS and family in ("ADT", "SIU", "MDM", ""):
        return "cancelled"
    if event in _CORRECT_EVENTS and family in ("ADT", "SIU", "MDM", ""):
        return "corrected"
    if family in ("ORU", "OUL", "ORF", ""):
        said = [status for status in statuses if status]
        if tested and all(status == "cancelled" for status in tested):
            return "cancelled"  # each test was withdrawn (OBX-11 W or D), whatever OBR-25 calls it
        return codes.overall(said or tested)
    if family == "VXU":
        doses = [segment for segment in segments if segment[0] == "RXA"]
        if doses and all(message.text(get(dose, 21)).upper() == "D" for dose in doses):
            return "cancelled"
        return "corrected" if any(message.text(get(dose, 21)).upper() == "U" for dose in doses) else "final"
    controls = [message.text(get(segment, 1)).upper() for segment in segments if segment[0] == "ORC"]
    if controls and all(control in _ORDER_CANCELLED for control in controls):
        return "cancelled"
    if any(control in _ORDER_CHANGED for control in controls):
        return "corrected"
    return "cancelled" if statuses and all(status == "cancelled" for status in statuses) else "final"


def _key(
    draft: Draft,
    kind: RecordKind,
    event: str,
    group: _Group,
    found: list[Order],
    who: Person,
    visit: Encounter,
    told: clinical.Notification | None,
    raw: bytes,
    source: Source,
) -> str:
    message = draft.message
    about = person_part(who)
    if told is not None:
        if told.id:
            return report_key("case", told.id)
        draft.issue("hl7.no_case_id", "OBR[1].3")
    elif kind == "lab_report":
        for order in found:
            if order.obr:
                number = _filler(message, order, group.segments)
                if number:
                    ordered = coded(message, get(order.obr, 4)).codes
                    return report_key("lab", number, ordered[0].code if ordered else "", about)
    elif kind == "document":
        for segment in group.segments:
            if segment[0] == "TXA":
                parent = message.text(get(segment, 13)) if event in ("T09", "T10") else ""
                number = parent or message.text(get(segment, 12))
                if number:
                    return report_key("document", number, about)
    elif kind in ("order", "immunization"):
        for segment in group.segments:
            if segment[0] in ("ORC", "OBR"):
                number = message.text(get(segment, 2)) or message.text(get(segment, 3))
                if number:
                    return report_key(kind, number, about)
    elif kind == "encounter":
        if visit.id:
            return report_key("visit", visit.id, about)
        if about and visit.start:
            return report_key("visit", visit.start.iso, about)
    elif kind == "person" and about:
        return report_key("person", about)
    else:
        for segment in group.segments:
            if segment[0] == "SCH":
                number = message.text(get(segment, 2)) or message.text(get(segment, 1))
                if number:
                    return report_key("appointment", number, about)
    if source.control_id:
        return report_key("message", source.sender, source.message_type, source.control_id, about)
    return content_key("message", raw, about)


def _filler(message: Message, order: Order, segments: list[Segment]) -> str:
    """The filler's number of an order; else the placer's, else the specimen's."""
    number = message.text(get(order.obr, 3))
    if number:
        return number
    orc = next((segment for segment in segments if segment[0] == "ORC"), ["ORC"])
    for segment, field in ((orc, 3), (order.obr, 2), (orc, 2)):
        if number := message.text(get(segment, field)):
            return number
    if order.specimen is not None:
        pieces = message.components(get(order.specimen, 2))
        for piece in reversed(pieces):
            if number := message.subcomponents(piece)[0]:
                return number
    return ""


def _when(
    draft: Draft,
    kind: RecordKind,
    segments: list[Segment],
    found: list[Order],
    visit: Encounter,
    told: clinical.Notification | None,
) -> Moment | None:
    """When what is recorded happened: the specimen's, the visit's or the diagnosis' time, else that of the message."""
    if told and told.diagnoses and told.diagnoses[0].at:
        return told.diagnoses[0].at
    if kind in ("lab_report", "order", "case_notification"):
        for order in found:
            for field in (7, 22):
                if order.obr and get(order.obr, field):
                    moment = draft.time(get(order.obr, field), f"OBR[{order.number}].{field}")
                    if moment:
                        return moment
    if kind == "encounter" and visit.start:
        return visit.start
    for segment, field in ((_first(segments, "EVN"), 2), (draft.message.segments[0], 7)):
        if get(segment, field) and (moment := draft.time(get(segment, field), f"{segment[0]}-{field}")):
            return moment
    return None


def _first(segments: list[Segment], name: str) -> Segment:
    return next((segment for segment in segments if segment[0] == name), [name])
