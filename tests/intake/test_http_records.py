"""`POST /api/v1/records` and `/fhir`: what is answered for what is sent, what is stored, and that nothing doubles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.db import OperationalError

from tests import apps
from tests.intake import machines
from tests.intake.machines import FHIR, RECORDS, Machine
from yifang.apps.accounts.models import User
from yifang.apps.intake import openapi, services
from yifang.apps.intake.api import gate
from yifang.apps.intake.http.asking import Away
from yifang.apps.intake.http.wire import LIMIT
from yifang.apps.intake.models import Batch, BatchState, Quarantined, QuarantineState
from yifang.apps.records.models import Record
from yifang.formats.storage import to_json

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
A, B, C = (to_json(apps.hfmd(key)) for key in "ABC")
BAD = {"kind": "encounter", "key": "", "status": "final", "source": {"format": "x"}}
REPORT = {
    "resourceType": "Bundle", "type": "message",
    "entry": [
        {"resource": {"resourceType": "MessageHeader", "id": "m1", "source": {"name": "LIS", "endpoint": "urn:x"}}},
        {"resource": {"resourceType": "Patient", "id": "p", "name": [{"text": "陈小宝"}], "gender": "male"}},
        {"resource": {"resourceType": "Observation", "status": "final", "subject": {"reference": "Patient/p"},
                      "code": {"text": "甲型流感病毒抗原"}, "valueString": "阳性", "effectiveDateTime": "2026-02-30"}},
    ],
}  # fmt: skip


@pytest.fixture
def machine(monkeypatch) -> Machine:
    machines.without_a_socket(monkeypatch)
    return Machine(machines.key(apps.county().feeds["hospital"]))


def told(answer) -> tuple[int, list[str]]:
    return answer.status_code, [one["status"] for one in answer.json()["results"]]


SENT = {
    "one": (A, 201, ["stored"]),
    "a batch": ([A, B, C], 201, ["stored"] * 3),
    "a batch with a repeat": ([A, B, A], 201, ["stored", "stored", "repeat"]),
    "there and back": ([A, A | {"status": "corrected"}, A | {"source": {"format": "hl7v2", "control_id": "9"}}], 201,
                       ["stored"] * 3),
    "a refused one among others": ([A, BAD, C], 201, ["stored", "refused", "stored"]),
    "a withdrawal": ([A, A | {"status": "cancelled"}], 201, ["stored", "stored"]),
    "one refused": (BAD, 422, ["refused"]),
    "all refused": ([BAD, BAD | {"kind": "x"}, 7], 422, ["refused"] * 3),
    "none": ([], 422, ["refused"]),
    "no JSON": (b"{", 400, ["refused"]),
    "another charset": (json.dumps(A, ensure_ascii=False).encode("gb18030"), 201, ["stored"]),
    "FHIR": (REPORT, 422, ["refused"]),
}  # fmt: skip


@pytest.mark.parametrize(("body", "status", "results"), SENT.values(), ids=SENT)
def test_every_record_is_accounted_for_and_again_nothing_doubles(machine, body, status, results):
    first = machine.post(RECORDS, body)
    assert told(first) == (status, results)
    batch = Batch.objects.get(id=first.json()["batch"])
    assert (batch.state, batch.refused) == (BatchState.DONE, results.count("refused"))
    assert Record.objects.count() == results.count("stored")
    again = machine.post(RECORDS, body)
    expected = ["repeat" if one == "stored" else one for one in results]
    assert told(again) == (200 if status == 201 else status, expected)
    assert (Record.objects.count(), Batch.objects.count()) == (results.count("stored"), 1)
    assert Quarantined.objects.count() == results.count("refused")


def test_the_same_record_in_another_body_is_a_repeat(machine):
    machine.post(RECORDS, A)
    assert told(machine.post(RECORDS, [B, A])) == (201, ["stored", "repeat"])


@pytest.mark.parametrize(
    ("language", "words"), [("zh-CN", "不能为空"), ("en-GB,zh;q=0.5", "must not be empty"), ("fr", "不能为空")]
)
def test_a_refusal_names_place_rule_and_mend(machine, language, words):
    answer = machine.post(RECORDS, BAD, **{"Accept-Language": language})
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    (error,) = body["errors"]
    assert (error["code"], error["pointer"]) == ("json.empty", "/key")
    assert words in error["message"]
    assert body["detail"] == error["message"]


def test_all_errors_of_all_records_are_named_at_once(machine):
    body = machine.post(RECORDS, [BAD, {"kind": "x"}]).json()
    assert [one["pointer"] for one in body["errors"]] == ["/0/key", "/1/kind", "/1/key", "/1/status", "/1/source"]


def test_what_was_refused_is_mended_and_replayed_by_the_same_reader(machine, client):
    machine.post(RECORDS, BAD)
    item = Quarantined.objects.get()
    with apps.as_jobs():
        seen = json.loads(services.quarantine.bytes_of(item))
    client.force_login(User.objects.get(username="hospital_desk"))
    client.post(f"/quarantine/{item.id}/mend", {"text": json.dumps(seen | {"key": "M1"}), "charset": "utf-8"})
    apps.run_deferred()
    item.refresh_from_db()
    assert (item.state, Record.objects.count()) == (QuarantineState.REPLAYED, 1)


REFUSED = {
    "GET": ("get", {}, b"", 405),
    "another type": ("post", {"content_type": "text/csv"}, b"a,b", 415),
    "a form": ("post", {"content_type": "application/x-www-form-urlencoded"}, b"a=b", 415),
    "another charset declared": ("post", {"content_type": "application/json; charset=gbk"}, b"{}", 415),
    "compressed": ("post", {"content_type": "application/json", "headers": {"Content-Encoding": "gzip"}}, b"{}", 415),
    "empty": ("post", {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": "0"}, b"", 400),
    "too large": ("post", {"content_type": "application/json", "CONTENT_LENGTH": str(LIMIT + 1)}, b"{}", 413),
    "chunked": ("post", {"content_type": "application/json", "CONTENT_LENGTH": ""}, b"{}", 411),
}


@pytest.mark.parametrize(("method", "extra", "body", "status"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("url", [RECORDS, FHIR])
def test_what_is_refused_at_the_door(machine, method, extra, body, status, url):
    extra = dict(extra)
    headers = {"Authorization": f"Bearer {machine.written}", **extra.pop("headers", {})}
    answer = machine.client.generic(method.upper(), url, body, headers=headers, **extra)
    assert answer.status_code == status
    shown = answer.json()
    assert (shown["issue"][0]["details"]["text"] if url == FHIR else shown["detail"]).strip()
    assert not Batch.objects.exists()


def test_501_records_are_too_many_and_none_is_taken(machine):
    body = [A | {"key": str(number)} for number in range(501)]
    assert machine.post(RECORDS, body).status_code == 413
    assert not Batch.objects.exists()
    assert told(machine.post(RECORDS, body[:500])) == (201, ["stored"] * 500)


@pytest.mark.parametrize("raised", [Away(), OperationalError("gone")])
def test_a_database_that_is_away_is_503_with_a_time_to_come_again(machine, monkeypatch, raised):
    def gone(*given, **more):
        raise raised

    if isinstance(raised, Away):
        monkeypatch.setattr(gate, "opened", gone)
    else:
        monkeypatch.setattr(services, "check_key", gone)
    answer = machine.post(RECORDS, A)
    assert (answer.status_code, answer["Retry-After"], answer.json()["code"]) == (503, "5", "intake.api_away")


def test_large_bodies_leave_a_thread_for_people(machine, settings, monkeypatch):
    gate._large.cache_clear()
    large = [A | {"key": str(number)} for number in range(200)]
    taken = gate._large()
    while taken.acquire(blocking=False):
        pass
    assert machine.post(RECORDS, large).status_code == 503
    assert machine.post(RECORDS, A).status_code == 201
    gate._large.cache_clear()
    assert machine.post(RECORDS, large).status_code == 201


@pytest.mark.parametrize("path", ["/api/", "/api", "/api/v1/nothing", "/fhir/Patient/1"])
def test_an_address_that_is_none_is_told_so_to_machines(path, client):
    answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


# -- FHIR


@pytest.mark.parametrize(
    ("kind", "answered"),
    [("batch", "batch-response"), ("transaction", "transaction-response"), ("message", "batch-response"),
     ("document", "batch-response"), ("collection", "batch-response")],
)  # fmt: skip
def test_a_bundle_is_answered_entry_by_entry(machine, kind, answered):
    first = machine.post(FHIR, REPORT | {"type": kind}, "application/fhir+json")
    assert (first.status_code, first["Content-Type"]) == (200, "application/fhir+json; fhirVersion=4.0")
    body = first.json()
    assert (body["resourceType"], body["type"]) == ("Bundle", answered)
    assert [one["response"]["status"] for one in body["entry"]] == ["201 Created"] * 3
    (warning,) = body["entry"][2]["response"]["outcome"]["issue"]  # 30 February
    assert warning["expression"][0].startswith("Bundle.entry[2].resource")
    again = machine.post(FHIR, REPORT | {"type": kind}, "application/fhir+json").json()
    assert [one["response"]["status"] for one in again["entry"]] == ["200 OK"] * 3
    assert Record.objects.count() == 1


def test_a_single_resource_is_answered_with_an_outcome(machine):
    patient = REPORT["entry"][1]["resource"]
    first = machine.post("/fhir/", patient)
    assert (first.status_code, first.json()["issue"][0]["severity"]) == (201, "information")
    assert machine.post(FHIR, patient).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "structure"),
        (b"[]", 400, "structure"),
        ({"a": 1}, 400, "structure"),
        (A, 400, "structure"),
        ({"resourceType": "Bundle", "type": "batch", "entry": []}, 422, "processing"),
        ({"resourceType": "Organization", "id": "o"}, 422, "processing"),
    ],
)
def test_what_is_no_report_is_an_outcome_and_kept(machine, body, status, code):
    answer = machine.post(FHIR, body, **{"Accept-Language": "en"})
    (issue,) = answer.json()["issue"]
    assert (answer.status_code, issue["severity"], issue["code"]) == (status, "error", code)
    assert issue["diagnostics"]
    assert Quarantined.objects.count() == 1
    machine.post(FHIR, body)
    assert Quarantined.objects.count() == 1


def test_the_door_says_what_it_is(client):
    assert client.get("/fhir/metadata").json()["resourceType"] == "CapabilityStatement"
    assert client.post("/fhir/metadata").status_code == 405


# -- the description


def test_the_description_is_in_step_and_names_every_address(client):
    assert (ROOT / openapi.TARGET).read_text(encoding="utf-8") == openapi.rendered()
    served = client.get("/api/v1/openapi.json").json()
    assert served == openapi.description()
    assert openapi.MOST == services.MOST
    names = {json.dumps(served).count(f'"{one}"') > 0 for one in ("Record", "Problem", "Account")}
    assert names == {True}
    for path, methods in served["paths"].items():
        for method in methods:
            assert getattr(client, method)(path).status_code not in (404, 405)
