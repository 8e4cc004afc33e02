"""The main job of a card from record to audited case, seen by those who do it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import apps
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import services, versions
from yifang.apps.reporting.models import Card, CardState, Case, Suspicion, SuspicionState
from yifang.apps.work.models import WorkItem
from yifang.kernel import clock

pytestmark = [pytest.mark.django_db, pytest.mark.database]

MENDS = {"guardian_name": "陈父", "residence_area": "310112101", "report_org_phone": "021-54321000"}


def test_a_record_becomes_an_audited_case() -> None:
    county = apps.county()
    apps.receive(county.hospital, apps.hfmd())
    apps.deliver()
    doctor, desk, district = (county.viewer(one) for one in ("clinician", "hospital_desk", "epidemiologist"))

    with enter(doctor):
        suspicion = Suspicion.objects.get()
        assert (suspicion.disease, suspicion.state) == ("hfmd", SuspicionState.OPEN)
        card = services.draft_from_suspicion(suspicion.id, doctor)
        answers = versions.answers_of(versions.current(card))
        with pytest.raises(services.CardErrors) as refused:
            services.report(card.id, doctor)
        missing = {one.field for one in refused.value.findings if one.severity == "error"}
        assert {"guardian_name", "residence_area"} <= missing
        card = services.report(card.id, doctor, {**answers, **MENDS, "population": "2", "patient_belongs": "1"})
        assert card.state == CardState.HOSPITAL_REVIEW
        assert Suspicion.objects.get().state == SuspicionState.REPORTED
    apps.deliver()

    with enter(desk):
        assert WorkItem.objects.filter(kind="card_review", state="open").count() == 1
        card = services.approve(card.id, desk)
        assert card.state == CardState.SUBMITTED
        card = services.record_entry(card.id, desk, national_card_id="310112-2026-0001", entered_at=clock.now())
    apps.deliver()

    with enter(district):
        assert Case.objects.get().disease == "hfmd"
        card = services.audit(card.id, district)
        assert card.state == CardState.AUDITED
    apps.deliver()

    case = Case.objects.get()
    assert case.audited_on == clock.today()
    assert Card.objects.get().case_id == case.id
    assert not WorkItem.objects.filter(state="open").exists()
    assert card.audit_due_at == card.entered_at + timedelta(hours=24)
