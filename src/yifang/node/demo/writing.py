"""Visits as hospitals really send them: HL7 v2 (UTF-8 and GB18030), FHIR documents, the outpatient log as CSV.

Written by hand, segment by segment, as the old systems do; reading them back is what `yifang.formats` is for.
"""

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime

from yifang.kernel.clock import CHINA
from yifang.node.demo.hospitals import DOCTORS, Hospital
from yifang.node.demo.stories import Visit

_CLASSES = {"outpatient": "O", "emergency": "E", "inpatient": "I", "checkup": "O"}
_WORDS = {"outpatient": "门诊", "emergency": "急诊", "inpatient": "住院", "checkup": "体检"}
_SEX = {"male": "M", "female": "F"}
_COLUMNS = (
    "就诊号", "姓名", "性别", "出生日期", "身份证号", "联系电话", "现住址", "现住地址编码", "工作单位", "家长姓名",
    "就诊类型", "就诊时间", "科室", "医生", "医生工号", "主诉", "现病史", "诊断编码", "诊断名称", "就诊原因",
)  # fmt: skip


def hl7_visit(visit: Visit, hospital: Hospital, charset: str = "utf-8") -> bytes:
    """An ADT^A04 with its diagnosis."""
    at = _hl7_time(visit.at)
    segments = [
        _msh(hospital, "HIS", "ADT^A04^ADT_A01", f"A{visit.number}", at, charset),
        f"EVN|A04|{at}",
        *_person(visit),
        _pv1(visit, hospital),
        f"PV2|||^{visit.story.reason or visit.complaint}",
        f"DG1|1||{visit.story.diagnosis[0]}^{visit.story.diagnosis[1]}^I10||{at}|F",
    ]
    return _message(segments, charset)


def hl7_report(visit: Visit, hospital: Hospital, charset: str = "utf-8", status: str = "F", again: int = 0) -> bytes:
    """An ORU^R01 with the results of a visit; `status` F, P, C or X, `again` numbers a later message about the same."""
    at = _hl7_time(visit.result_at)
    story = visit.story
    doctor = _doctor(visit)
    panel = story.results[0].panel
    segments = [
        _msh(hospital, "LIS", "ORU^R01^ORU_R01", f"R{visit.number}{again or ''}", at, charset),
        *_person(visit),
        _pv1(visit, hospital),
        f"OBR|1|{visit.number}|L{visit.number}|{panel}^{panel}^L|||{_hl7_time(visit.at)}|||||||||{doctor}||||||{at}|||{status}",
    ]
    for number, result in enumerate(story.results, 1):
        value = "" if status == "X" else result.value
        flag = "A" if result.is_abnormal and value else ""
        segments.append(
            f"OBX|{number}|ST|{result.name}^{result.name}^L||{value}||{result.normal}|{flag}|||{status}|||{at}"
        )
    segments.append(f"SPM|1|||{story.results[0].specimen}^{story.results[0].specimen}^L")
    return _message(segments, charset)


def fhir_document(visit: Visit, hospital: Hospital) -> bytes:
    """A document Bundle: Composition with complaint and history, Patient, Encounter, Condition, Observations."""
    who, story = visit.who, visit.story
    number, name = DOCTORS[story.department]
    resources = [
        {
            "resourceType": "Composition", "id": "c", "status": "final", "date": visit.at.isoformat(),
            "title": "门诊病历", "type": {"text": "门诊病历"}, "subject": {"reference": "Patient/p"},
            "encounter": {"reference": "Encounter/e"}, "author": [{"reference": "Practitioner/d"}],
            "custodian": {"display": hospital.name},
            "section": [
                {"title": "主诉", "text": _div(visit.complaint)}, {"title": "现病史", "text": _div(visit.history)},
            ],
        },
        {
            "resourceType": "Patient", "id": "p", "name": [{"text": who.name}], "gender": who.sex,
            "birthDate": who.birth.isoformat(), "telecom": [{"system": "phone", "value": who.phone}],
            "identifier": [{"type": {"coding": [{"code": "NI"}]}, "system": "urn:oid:2.16.156.10011.1.3",
                            "value": who.id_no}],
            "address": [{"text": who.address, "district": who.area}],
        },
        {"resourceType": "Practitioner", "id": "d", "name": [{"text": name}], "identifier": [{"value": number}]},
        {
            "resourceType": "Encounter", "id": "e", "status": "finished", "identifier": [{"value": visit.number}],
            "class": {"code": {"O": "AMB", "E": "EMER", "I": "IMP"}[_CLASSES[story.visit]]},
            "period": {"start": visit.at.isoformat()}, "serviceType": {"text": story.department},
            "reasonCode": [{"text": story.reason}] if story.reason else [],
            "participant": [{"individual": {"reference": "Practitioner/d"}}],
        },
        {
            "resourceType": "Condition", "id": "d1", "recordedDate": visit.at.isoformat(),
            "category": [{"coding": [{"code": "encounter-diagnosis"}]}], "subject": {"reference": "Patient/p"},
            "code": {"text": story.diagnosis[1], "coding": [
                {"system": "http://hl7.org/fhir/sid/icd-10", "code": story.diagnosis[0], "display": story.diagnosis[1]}
            ]},
        },
    ]  # fmt: skip
    bundle = {
        "resourceType": "Bundle",
        "type": "document",
        "timestamp": visit.at.isoformat(),
        "identifier": {"system": f"urn:yifang:demo:{hospital.code}", "value": f"EMR-{visit.number}"},
        "entry": [
            {"fullUrl": f"http://example.org/{one['resourceType']}/{one['id']}", "resource": one} for one in resources
        ],
    }
    return json.dumps(bundle, ensure_ascii=False, indent=1).encode()


