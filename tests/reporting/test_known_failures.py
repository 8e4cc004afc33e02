"""What such systems are known to get wrong, each by its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests import apps
from tests.reporting import cards
from tests.reporting.test_interruptions import COLD, FLU, result, visit
from tests.reporting.test_suspicions import take
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.models import Entry
from yifang.apps.records.models import Record
from yifang.apps.reporting import services
from yifang.apps.reporting.models import CardState, Interruption, InterruptionState, Suspicion, SuspicionState
from yifang.apps.work.models import Desk, WorkItem, WorkState
from yifang.formats import canonical
from yifang.kernel import clock

pytestmark = [pytest.mark.django_db]


def test_visit_closed_before_its_codes_were_checked() -> None:
    """The message that ends the visit is itself read, and what waits for it is asked then; a code that comes later is
    found later."""
    county = apps.county()
    take(county, result("L1"), visit("V1", closed=True))
    assert Interruption.objects.get().moment == "closed"
    assert Suspicion.objects.count() == 1
    take(county, visit("V2", closed=True, days=-40))
    take(county, replace(visit("V2", FLU, closed=True, days=-40), status="corrected"))
    late = Suspicion.objects.exclude(id=Interruption.objects.get(moment="closed", began=clock.today()).lead_id).get()
    assert late.disease == "influenza", "coded after the patient had gone"


def dated(code: tuple[str, str], days: int, role: canonical.DiagnosisRole = "problem") -> canonical.Record:
    """A visit of today with a diagnosis that was made `days` ago."""
    one = visit("V1", code, COLD)
    made = apps.moment(clock.now() - timedelta(days=days))
    first, *rest = one.diagnoses
    return replace(one, diagnoses=(replace(first, at=made, role=role), *rest))


@pytest.mark.parametrize(
    ("record", "raised"),
    [
        (lambda: dated(FLU, 400), False),
        (lambda: dated(("A15.001", "肺结核"), 90, "other"), False),
        (lambda: dated(FLU, 0), True),
        (lambda: dated(FLU, 2, "admission"), True),
    ],
)
def test_fired_from_another_visits_code(record, raised: bool) -> None:
    county = apps.county()
    take(county, record())
    assert Suspicion.objects.exists() is raised


def test_the_evidence_of_a_visit_is_its_own() -> None:
    county = apps.county()
    take(county, visit("V1", FLU, days=-60))
    take(county, visit("V2", COLD))
    assert {item["record"] for one in Suspicion.objects.all() for item in one.evidence} == {
        str(Record.objects.get(payload__encounter__id="V1").id)
    }


def test_a_report_every_few_minutes_for_one_patient() -> None:
    """Fifty reports of one stay: one question, one item, one interruption, evidence that does not grow for ever."""
    county = apps.county()
    take(county, visit("V1", FLU))
    for number in range(50):
        take(county, result(f"L{number}"))
    one = Suspicion.objects.get()
    assert len(one.evidence) <= 12
    assert WorkItem.objects.filter(kind="suspicion_review").count() == 1
    assert Interruption.objects.count() == 1
    assert Entry.objects.filter(kind="reporting.interruption_due").count() == 1


def test_one_result_sent_hundreds_of_times() -> None:
    county = apps.county()
    one = result("L1")
    for number in range(200):
        apps.receive(county.hospital, replace(one, source=replace(one.source, control_id=f"M{number}")))
    apps.deliver()
    assert Record.objects.count() == 1
    assert len(Suspicion.objects.get().evidence) == 1
    assert WorkItem.objects.count() == 1
    assert Entry.objects.filter(kind__startswith="reporting.suspicion").count() == 1


@pytest.mark.parametrize("end", ["reported", "dismissed", "withdrawn"])
def test_timers_that_never_end(end: str) -> None:
    """Whatever answers a question stops its clock, its desks and its interruption."""
    county = apps.county()
    if end == "reported":
        cards.brought(county, CardState.SUBMITTED, _mended(county))
    else:
        take(county, visit("V1", FLU))
        if end == "dismissed":
            doctor = county.viewer("clinician")
            with enter(doctor):
                services.dismiss(Suspicion.objects.get().id, doctor, code="past")
            apps.deliver()
        else:
            take(county, apps.cancelled(visit("V1", FLU)))
    assert Suspicion.objects.get().state == SuspicionState(end)
    waiting = WorkItem.objects.filter(kind="suspicion_review", state__in=(WorkState.OPEN, WorkState.CLAIMED))
    assert not waiting.exists()
    assert not Desk.objects.filter(item__kind="suspicion_review", open=True).exists()
    assert not Interruption.objects.filter(state=InterruptionState.DUE).exists()


def _mended(county: apps.County):
    card = cards.drafted(county)
    doctor = county.viewer("clinician")
    with enter(doctor):
        services.save_draft(card.id, {**cards.answers(card), **cards.MENDS}, doctor)
    return card


def test_a_report_can_be_made_with_no_code_at_all() -> None:
    county = apps.county()
    complaint = "发热2天，手足皮疹1天，口腔疱疹"
    take(county, apps.record("V1", complaint=complaint, diagnoses=(), results=()))
    card = cards.blank(county)
    assert cards.brought(county, CardState.SUBMITTED, card).disease == "hfmd"


def test_missing_symptoms_are_no_denial() -> None:
    """A result without a single word about symptoms proposes no carrier state and loses no evidence."""
    county = apps.county()
    take(county, apps.cholera_report())
    one = Suspicion.objects.get()
    assert (one.disease, one.case_class) == ("cholera", "confirmed")


def test_a_cancelled_result_never_fires() -> None:
    county = apps.county()
    one = result("L1")
    cancelled = replace(one, results=tuple(replace(each, status="cancelled") for each in one.results))
    take(county, cancelled)
    assert not Suspicion.objects.exists()
