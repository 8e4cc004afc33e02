"""HL7 v2.5 as hospitals send it: the visit (ADT^A04, A01, A11) and the laboratory report (ORU^R01), UTF-8 or GB18030.

Written segment by segment. `again` numbers a later message about the same report; its status is F, P, C or X.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from yifang.world.writing.form import Patient, Result, Sender, Visit

_CLASSES = {"outpatient": "O", "emergency": "E", "inpatient": "I", "checkup": "O"}
_SEX = {"male": "M", "female": "F"}
_CHARSETS = {"utf-8": "UNICODE UTF-8", "gb18030": "GB 18030-2000"}


def visit(one: Visit, sender: Sender, charset: str = "utf-8", event: str = "A04", again: int = 0) -> bytes:
    """A visit with its diagnosis; `event` A04 (outpatient), A01 (admitted), A08 (changed) or A11 (cancelled)."""
    at = _time(one.at)
    segments = [
        _msh(sender, "HIS", f"ADT^{event}^ADT_A01", f"A{one.number}{again or ''}", at, charset),
        f"EVN|{event}|{at}",
        *_person(one),
        _pv1(one, sender),
        f"PV2|||^{one.reason or one.complaint}",
    ]
    if one.temperature:
        segments.append(f"OBX|1|NM|8310-5^体温^LN||{one.temperature}|Cel|||||F|||{at}")
    for number, (code, text) in enumerate(one.diagnoses, 1):
        coded, plain = (f"{code}^{text}^I10", "") if code else ("", text)
        segments.append(f"DG1|{number}||{coded}|{plain}|{at}|F")
    return message(segments, charset)


def report(
    one: Visit, sender: Sender, charset: str = "utf-8", status: str = "F", again: int = 0,
    results: Sequence[Result] | None = None,
) -> bytes:  # fmt: skip
    """The results of a visit, or `results` in their place."""
    at = _time(one.result_at)
    lines = one.results if results is None else results
    segments = [
        _msh(sender, "LIS", "ORU^R01^ORU_R01", f"R{one.number}{again or ''}", at, charset), *_person(one),
        _pv1(one, sender),
    ]  # fmt: skip
    number = 0
    for order, (panel, group) in enumerate(groupby(lines, key=lambda line: line.panel), 1):
        segments.append(
            f"OBR|{order}|{one.number}|L{one.number}|{panel}^{panel}^L|||{_time(one.at)}|||||||||"
            f"{one.doctor_no}^{one.doctor}||||||{at}|||{status}"
        )
        specimen = ""
        for line in group:
            number += 1
            specimen = specimen or line.specimen
            value = "" if status == "X" else line.value
            flag = "A" if line.is_abnormal and value else ""
            segments.append(
                f"OBX|{number}|ST|{line.name}^{line.name}^L||{value}||{line.normal}|{flag}|||{status}|||{at}"
            )
        segments.append(f"SPM|{order}|||{specimen}^{specimen}^L")
    return message(segments, charset)


def batch(messages: Sequence[bytes], charset: str = "utf-8") -> bytes:
    """Several messages with the envelope of a batch."""
    head = "FHS|^~\\&|LIS\rBHS|^~\\&|LIS\r".encode(charset)
    tail = f"BTS|{len(messages)}\rFTS|1\r".encode(charset)
    return head + b"".join(messages) + tail


def message(segments: Sequence[str], charset: str) -> bytes:
    """Segments as bytes, each ended by CR."""
    return ("\r".join(segments) + "\r").encode(charset)


def _msh(sender: Sender, system: str, kind: str, control: str, at: str, charset: str) -> str:
    return (
        f"MSH|^~\\&|{system}|{sender.name}^{sender.code}^L|YIFANG|CDC|{at}||{kind}|{control}|P|2.5|||||CHN|"
        f"{_CHARSETS[charset]}"
    )


def _person(one: Visit) -> list[str]:
    who: Patient = one.who
    own = f"{who.mrn or one.number}^^^HIS^MR"
    numbers = f"{who.id_no}^^^^NI~{own}" if who.id_no else own
    birth = f"{who.birth:%Y%m%d}" if who.birth else ""
    segments = [
        f"PID|1||{numbers}||{who.name}||{birth}|{_SEX.get(who.sex, 'U')}|||{who.address}^^^^^^^^{who.area}||{who.phone}"
    ]
    if who.guardian:
        segments.append(f"NK1|1|{who.guardian}|MTH^母亲^HL70063")
    return segments


def _pv1(one: Visit, sender: Sender) -> str:
    fields = [""] * 45
    fields[0], fields[1], fields[2] = "PV1", "1", _CLASSES[one.kind]
    fields[3] = f"{one.department}^^^{sender.name}"
    fields[7], fields[19], fields[44] = f"{one.doctor_no}^{one.doctor}", one.number, _time(one.at)
    return "|".join(fields)


def _time(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M%S}+0800"
