"""What incoming records make of suspicions: asked once an episode, strengthened, withdrawn; answered by people."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.models import Visibility
from yifang.apps.accounts.viewers import department_scope, enter
from yifang.apps.ledger.subscriptions import Heard
from yifang.apps.records.models import Record
from yifang.apps.reporting import services
from yifang.apps.reporting.identifying import evidence_from_json
from yifang.apps.reporting.models import CardState, Suspicion, SuspicionState
from yifang.apps.reporting.subscribers.suspicions import on_records
from yifang.apps.work.models import WorkItem, WorkState
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState

pytestmark = [pytest.mark.django_db]

BOY = apps.person()


def hiv(key: str = "HIV1", **more: object):
    """A confirmed HIV infection."""
    return apps.hiv_confirmed(key, results=(apps.result("HIV抗体确证试验", "阳性"),), **more)


def hfmd(key: str, days: int = 0, **more: object):
    """A visit for hand, foot and mouth disease `days` days from an hour ago."""
    return apps.hfmd(key, at=clock.now() + timedelta(days=days, hours=-1), **more)


def code_only(key: str, days: int = 0):
    """Moderate evidence: a name in the diagnosis, nothing else."""
    return apps.record(key, at=clock.now() + timedelta(days=days, hours=-1), complaint="考虑流感", who=BOY)


def take(county: apps.County, *records: object) -> None:
    apps.receive(county.hospital, *records)
    apps.deliver()


def test_departments_of_long_names_stay_apart():
    county = apps.county()
    names = [f"{'感染性疾病与肝病中心' * 5}{floor}病区" for floor in "一二"]
    for number, name in enumerate(names):
        take(county, apps.hfmd(f"LONG{number}", department=name, doctor="", who=apps.person(order=number * 2 + 1)))
    scopes = {department_scope(county.hospital.id, name) for name in names}
    assert len(scopes) == 2
    shown = Visibility.objects.filter(kind="suspicion", scope__startswith="dept:")
    assert set(shown.values_list("scope", flat=True)) == scopes


@pytest.mark.parametrize(
    ("record", "disease"),
    [
        (apps.hfmd, "hfmd"),
        (apps.influenza, "influenza"),
        (apps.cholera_report, "cholera"),
        (apps.tuberculosis, "pulmonary_tb"),
        (hiv, "hiv_aids"),
        (apps.preoperative_screening, None),
        (apps.gastroenteritis, None),
    ],
)
def test_what_a_record_raises(record, disease: str | None) -> None:
    county = apps.county()
    take(county, record())
    assert [one.disease for one in Suspicion.objects.all()] == ([disease] if disease else [])


def test_a_suspicion_explains_itself_and_names_its_pack() -> None:
    county = apps.county()
    take(county, apps.influenza())
    one = Suspicion.objects.get()
    assert one.confidence == "strong"
    assert len(one.pack_digest) == 64
    record = Record.objects.get()
    assert {item["record"] for item in one.evidence} == {str(record.id)}
    for item in one.evidence:
        evidence = evidence_from_json(item)
        assert evidence.rule
        assert evidence.says("zh") != evidence.says("en")


@pytest.mark.parametrize(("days", "suspicions"), [(0, 1), (3, 1), (14, 1), (15, 2), (200, 2)])
def test_once_an_episode(days: int, suspicions: int) -> None:
    county = apps.county()
    with clock.frozen(clock.now() - timedelta(days=days)):
        take(county, hfmd("V1"))
    take(county, hfmd("V2"))
    assert Suspicion.objects.count() == suspicions
    assert WorkItem.objects.filter(kind="suspicion_review", state=WorkState.OPEN).count() == suspicions


@pytest.mark.parametrize("days", [20, 400])
def test_a_lifelong_disease_asks_once(days: int) -> None:
    county = apps.county()
    with clock.frozen(clock.now() - timedelta(days=days)):
        take(county, hiv("H1"))
    take(county, hiv("H2"))
    assert Suspicion.objects.count() == 1


def test_the_same_record_twice_changes_nothing() -> None:
    county = apps.county()
    take(county, hfmd("V1"))
    before = list(Suspicion.objects.values())
    record = Record.objects.get()
    with apps.listening() as heard:
        facts = {"records": [str(record.id)], "superseded": []}
        with apps.as_jobs():
            on_records([Heard(1, "records.received", "batch", record.batch, None, facts)])
    assert list(Suspicion.objects.values()) == before
    assert heard.kinds == []


def test_two_records_of_one_person_in_one_batch_are_one_question() -> None:
    county = apps.county()
    take(county, hfmd("V1"), hfmd("V2"))
    one = Suspicion.objects.get()
    assert len({item["record"] for item in one.evidence}) == 2


def test_two_hospitals_are_asked_each_for_itself() -> None:
    county = apps.county()
    take(county, hfmd("V1"))
    apps.receive(county.other_hospital, hfmd("V1"))
    apps.deliver()
    assert Suspicion.objects.count() == 2
    with enter(county.viewer("hospital_desk")):
        assert Suspicion.objects.get().organisation_id == county.hospital.id


def test_what_is_reported_is_not_asked_again_anywhere() -> None:
    county = apps.county()
    card = cards.drafted(county)
    cards.brought(county, CardState.SUBMITTED, _mended(county, card))
    take(county, hfmd("V9"))
    apps.receive(county.other_hospital, hfmd("W1"))
    apps.deliver()
    assert [one.state for one in Suspicion.objects.all()] == [SuspicionState.REPORTED]


def _mended(county: apps.County, card):
    doctor = county.viewer("clinician")
    with enter(doctor):
        services.save_draft(card.id, {**cards.answers(card), **cards.MENDS}, doctor)
    return card


@pytest.mark.parametrize("state", [SuspicionState.OPEN, SuspicionState.DISMISSED])
def test_a_cancelled_record_withdraws(state: str) -> None:
    county = apps.county()
    take(county, hfmd("V1"))
    if state == SuspicionState.DISMISSED:
        _dismiss(county)
    take(county, apps.cancelled(hfmd("V1")))
    one = Suspicion.objects.get()
    assert (one.state, one.evidence) == (SuspicionState.WITHDRAWN, [])
    assert not WorkItem.objects.filter(state=WorkState.OPEN).exists()
    take(county, hfmd("V1", complaint="发热3天，手足皮疹2天，口腔疱疹"))
    assert Suspicion.objects.get().state == SuspicionState.OPEN, "the result came again"


def test_a_cancelled_record_leaves_what_was_reported_and_marks_it() -> None:
    county = apps.county()
    card = cards.drafted(county)
    cards.brought(county, CardState.SUBMITTED, _mended(county, card))
    take(county, apps.cancelled(apps.hfmd()))
    one = Suspicion.objects.get()
    assert (one.state, one.unsupported) == (SuspicionState.REPORTED, True)


def test_a_corrected_record_keeps_its_question_and_changes_its_evidence() -> None:
    county = apps.county()
    take(county, hfmd("V1"))
    corrected = replace(hfmd("V1", complaint="手足皮疹3天，口腔疱疹"), status="corrected")
    take(county, corrected)
    one = Suspicion.objects.get()
    current = Record.objects.get(current=True)
    assert one.state == SuspicionState.OPEN
    assert one.record_id == current.id
    assert {item["record"] for item in one.evidence} == {str(current.id)}
    take(county, replace(apps.record("V1", complaint="皮疹，已排除手足口病", who=BOY), status="corrected"))
    assert Suspicion.objects.get().state == SuspicionState.WITHDRAWN


def _dismiss(county: apps.County) -> None:
    doctor = county.viewer("clinician")
    with enter(doctor):
        services.dismiss(Suspicion.objects.get().id, doctor, code="not_the_disease")
    apps.deliver()


def test_after_a_dismissal_only_decisive_evidence_asks_again_and_only_once() -> None:
    county = apps.county()
    take(county, code_only("A"))
    one = Suspicion.objects.get()
    assert (one.disease, one.confidence) == ("influenza", "moderate")
    _dismiss(county)
    take(county, code_only("B"))
    assert Suspicion.objects.get().state == SuspicionState.DISMISSED, "more of the same is silent"
    take(county, apps.influenza("C", who=BOY))
    one = Suspicion.objects.get()
    assert (one.state, one.reopened, one.confidence) == (SuspicionState.OPEN, True, "strong")
    _dismiss(county)
    take(county, apps.influenza("D", who=BOY))
    assert Suspicion.objects.get().state == SuspicionState.DISMISSED


def test_a_dismissed_strong_one_stays_silent() -> None:
    county = apps.county()
    take(county, apps.influenza("A", who=BOY))
    _dismiss(county)
    take(county, apps.influenza("B", who=BOY))
    assert Suspicion.objects.get().state == SuspicionState.DISMISSED


@pytest.mark.parametrize(
    ("record", "hours", "urgent"),
    [(apps.hfmd, 24, False), (apps.cholera_report, 2, True), (apps.tuberculosis, 24, False)],
)
def test_the_question_is_due_as_the_report_would_be(record, hours: int, urgent: bool) -> None:
    county = apps.county()
    take(county, record())
    one = Suspicion.objects.get()
    assert one.due_at == one.evidence_at + timedelta(hours=hours)
    assert WorkItem.objects.get(kind="suspicion_review").urgent is urgent


# The laboratory looks from the hospital's scope; that it has no page of suspicions is the role's business.
SEEN = {
    "hfmd": {"clinician", "colleague", "hospital_desk", "hospital_lab", "infection_control"},
    "hiv_aids": {"clinician", "hospital_desk", "hospital_lab"},
}


@pytest.mark.parametrize(("record", "disease"), [(apps.hfmd, "hfmd"), (hiv, "hiv_aids")])
def test_who_sees_a_suspicion_and_its_record(record, disease: str) -> None:
    county = apps.county()
    take(county, record(department="儿科"))
    for name in apps.CAST:
        with enter(county.viewer(name)):
            assert Suspicion.objects.exists() is (name in SEEN[disease]), name
            assert Record.objects.exists() is (name in SEEN[disease]), name


def test_where_no_doctor_is_known_the_department_is_asked_even_of_a_sensitive_disease() -> None:
    county = apps.county()
    take(county, hiv(doctor="", department="儿科"))
    desk = WorkItem.objects.get().desks.get()
    assert desk.scope == department_scope(county.hospital.id, "儿科")


def test_a_sensitive_suspicion_makes_its_record_sensitive() -> None:
    county = apps.county()
    take(county, hiv())
    record = Record.objects.get()
    assert set(Visibility.objects.filter(subject=record.id).values_list("group", flat=True)) == {"hiv"}
    assert "艾滋" not in WorkItem.objects.get().title


def test_dismissing_needs_a_known_reason() -> None:
    county = apps.county()
    take(county, hfmd("V1"))
    doctor = county.viewer("clinician")
    with enter(doctor):
        one = Suspicion.objects.get()
        for code, note in (("", ""), ("bored", ""), ("other", " ")):
            with pytest.raises(UserError):
                services.dismiss(one.id, doctor, code=code, note=note)
        done = services.dismiss(one.id, doctor, code="other", note="疱疹性咽峡炎")
        assert (done.state, done.reason, done.answered_by_id) == ("dismissed", "疱疹性咽峡炎", doctor.user_id)
        with pytest.raises(WrongState):
            services.dismiss(one.id, doctor, code="past")


def test_a_dismissed_suspicion_can_still_be_reported() -> None:
    county = apps.county()
    take(county, hfmd("V1"))
    _dismiss(county)
    doctor = county.viewer("clinician")
    with enter(doctor):
        card = services.draft_from_suspicion(Suspicion.objects.get().id, doctor)
        services.report(card.id, doctor, {**cards.answers(card), **cards.MENDS})
        assert Suspicion.objects.get().state == SuspicionState.REPORTED


@pytest.mark.parametrize(("name", "error"), [("other_hospital", NotFound), ("epidemiologist", NotAllowed)])
def test_strangers_cannot_answer(name: str, error: type[Exception]) -> None:
    county = apps.county()
    take(county, hfmd("V1"))
    one, viewer = Suspicion.objects.get(), county.viewer(name)
    with enter(viewer), pytest.raises((error, NotFound)):
        services.dismiss(one.id, viewer, code="past")


def test_a_colleague_who_is_asked_sees_it_and_has_it_in_their_work() -> None:
    county = apps.county()
    take(county, hiv(department="儿科"))
    doctor, asked = county.viewer("clinician"), county.viewer("other_department")
    with enter(asked):
        assert not Suspicion.objects.exists()
    with enter(doctor):
        one = Suspicion.objects.get()
        services.consult(one.id, doctor, colleague=county.users["other_department"])
        for stranger in ("other_hospital", "clinician", "hospital_desk"):
            with pytest.raises(UserError):
                services.consult(one.id, doctor, colleague=county.users[stranger])
    apps.deliver()
    with enter(asked):
        assert Suspicion.objects.get().state == SuspicionState.CONSULTING
        assert Record.objects.exists()
        assert WorkItem.objects.filter(state=WorkState.OPEN).exists()
        services.dismiss(one.id, asked, code="past")
    apps.deliver()
    assert not WorkItem.objects.filter(state=WorkState.OPEN).exists()


def test_bulk_is_a_handful_of_queries_for_each_question() -> None:
    """500 records, a fifth of which ask: the batch itself costs no query for a record."""
    county = apps.county()
    asking = [
        hfmd(f"A{n}", who=apps.person(f"童{n}", date(2021, 1, 1) + timedelta(days=n), order=n % 400 + 1))
        for n in range(100)
    ]
    quiet = [
        apps.record(f"Q{n}", complaint="左踝扭伤2天", who=apps.person(f"静{n}", date(1980, 1, 1) + timedelta(days=n)))
        for n in range(400)
    ]
    apps.receive(county.hospital, *asking, *quiet)
    with CaptureQueriesContext(connection) as queries:
        apps.deliver()
    assert Suspicion.objects.count() == 100
    assert len(queries) < 100 * 16 + 200
