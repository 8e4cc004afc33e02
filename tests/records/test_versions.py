"""What a further message about a known record does: a repeat nothing, anything else a new version, in any order."""

from __future__ import annotations

import json

import pytest

from tests import apps
from yifang import formats
from yifang.apps.ledger.services import NODE
from yifang.apps.records import services
from yifang.apps.records.models import Record
from yifang.kernel.ids import new_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def county() -> apps.County:
    return apps.county()


def hl7(control: str, value: str = "阳性", status: str = "F", time: str = "20261120090000") -> bytes:
    """A laboratory report of order R1; MSH-10 is `control`, OBR-25 and OBX-11 `status`."""
    segments = (
        f"MSH|^~\\&|LIS|H1|YIFANG|C1|{time}||ORU^R01^ORU_R01|{control}|P|2.5|||||CHN|UNICODE UTF-8",
        "PID|1||P1^^^H1^MR||王晓||19900101|F",
        f"OBR|1|R1|R1|FLUA^甲型流感病毒抗原^L|||20261120080000|||||||||||||||||{status}",
        f"OBX|1|ST|FLUA^甲型流感病毒抗原^L||{value}||阴性|A|||{status}|||20261120080000",
    )
    return "\r".join(segments).encode() + b"\r"


def fhir(status: str, value: str = "阳性", message: str = "") -> bytes:
    """A diagnostic report and its observation; `message` makes it a message bundle with that id."""
    report = {
        "resourceType": "DiagnosticReport", "id": "R1", "status": status, "identifier": [{"value": "R1"}],
        "subject": {"reference": "Patient/P1"}, "code": {"text": "甲型流感病毒抗原"},
        "result": [{"reference": "Observation/O1"}],
    }  # fmt: skip
    observation = {
        "resourceType": "Observation", "id": "O1", "status": status, "code": {"text": "甲型流感病毒抗原"},
        "subject": {"reference": "Patient/P1"}, "valueString": value,
    }  # fmt: skip
    patient = {"resourceType": "Patient", "id": "P1", "identifier": [{"value": "P1"}], "name": [{"text": "王晓"}]}
    entries = [patient, report, observation]
    bundle = {"resourceType": "Bundle", "id": "B1", "type": "collection"}
    if message:
        bundle |= {"type": "message", "identifier": {"value": message}}
        entries.insert(0, {"resourceType": "MessageHeader", "source": {"name": "LIS"}, "eventCoding": {"code": "R01"}})
    return json.dumps(bundle | {"entry": [{"resource": one} for one in entries]}, ensure_ascii=False).encode()


FINAL, CANCELLED = "final", "cancelled"
# what arrives → (number of versions, state and value that stand, repeats)
HEARD = {
    "HL7: the same message twice": ([hl7("1"), hl7("1")], (1, FINAL, "阳性", 1)),
    "HL7: the same content by another message": ([hl7("1"), hl7("2")], (1, FINAL, "阳性", 1)),
    "HL7: corrected": ([hl7("1"), hl7("2", "阴性", "C")], (2, "corrected", "阴性", 0)),
    "HL7: corrected and back": (
        [hl7("1"), hl7("2", "阴性"), hl7("3")],
        (3, FINAL, "阳性", 0),
    ),
    "HL7: corrected, then the first message again": ([hl7("1"), hl7("2", "阴性"), hl7("1")], (2, FINAL, "阴性", 1)),
    "HL7: corrected, then a repeat of the first by its second message": (
        [hl7("1"), hl7("2"), hl7("3", "阴性"), hl7("2"), hl7("1"), hl7("3", "阴性")],
        (2, FINAL, "阴性", 4),
    ),
    "HL7: withdrawn": ([hl7("1"), hl7("2", status="X")], (2, CANCELLED, "阳性", 0)),
    "HL7: withdrawn and reinstated": (
        [hl7("1"), hl7("2", status="X"), hl7("3")],
        (3, FINAL, "阳性", 0),
    ),
    "HL7: withdrawn, then the first message again": (
        [hl7("1"), hl7("2", status="X"), hl7("1")],
        (2, CANCELLED, "阳性", 1),
    ),
    "HL7: withdrawn, reinstated, withdrawn": (
        [hl7("1"), hl7("2", status="X"), hl7("3"), hl7("4", status="X")],
        (4, CANCELLED, "阳性", 0),
    ),
    "FHIR: the same": ([fhir("final"), fhir("final")], (1, FINAL, "阳性", 1)),
    "FHIR: amended": ([fhir("final"), fhir("amended", "阴性")], (2, "corrected", "阴性", 0)),
    "FHIR: amended and back": (
        [fhir("final"), fhir("amended", "阴性"), fhir("final")],
        (3, FINAL, "阳性", 0),
    ),
    "FHIR: entered in error": ([fhir("final"), fhir("entered-in-error")], (2, CANCELLED, "阳性", 0)),
    "FHIR: cancelled and final again": (
        [fhir("final"), fhir("cancelled"), fhir("final")],
        (3, FINAL, "阳性", 0),
    ),
    "FHIR messages: cancelled, then the first message again": (
        [fhir("final", message="1"), fhir("cancelled", message="2"), fhir("final", message="1")],
        (2, CANCELLED, "阳性", 1),
    ),
    "FHIR messages: cancelled and reinstated by a new message": (
        [fhir("final", message="1"), fhir("cancelled", message="2"), fhir("final", message="3")],
        (3, FINAL, "阳性", 0),
    ),
}


def records_of(data: bytes):
    return [record for item in formats.read(("in", data)) for record in item.records]


@pytest.mark.parametrize("chunk", ["one by one", "in one chunk"])
@pytest.mark.parametrize(("arrives", "expected"), HEARD.values(), ids=HEARD)
def test_versions(county, arrives, expected, chunk):
    records = [record for data in arrives for record in records_of(data)]
    assert len({record.key for record in records}) == 1
    chunks = [[record] for record in records] if chunk == "one by one" else [records]
    with apps.as_jobs():
        repeats = sum(services.receive(one, county.hospital, new_id(), NODE).repeats for one in chunks)
    versions = list(Record.objects.order_by("version"))
    assert [one.version for one in versions] == list(range(1, len(versions) + 1))
    assert [one.current for one in versions] == [False] * (len(versions) - 1) + [True]
    current = versions[-1]
    said = current.payload["results"][0]["value"]
    assert (len(versions), current.state, said, repeats) == expected


def test_a_reinstated_result_asks_again_and_a_withdrawn_one_no_longer_does(county):
    from yifang.apps.reporting.models import Suspicion

    states = []
    for control, status in (("1", "F"), ("2", "X"), ("3", "F")):
        with apps.as_jobs():
            services.receive(records_of(hl7(control, status=status)), county.hospital, new_id(), NODE)
        apps.deliver()
        states.append(Suspicion.objects.get().state)
    assert states == ["open", "withdrawn", "open"]
