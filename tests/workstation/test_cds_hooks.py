"""CDS Hooks 2.0, clause by clause: discovery, trust, prefetch, cards, feedback, CORS."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.test import Client as Browser
from fhirpy import SyncFHIRClient

from tests import apps
from yifang.apps.reporting.models import Suspicion, SuspicionState
from yifang.apps.workstation.models import Outcome, Prompt, Stranger
from yifang.apps.workstation.services import add_client

pytestmark = pytest.mark.django_db
ISSUER = "https://emr.example.org"
VIEW, DISCHARGE, ORDERS = "yifang-patient-view", "yifang-encounter-discharge", "yifang-order-sign"
KEY = ec.generate_private_key(ec.SECP384R1())
OTHER_KEY = ec.generate_private_key(ec.SECP384R1())


def jwk(key: Any, kid: str = "k1") -> dict[str, Any]:
    algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPublicKey) else jwt.algorithms.ECAlgorithm
    return {**json.loads(algorithm.to_jwk(key)), "kid": kid, "use": "sig"}


@pytest.fixture
def emr(county):
    from yifang.apps.ledger.services import NODE

    keys = json.dumps({"keys": [jwk(KEY.public_key())]})
    return add_client(county.hospital, "电子病历", "cds", NODE, public=keys, issuer=ISSUER)[0]


def after(seconds: int) -> int:
    """So many seconds from now, as tokens tell time."""
    return int(time.time()) + seconds


def token(service: str = VIEW, *, key: Any = KEY, algorithm: str = "ES384", kid: str = "k1", **said: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": ISSUER, "aud": f"http://testserver/cds-services/{service}", "iat": now, "exp": now + 240,
        "jti": str(uuid4()), **said,
    }  # fmt: skip
    return jwt.encode(
        {name: value for name, value in claims.items() if value is not None}, key, algorithm, {"kid": kid}
    )


def resources(icd: str = "B08.401", text: str = "手足口病", patient: str = "p1") -> dict[str, Any]:
    """What a client fetches beforehand, made with fhirpy as a client would."""
    client = SyncFHIRClient("http://localhost:9/fhir")
    who = client.resource(
        "Patient", id=patient, gender="male", birthDate="2021-05-04", name=[{"text": "陈小宝"}],
        identifier=[{"type": {"coding": [{"code": "MR"}]}, "value": "0012345"}],
    )  # fmt: skip
    subject = {"reference": f"Patient/{patient}"}
    visit = client.resource(
        "Encounter", id="e1", status="in-progress", **{"class": {"code": "AMB"}}, subject=subject,
        identifier=[{"value": "HFMD1"}],
    )  # fmt: skip
    condition = client.resource(
        "Condition", id="c1", subject=subject, encounter={"reference": "Encounter/e1"},
        code={"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": icd, "display": text}], "text": text},
        recordedDate=time.strftime("%Y-%m-%dT%H:%M:%S+08:00"),
    )  # fmt: skip
    doctor = client.resource("Practitioner", id="dr9", identifier=[{"value": "D001"}])
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": condition.serialize()}]}
    return {
        "user": doctor.serialize(), "patient": who.serialize(), "encounter": visit.serialize(),
        "conditions": bundle, "results": {"resourceType": "Bundle", "type": "searchset"},
    }  # fmt: skip


def question(service: str = VIEW, prefetch: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    context = {"userId": "Practitioner/dr9", "patientId": "p1", "encounterId": "e1"}
    if service == ORDERS:
        context |= {"draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": []}}
    return {
        "hook": service.removeprefix("yifang-"), "hookInstance": str(uuid4()), "context": context,
        "prefetch": resources() if prefetch is None else prefetch, **more,
    }  # fmt: skip


def ask(body: Any, service: str = VIEW, *, bearer: str | None = None, **headers: Any) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    bearer = token(service) if bearer is None else bearer
    return Browser().post(
        f"/cds-services/{service}", text, content_type="application/json",
        headers={"Authorization": f"Bearer {bearer}", **headers},
    )  # fmt: skip


def test_discovery_says_each_service_with_its_hook_and_prefetch(county):
    answer = Browser().get("/cds-services")
    services = {one["id"]: one for one in answer.json()["services"]}
    assert {one["hook"] for one in services.values()} == {"patient-view", "order-sign", "encounter-discharge"}
    for one in services.values():
        assert set(one) >= {"hook", "title", "description", "id", "prefetch"}
        assert one["prefetch"]["patient"] == "Patient/{{context.patientId}}"


def test_a_card_has_all_that_the_specification_asks(emr):
    answer = ask(question())
    assert answer.status_code == 200, answer.content
    (card,) = answer.json()["cards"]
    assert len(card["summary"]) <= 140
    assert "手足口病" in card["summary"]
    assert card["indicator"] in ("info", "warning", "critical")
    assert card["source"]["label"]
    assert "手足口病" in card["detail"]
    assert card["selectionBehavior"] == "at-most-one"
    (suggestion,) = card["suggestions"]
    assert suggestion["label"]
    (action,) = suggestion["actions"]
    assert (action["type"], action["resource"]["resourceType"]) == ("create", "Task")
    assert {one["code"] for one in card["overrideReasons"]} >= {"not_the_disease", "past", "other"}
    assert all(one["display"] and one["system"] for one in card["overrideReasons"])
    (link,) = card["links"]
    assert (link["type"], link["url"].startswith("http://testserver/w/yf0.")) == ("absolute", True)
    assert "HFMD1" not in link["url"]


def test_the_words_are_in_the_language_of_the_client(emr):
    (card,) = ask(question(), **{"Accept-Language": "en"}).json()["cards"]
    assert "Hand foot and mouth" in card["summary"]
    assert any(one["display"] == "Other" for one in card["overrideReasons"])


def test_the_cards_link_opens_the_window_of_that_visit(emr, child):
    (card,) = ask(question()).json()["cards"]
    browser = Browser()
    assert browser.get(card["links"][0]["url"].removeprefix("http://testserver")).status_code == 303
    assert "疑似手足口病" in browser.get("/window/").content.decode()


def test_nothing_to_report_is_no_card(emr):
    assert ask(question(prefetch=resources("I10.x00", "高血压"))).json() == {"cards": []}


def test_it_asks_once_and_once_more_before_the_visit_ends(emr):
    assert len(ask(question()).json()["cards"]) == 1
    assert ask(question()).json()["cards"] == []
    assert ask(question(ORDERS), ORDERS).json()["cards"] == []
    assert len(ask(question(DISCHARGE), DISCHARGE).json()["cards"]) == 1
    assert ask(question(DISCHARGE), DISCHARGE).json()["cards"] == []


def test_opening_a_record_stops_nobody_unless_it_is_urgent(emr):
    (card,) = ask(question()).json()["cards"]
    assert card["indicator"] == "info"
    (card,) = ask(question(DISCHARGE), DISCHARGE).json()["cards"]
    assert card["indicator"] == "warning"
    (card,) = ask(question(prefetch=resources("A20.900", "鼠疫", "p2")) | {
        "context": {"userId": "Practitioner/dr9", "patientId": "p2"}
    }).json()["cards"]  # fmt: skip
    assert card["indicator"] == "critical"


def test_what_interrupted_in_the_window_does_not_in_the_other_system(emr, child, signed):
    from yifang.apps.reporting.models import InterruptionState

    child.refresh_from_db()
    browser = Browser()
    browser.get(f"/w/{signed()}")
    browser.get("/window/")
    child.interruption.refresh_from_db()
    assert (child.interruption.state, child.interruption.shown_in) == (InterruptionState.SHOWN, "window")
    (card,) = ask(question(DISCHARGE), DISCHARGE).json()["cards"]
    assert card["indicator"] == "info"


def test_orders_that_are_about_to_be_signed_count(emr):
    body = question(ORDERS, resources("R50.900", "发热"))
    body["context"]["draftOrders"]["entry"] = [
        {"resource": {"resourceType": "MedicationRequest", "id": "m1", "status": "draft", "intent": "order",
                      "subject": {"reference": "Patient/p1"},
                      "medicationCodeableConcept": {"text": "异烟肼片"}}},
        {"resource": {"resourceType": "MedicationRequest", "id": "m2", "status": "draft", "intent": "order",
                      "subject": {"reference": "Patient/p1"},
                      "medicationCodeableConcept": {"text": "利福平胶囊"}}},
    ]  # fmt: skip
    (card,) = ask(body, ORDERS).json()["cards"]
    assert "肺结核" in card["summary"]


@pytest.mark.parametrize("state", [SuspicionState.DISMISSED, SuspicionState.REPORTED, SuspicionState.CONSULTING])
def test_what_was_answered_in_the_episode_is_not_shown(emr, child, state):
    Suspicion.objects.filter(id=child.id).update(state=state)
    assert ask(question()).json()["cards"] == []


def test_a_result_that_came_from_elsewhere_is_shown_too(emr, child):
    (card,) = ask(question(prefetch=resources("I10.x00", "高血压"))).json()["cards"]
    assert "手足口病" in card["summary"]


def test_a_doctor_whom_nobody_knows_gets_no_card_and_is_told_to_the_desk(emr):
    body = question()
    body["prefetch"]["user"]["identifier"] = [{"value": "X1"}]
    assert ask(body).json() == {"cards": []}
    assert Stranger.objects.get().staff_no == "X1"
    assert not Prompt.objects.exists()


def test_what_comes_with_the_question_is_not_kept(emr):
    from yifang.apps.records.models import Person, Record

    ask(question())
    assert (Person.objects.count(), Record.objects.count(), Suspicion.objects.count()) == (0, 0, 0)


# -- trust

TOKENS = {
    "none": (lambda: "", "token_missing"),
    "no JWT": (lambda: "abc", "token_shape"),
    "unsigned": (lambda: token(key=None, algorithm="none"), "token_algorithm"),
    "symmetric": (lambda: token(key="x" * 48, algorithm="HS256"), "token_algorithm"),
    "another key": (lambda: token(key=OTHER_KEY), "token_signature"),
    "another kid": (lambda: token(kid="k2"), "token_key"),
    "another issuer": (lambda: token(iss="https://elsewhere"), "client_unknown"),
    "no issuer": (lambda: token(iss=None), "client_unknown"),
    "another audience": (lambda: token(aud="http://testserver/cds-services"), "token_audience"),
    "another service's token": (lambda: token(DISCHARGE), "token_audience"),
    "expired": (lambda: token(iat=after(-600), exp=after(-300)), "token_late"),
    "from the future": (lambda: token(iat=after(4000), exp=after(4200)), "token_early"),
    "good for a day": (lambda: token(exp=after(86400)), "token_long"),
    "no jti": (lambda: token(jti=None), "token_claim"),
    "no exp": (lambda: token(exp=None), "token_claim"),
}


@pytest.mark.parametrize("name", TOKENS)
def test_a_bad_token_is_refused_with_the_reason(emr, name):
    make, code = TOKENS[name]
    answer = ask(question(), bearer=make())
    assert (answer.status_code, answer.json()["code"]) == (401, f"workstation.{code}")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert not Prompt.objects.exists()


def test_a_token_is_good_once(emr):
    bearer = token()
    assert ask(question(), bearer=bearer).status_code == 200
    assert ask(question(), bearer=bearer).json()["code"] == "workstation.token_used"


def test_a_client_from_an_address_it_may_not_come_from(emr):
    emr.networks = "10.0.0.0/8"
    emr.save()
    assert ask(question()).status_code == 403


def test_a_private_key_is_never_registered(county):
    from yifang.apps.ledger.services import NODE
    from yifang.kernel.errors import UserError

    private = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEY))
    symmetric = '{"keys": [{"kty": "oct", "k": "AAAA"}]}'
    wrong = {json.dumps({"keys": [private]}): "client_jwks_private", symmetric: "client_jwks_private"}
    wrong |= dict.fromkeys(("", "[]", "{}", '{"keys": []}', '{"keys": [5]}'), "client_jwks")
    for public, code in wrong.items():
        with pytest.raises(UserError) as raised:
            add_client(county.hospital, "x", "cds", NODE, public=public, issuer="i")
        assert raised.value.code == f"workstation.{code}"


def test_an_rsa_key_serves_as_well(county):
    from yifang.apps.ledger.services import NODE

    key = rsa.generate_private_key(65537, 2048)
    keys = json.dumps(jwk(key.public_key()))
    add_client(county.hospital, "RSA", "cds", NODE, public=keys, issuer="https://rsa")
    bearer = token(key=key, algorithm="RS384", iss="https://rsa")
    assert ask(question(), bearer=bearer).status_code == 200


# -- questions that break the specification

BROKEN = {
    "no JSON": ("{", 400, "hook_json"),
    "a list": ("[]", 400, "hook_json"),
    "no hook": ({"hook": ""}, 400, "hook_missing"),
    "another hook": ({"hook": "order-select"}, 400, "hook_other"),
    "no instance": ({"hookInstance": None}, 400, "hook_missing"),
    "an instance that is no UUID": ({"hookInstance": "17"}, 400, "hook_instance"),
    "no context": ({"context": {}}, 400, "hook_missing"),
    "a context without a user": ({"context": {"patientId": "p1"}}, 400, "hook_missing"),
    "no prefetch": ({"prefetch": None}, 412, "hook_prefetch"),
    "a patient that could not be fetched": (
        {"prefetch": {"patient": {"resourceType": "OperationOutcome"}}}, 412, "hook_prefetch"
    ),
    "another patient": (
        {"prefetch": {"patient": {"resourceType": "Patient", "id": "p2"}, "conditions": {}}}, 412, "hook_patient"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_question_is_refused_with_the_place(emr, name):
    change, status, code = BROKEN[name]
    body = change if isinstance(change, str) else {**question(), **change}
    answer = ask(body)
    assert (answer.status_code, answer.json()["code"]) == (status, f"workstation.{code}")


def test_a_service_that_there_is_not_and_a_method_that_it_has_not(emr):
    assert ask(question(), "nothing").status_code == 404
    assert Browser().get(f"/cds-services/{VIEW}").status_code == 405
    assert Browser().post("/cds-services", "{}", content_type="application/json").status_code == 405


@pytest.mark.parametrize("path", ["/cds-services", f"/cds-services/{VIEW}", f"/cds-services/{VIEW}/feedback"])
def test_a_browser_of_another_site_may_ask(county, path):
    answer = Browser().options(path, headers={"Origin": ISSUER, "Access-Control-Request-Method": "POST"})
    assert answer.status_code == 204
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "POST" in answer["Access-Control-Allow-Methods"]
    assert "Authorization" in answer["Access-Control-Allow-Headers"]


# -- feedback


def tell(card: str, outcome: str = "overridden", code: str = "not_the_disease", comment: str = "") -> Any:
    reason = {"reason": {"code": code, "system": "urn:yifang:dismiss-reason"}, "userComment": comment}
    body = {"feedback": [{"card": card, "outcome": outcome, "outcomeTimestamp": "2026-11-28T08:00:00Z"}]}
    if outcome == "overridden":
        body["feedback"][0]["overrideReason"] = reason
    return Browser().post(
        f"/cds-services/{VIEW}/feedback", json.dumps(body), content_type="application/json",
        headers={"Authorization": f"Bearer {token(f'{VIEW}/feedback')}"},
    )  # fmt: skip


def test_an_override_is_a_dismissal_by_that_doctor(emr, child):
    (card,) = ask(question()).json()["cards"]
    assert tell(card["uuid"]).status_code == 200
    child.refresh_from_db()
    assert (child.state, child.reason_code) == (SuspicionState.DISMISSED, "not_the_disease")
    assert child.answered_by.username == "clinician"
    assert Prompt.objects.get().outcome == Outcome.OVERRIDDEN


def test_an_override_before_the_record_came_in_holds_when_it_does(emr, county):
    (card,) = ask(question()).json()["cards"]
    assert tell(card["uuid"], code="past").status_code == 200
    who = apps.person(employer="")
    from yifang.formats.canonical import Identifier

    who = apps.replace(who, identifiers=(*who.identifiers, Identifier("mrn", "0012345")))
    apps.receive(county.hospital, apps.hfmd(who=who))
    apps.deliver()
    one = Suspicion.objects.get()
    assert (one.state, one.reason_code, one.answered_by.username) == (SuspicionState.DISMISSED, "past", "clinician")


def test_an_override_without_a_reason_keeps_the_question_open(emr, child):
    (card,) = ask(question()).json()["cards"]
    assert tell(card["uuid"], code="their-own-code").status_code == 200
    child.refresh_from_db()
    assert child.state == SuspicionState.OPEN
    assert ask(question(DISCHARGE), DISCHARGE).json()["cards"] == []  # but nobody is asked again there


def test_accepting_answers_nothing_yet(emr, child):
    (card,) = ask(question()).json()["cards"]
    assert tell(card["uuid"], "accepted").status_code == 200
    child.refresh_from_db()
    assert child.state == SuspicionState.OPEN


def test_feedback_about_what_was_never_shown(emr, county):
    assert tell(str(uuid4())).status_code == 404


@pytest.mark.parametrize("body", ["{}", '{"feedback": []}', '{"feedback": [5]}', '{"feedback": [{"card": "x"}]}'])
def test_feedback_that_is_none(emr, body):
    answer = Browser().post(
        f"/cds-services/{VIEW}/feedback", body, content_type="application/json",
        headers={"Authorization": f"Bearer {token(f'{VIEW}/feedback')}"},
    )  # fmt: skip
    assert answer.status_code == 400


def test_it_works_with_the_rights_of_the_web_role(emr, child):
    from django.db import connection, transaction

    from tests.cast.looking import become_web, stay_web

    with transaction.atomic(), connection.execute_wrapper(stay_web):
        become_web()
        (card,) = ask(question()).json()["cards"]
        assert tell(card["uuid"]).status_code == 200
