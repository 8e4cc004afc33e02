"""A card goes from the hospital's node to the district's, what the district does with it comes back."""

from __future__ import annotations

import pytest

from tests.relay.nodes import settle
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import services, versions
from yifang.apps.reporting.models import Card, CardState, Case
from yifang.kernel import clock

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def nodes(chain):
    return chain


def _do(node, who, step):
    with node.on():
        viewer = node.county.viewer(who)
        with enter(viewer):
            return step(viewer)


def _submitted(hospital, **changes) -> Card:
    """A card that the hospital's desk has sent on and entered."""

    def reported(viewer):
        card = services.draft_blank(viewer)
        services.save_draft(card.id, cards.right(**changes), viewer)
        return services.report(card.id, viewer)

    card = _do(hospital, "clinician", reported)
    hospital.deliver()
    return _do(
        hospital, "hospital_desk",
        lambda viewer: services.approve(
            card.id, viewer, national_card_id=cards.number(card), entered_at=clock.now(), late_reason="网络故障"
        ),
    )  # fmt: skip


def _at(node, card_id) -> Card | None:
    with node.on():
        return Card.objects.select_related("organisation", "person", "case").filter(id=card_id).first()


def test_a_card_becomes_a_card_of_the_district_and_its_audit_comes_back(nodes):
    hospital, district, _ = nodes
    card = _submitted(hospital)
    settle(hospital, district)
    there = _at(district, card.id)
    assert there.state == CardState.SUBMITTED
    assert there.organisation.code == "H31011201"
    assert there.person is not None
    assert there.case is not None
    with district.on():
        told = versions.answers_of(versions.in_force(there))
    with hospital.on():
        assert told == versions.answers_of(versions.in_force(Card.objects.get(id=card.id)))
    _do(district, "epidemiologist", lambda viewer: services.audit(card.id, viewer))
    settle(hospital, district)
    assert _at(hospital, card.id).state == CardState.AUDITED


def test_a_draft_and_a_card_under_review_stay_in_the_house(nodes):
    hospital, district, _ = nodes

    def reported(viewer):
        card = services.draft_blank(viewer)
        services.save_draft(card.id, cards.right(order=2), viewer)
        return services.report(card.id, viewer)

    card = _do(hospital, "clinician", reported)
    settle(hospital, district)
    assert _at(district, card.id) is None


def test_a_returned_card_is_mended_and_comes_again(nodes):
    hospital, district, _ = nodes
    card = _submitted(hospital, name="李小花", order=3)
    settle(hospital, district)
    _do(district, "epidemiologist", lambda viewer: services.return_by_district(card.id, "信息不完整", "", viewer))
    settle(hospital, district)
    returned = _at(hospital, card.id)
    assert (returned.state, returned.reason) == (CardState.RETURNED_BY_DISTRICT, "信息不完整")
    _do(
        hospital,
        "clinician",
        lambda viewer: services.report(
            card.id, viewer, cards.answers(Card.objects.get(id=card.id)) | {"residence_detail": "示范路9弄9号"}
        ),
    )
    settle(hospital, district)
    with district.on():
        assert versions.answers_of(versions.in_force(_at(district, card.id)))["residence_detail"] == "示范路1弄2号"
    _do(hospital, "hospital_desk", lambda viewer: services.approve(card.id, viewer))
    settle(hospital, district)
    again = _at(district, card.id)
    assert again.state == CardState.SUBMITTED
    with district.on():
        assert versions.answers_of(versions.in_force(again))["residence_detail"] == "示范路9弄9号"
        assert Case.objects.filter(cards=again).count() == 1
