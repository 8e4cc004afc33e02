"""The district's pages as people meet them: who may open them, what they show and hide, and what each step does."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import apps
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import services, versions
from yifang.apps.reporting.models import Card, CardState, Case, Suspicion
from yifang.kernel import clock

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
MENDS = {
    "guardian_name": "陈父", "residence_area": "310112101", "residence_detail": "示范路1弄2号",
    "report_org_phone": "021-54321000", "population": "2", "patient_belongs": "1", "phone": "13800000001",
}  # fmt: skip


@pytest.fixture
def county(db):
    return apps.county()


@pytest.fixture
def sign_in(county):
    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(county.users[name], backend=BACKEND)
        return client

    return signed_in


@pytest.fixture
def entered(county):
    return make_entered(county)


def make_entered(county):
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
            card = services.report(card.id, writer, {**given, **MENDS, **answers})
        with enter(reviewer):
            services.approve(
                card.id, reviewer, national_card_id=f"310112-2026-{number:04}", entered_at=clock.now(), late_reason="迟"
            )
        apps.deliver()
        return Card.objects.get(id=card.id)

    return make


def test_what_waits_is_listed_and_opened_beside_its_source(entered, sign_in):
    card = entered()
    client = sign_in("epidemiologist")
    page = client.get("/audit/").content.decode()
    assert card.card_no in page
    assert "陈小宝" not in page
    page = client.get(f"/audit/{card.id}").content.decode()
    assert "手足口病" in page
    assert "来源" in page


def test_audit_goes_on_to_the_next_card(entered, sign_in):
    card = entered()
    answer = sign_in("epidemiologist").post(f"/audit/{card.id}/audit", {"query": "tab=waiting"})
    assert answer.status_code == 302
    card.refresh_from_db()
    assert card.state == CardState.AUDITED


def test_the_line_list_and_a_case(entered, sign_in):
    entered()
    case = Case.objects.get()
    client = sign_in("epidemiologist")
    assert "手足口病" in client.get("/cases/").content.decode()
    page = client.get(f"/cases/{case.id}").content.decode()
    assert "陈小宝" not in page
    assert "建立病例" in page