def log(visits: Sequence[Visit], charset: str = "gb18030") -> bytes:
    """The outpatient log of some visits."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for visit in visits:
        who, story = visit.who, visit.story
        number, doctor = DOCTORS[story.department]
        writer.writerow(
            (
                visit.number, who.name, "男" if who.sex == "male" else "女", who.birth.isoformat(), who.id_no,
                who.phone, who.address, who.area, who.employer, who.guardian, _WORDS[story.visit],
                f"{visit.at:%Y-%m-%d %H:%M}",
                story.department, doctor, number, visit.complaint, visit.history, *story.diagnosis, story.reason,
            )
        )  # fmt: skip
    return out.getvalue().encode(charset)


def broken(visit: Visit, hospital: Hospital) -> dict[str, bytes]:
    """What no reader can read, for the quarantine: name → bytes."""
    report = hl7_report(visit, hospital)
    rows = log([visit]).decode("gb18030").replace(f"{visit.at:%Y-%m-%d %H:%M}", "")
    return {
        "缺少患者段.hl7": b"\r".join(line for line in report.split(b"\r") if not line.startswith((b"PID", b"NK1"))),
        "缺就诊时间.csv": rows.encode("gb18030"),
        "传输中断.json": fhir_document(visit, hospital)[:700],
        "扫描件.pdf": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\x00\x01\x02\x03\xff\xfe\n" * 20,
    }


def _msh(hospital: Hospital, system: str, kind: str, control: str, at: str, charset: str) -> str:
    named = {"utf-8": "UNICODE UTF-8", "gb18030": "GB 18030-2000"}[charset]
    return (
        f"MSH|^~\\&|{system}|{hospital.name}^{hospital.code}^L|YIFANG|CDC|{at}||{kind}|{control}|P|2.5|||||CHN|{named}"
    )


def _person(visit: Visit) -> list[str]:
    who = visit.who
    segments = [
        f"PID|1||{who.id_no}^^^^NI~{visit.number}^^^HIS^MR||{who.name}||{who.birth:%Y%m%d}|{_SEX[who.sex]}|||"
        f"{who.address}^^^^^^^^{who.area}||{who.phone}"
    ]
    if who.guardian:
        segments.append(f"NK1|1|{who.guardian}|MTH^母亲^HL70063")
    return segments


def _pv1(visit: Visit, hospital: Hospital) -> str:
    fields = [""] * 45
    fields[1], fields[2] = "1", _CLASSES[visit.story.visit]
    fields[3] = f"{visit.story.department}^^^{hospital.name}"
    fields[7], fields[19], fields[44] = _doctor(visit), visit.number, _hl7_time(visit.at)
    fields[0] = "PV1"
    return "|".join(fields)


def _doctor(visit: Visit) -> str:
    number, name = DOCTORS[visit.story.department]
    return f"{number}^{name}"


def _message(segments: Sequence[str], charset: str) -> bytes:
    return ("\r".join(segments) + "\r").encode(charset)


def _hl7_time(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%Y%m%d%H%M%S+0800")


def _div(text: str) -> dict[str, str]:
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{text}</p></div>'}
