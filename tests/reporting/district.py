"""Cards that wait for the district, for the tests of its pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests import apps
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import services, versions
from yifang.apps.reporting.models import Card, Suspicion
from yifang.apps.reporting.rules import form_of
from yifang.kernel import clock
from yifang.knowledge import load

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
MENDS = {
    "guardian_name": "陈父", "residence_area": "310112101", "residence_detail": "示范路1弄2号",
    "report_org_phone": "021-54321000", "population": "2", "patient_belongs": "1", "phone": "13800000001",
}  # fmt: skip
PUPIL = {
    "population": "3", "employer": "春申实验小学", "school_class": "三(2)班", "guardian_name": "林父",
    "case_class": "2",
}  # fmt: skip
GROWN = {"population": "16", "employer": "宝山机械厂", "guardian_name": ""}


def make_entered(county: apps.County) -> Callable[..., Card]:
    """A maker of cards that a hospital reported, approved and entered, delivered: they wait for the district."""
    numbers = iter(range(1, 1000))

    def make(record=None, *, hospital="hospital", doctor="clinician", desk="hospital_desk", **answers) -> Card:
        number = next(numbers)
        before = set(Suspicion.objects.values_list("id", flat=True))
        apps.receive(county.organisations[hospital], record or apps.hfmd(f"R{number}"))
        apps.deliver()
        found = Suspicion.objects.exclude(id__in=before).get()
        writer, reviewer = county.viewer(doctor), county.viewer(desk)
        with enter(writer):
            card = services.draft_from_suspicion(found.id, writer)
            given = versions.answers_of(versions.current(card))
            onset = {} if given.get("onset_date") else {"onset_date": (clock.today() - timedelta(days=2)).isoformat()}
            supplement = form_of(load()).supplement_of(card.disease)
            questions = {
                one.id: next(iter(one.codes)) for one in (supplement.fields if supplement else ()) if one.codes
            }
            card = services.report(card.id, writer, {**given, **MENDS, **onset, **questions, **answers})
        with enter(reviewer):
            services.approve(
                card.id, reviewer, national_card_id=f"310112-2026-{number:04}", entered_at=clock.now(), late_reason="迟"
            )
        apps.deliver()
        return Card.objects.get(id=card.id)

    return make
