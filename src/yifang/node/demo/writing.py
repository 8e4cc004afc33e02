"""The demo's visits through the writers of the synthetic county, and what no reader can read."""

from collections.abc import Sequence
from dataclasses import replace

from yifang.kernel.clock import CHINA
from yifang.node.demo.hospitals import DOCTORS, Hospital
from yifang.node.demo.stories import Visit
from yifang.world.writing import fhir, form, hl7, table


def hl7_visit(visit: Visit, hospital: Hospital, charset: str = "utf-8") -> bytes:
    """An ADT^A04 with its diagnosis."""
    return hl7.visit(_form(visit), _sender(hospital), charset)


def hl7_report(visit: Visit, hospital: Hospital, charset: str = "utf-8", status: str = "F", again: int = 0) -> bytes:
    """An ORU^R01 with the results of a visit; `status` F, P, C or X, `again` numbers a later message about the same."""
    return hl7.report(_form(visit), _sender(hospital), charset, status, again)


def fhir_document(visit: Visit, hospital: Hospital) -> bytes:
    """A document Bundle: Composition with complaint and history, Patient, Encounter, Condition; no results."""
    told = replace(_form(visit), results=())  # the laboratory reports by itself
    return fhir.line(fhir.document(told, _sender(hospital), "yifang:demo"))


def log(visits: Sequence[Visit], charset: str = "gb18030") -> bytes:
    """The outpatient log of some visits."""
    layout = table.Layout(table.COUNTY.columns, charset=charset)
    return table.csv_file(
        [table.values_of(_form(visit), layout, order) for order, visit in enumerate(visits, 1)], layout
    )


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


def _sender(hospital: Hospital) -> form.Sender:
    return form.Sender(hospital.code, hospital.name)


def _form(visit: Visit) -> form.Visit:
    """The visit as the writers take it: times of China without a zone, who the doctor is by department."""
    who, story = visit.who, visit.story
    number, doctor = DOCTORS[story.department]
    code, text = story.diagnosis
    return form.Visit(
        number=visit.number, at=visit.at.astimezone(CHINA).replace(tzinfo=None),
        result_at=visit.result_at.astimezone(CHINA).replace(tzinfo=None), kind=story.visit,
        department=story.department, doctor_no=number, doctor=doctor, complaint=visit.complaint, history=visit.history,
        code=code, text=text, reason=story.reason,
        results=tuple(
            form.Result(one.panel, one.name, one.value, one.normal, one.specimen, one.is_abnormal)
            for one in story.results
        ),
        who=form.Patient(
            who.name, who.sex, who.birth, who.id_no, who.phone, who.area, who.address, who.employer, who.guardian
        ),
    )  # fmt: skip
