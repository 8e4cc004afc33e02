"""A card goes from the hospital's node to the district's, what the district does with it comes back."""

from __future__ import annotations

import pytest

from tests.relay.loop import at, do, reported, submitted
from tests.relay.nodes import settle
from tests.reporting import cards
from yifang.apps.reporting import services, versions
from yifang.apps.reporting.models import Card, CardState, Case

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def nodes(chain):
    return chain


def test_a_card_becomes_a_card_of_the_district_and_its_audit_comes_back(nodes):
    hospital, district, _ = nodes
    card = submitted(hospital)
    settle(hospital, district)
    there = at(district, card.id)
    assert there.state == CardState.SUBMITTED
    assert there.organisation.code == "H31011201"
    assert there.person is not None
    assert there.case is not None
    with district.on():
        told = versions.answers_of(versions.in_force(there))
    with hospital.on():
        assert told == versions.answers_of(versions.in_force(Card.objects.get(id=card.id)))
    do(district, "epidemiologist", lambda viewer: services.audit(card.id, viewer))
    settle(hospital, district)
    assert at(hospital, card.id).state == CardState.AUDITED


def test_a_draft_and_a_card_under_review_stay_in_the_house(nodes):
    hospital, district, _ = nodes

    card = reported(hospital, order=2)
    settle(hospital, district)
    assert at(district, card.id) is None


def test_a_returned_card_is_mended_and_comes_again(nodes):
    hospital, district, _ = nodes
    card = submitted(hospital, name="李小花", order=3)
    settle(hospital, district)
    do(district, "epidemiologist", lambda viewer: services.return_by_district(card.id, "信息不完整", "", viewer))
    settle(hospital, district)
    returned = at(hospital, card.id)
    assert (returned.state, returned.reason) == (CardState.RETURNED_BY_DISTRICT, "信息不完整")
    do(
        hospital,
        "clinician",
        lambda viewer: services.report(
            card.id, viewer, cards.answers(Card.objects.get(id=card.id)) | {"residence_detail": "示范路9弄9号"}
        ),
    )
    settle(hospital, district)
    with district.on():
        assert versions.answers_of(versions.in_force(at(district, card.id)))["residence_detail"] == "示范路1弄2号"
    do(hospital, "hospital_desk", lambda viewer: services.approve(card.id, viewer))
    settle(hospital, district)
    again = at(district, card.id)
    assert again.state == CardState.SUBMITTED
    with district.on():
        assert versions.answers_of(versions.in_force(again))["residence_detail"] == "示范路9弄9号"
        assert Case.objects.filter(cards=again).count() == 1
