"""A real laboratory report that comes as HL7 v2 and again as FHIR: asked once, and one case once it is audited."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import apps
from yifang.apps.accounts.viewers import enter
from yifang.apps.intake import services as intake
from yifang.apps.ledger.services import NODE
from yifang.apps.reporting import services, versions
from yifang.apps.reporting.models import Card, CardState, Case, Suspicion
from yifang.kernel import clock

pytestmark = pytest.mark.django_db

# What the desk asks the patient: a foreign laboratory's report says none of it.
ASKED = {
    "id_type": "99", "id_no": "无", "phone": "13800000001", "residence_area": "310112101", "patient_belongs": "1",
    "residence_detail": "示范路1弄2号", "population": "18", "report_org_phone": "021-54321000", "case_class": "2",
    "guardian_name": "家长", "remark": "外籍，无居民身份证",
}  # fmt: skip


def test_a_pair_asks_once_and_becomes_one_case(shared: Path) -> None:
    county = apps.county()
    asked = 0
    for report in sorted((shared / "fixtures" / "elr-pairs").glob("*.hl7")):
        before = set(Suspicion.objects.values_list("id", flat=True))
        first = _after(county, report, before)
        assert _after(county, report.with_name(report.stem + ".fhir.json"), before) == first, report.name
        diseases = list(Suspicion.objects.filter(id__in=first).values_list("disease", "person_id"))
        assert len(diseases) == len(set(diseases)), report.name
        asked += bool(first)
    assert asked > 5
    suspicion = Suspicion.objects.filter(state="open", disease="influenza").first()
    assert suspicion is not None
    _report_and_audit(county, suspicion)
    assert Case.objects.count() == 1
    assert Card.objects.get().case_id == Case.objects.get().id


def _after(county: apps.County, path: Path, before: set[object]) -> set[object]:
    with apps.as_jobs():
        intake.take_path(path, county.feeds["hospital"], NODE)
    apps.deliver()
    return set(Suspicion.objects.values_list("id", flat=True)) - before


def _report_and_audit(county: apps.County, suspicion: Suspicion) -> None:
    desk, district = county.viewer("hospital_desk"), county.viewer("epidemiologist")
    with enter(desk):
        card = services.draft_from_suspicion(suspicion.id, desk)
        answers = versions.answers_of(versions.current(card))
        day = answers["diagnosis_datetime"][:10]
        services.report(card.id, desk, {**answers, **ASKED, "onset_date": answers.get("onset_date", day)})
    apps.deliver()
    with enter(desk):
        services.approve(card.id, desk, national_card_id="310112-2026-0001", entered_at=clock.now(), late_reason="迟到")
    apps.deliver()
    with enter(district):
        assert services.audit(card.id, district).state == CardState.AUDITED
    apps.deliver()
