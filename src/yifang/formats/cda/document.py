"""One CDA document → one record: its kind by its type code, its key by the number its versions share."""

from __future__ import annotations

from dataclasses import replace

from yifang.formats.canonical import Item, Record, RecordKind, Refusal, Source
from yifang.formats.cda.body import read_body
from yifang.formats.cda.header import Header, encounter, header, person
from yifang.formats.cda.tree import Element, Reading, child
from yifang.formats.identity import content_key, report_key

_KINDS: dict[str, RecordKind] = {
    "55751-2": "case_notification", "88085-6": "case_notification", "11502-2": "lab_report",
    # WS/T 500: 病历概要, 门急诊病历, 急诊留观病历, 西药处方, 中药处方, 检查报告, 检验报告
    "C0002": "encounter", "C0003": "encounter", "C0004": "order", "C0005": "order", "C0006": "lab_report",
    "C0007": "lab_report",
}  # fmt: skip


def read_document(root: Element, raw: bytes, path: str, index: int) -> Item:
    """The item of a ClinicalDocument element. Never raises for content."""
    if child(root, "recordTarget", "patientRole") is None:
        return Item(index, "cda", (), Refusal("cda.no_person", "recordTarget"), raw)
    reading = Reading()
    for element in root.iter():
        identity = element.get("ID") if isinstance(element.tag, str) else None
        if identity:
            reading.referenced.setdefault(identity, element)
    head = header(root)
    if b"${" in raw:
        reading.issue("cda.placeholder", "ClinicalDocument")
    who = person(reading, root)
    visit = encounter(reading, root, head)
    body = read_body(reading, root)
    if body.reason and not visit.reason:
        visit = replace(visit, reason=body.reason)
    diagnoses = body.diagnoses
    if body.onset is not None:
        diagnoses = [one if one.onset else replace(one, onset=body.onset) for one in diagnoses]
    at = visit.start or reading.time(child(root, "effectiveTime"), "effectiveTime")
    record = Record(
        _KINDS.get(head.type_code, "document"),
        _key(head, raw),
        head.status,
        Source("cda", path, index, head.type_code or head.title, "", head.id, head.sender),
        who,
        visit,
        at,
        tuple(diagnoses),
        tuple(body.results),
        tuple(body.drugs),
        tuple(body.doses),
        tuple(body.notes),
        tuple(reading.issues),
    )
    return Item(index, "cda", (record,), None, raw)


def _key(head: Header, raw: bytes) -> str:
    if not head.number:
        return content_key("document", raw)
    return report_key("case" if _KINDS.get(head.type_code) == "case_notification" else "document", head.number)
