"""A card that the district returned goes on saying, where it was seen, what was last sent, until approval."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import queries, services
from yifang.apps.reporting.models import Card, CardState, Case
from yifang.kernel import clock
from yifang.kernel.errors import WrongState

pytestmark = [pytest.mark.django_db]

S = CardState
SEES = ("epidemiologist", "city_epidemiologist")


def resubmitted(county: apps.County, **changes: str) -> Card:
    """An entered card, returned by the district, typed anew and reported, not approved yet."""
    card = cards.brought(county, S.RETURNED_BY_DISTRICT)
    doctor = county.viewer("clinician")
    with enter(doctor):
        given = {**cards.answers(card), **changes}
        services.save_draft(card.id, given, doctor)
    apps.deliver()
    with enter(doctor):
        services.report(card.id, doctor, given)
    apps.deliver()
    return Card.objects.get()


@pytest.mark.parametrize("name", SEES)
def test_the_district_keeps_seeing_the_last_version_that_was_sent(name: str) -> None:
    county = apps.county()
    card = resubmitted(county, disease="varicella", residence_area="310104001", patient_belongs="2")
    assert (card.state, card.disease, card.residence_area) == (S.HOSPITAL_REVIEW, "hfmd", "310112101")
    viewer = county.viewer(name)
    with enter(viewer):
        seen = queries.card(card.id, viewer).card
        shown = list(queries.history(seen, viewer))
        assert [version.number for version in shown][-1] == seen.sent_version
        assert queries.answers(shown[-1], viewer, identity=False)["disease"] == "hfmd"
        case = queries.case_list(viewer, queries.CaseFilter())[0][1]
        assert case.disease == "hfmd"
    with enter(county.viewer("residence_epidemiologist")):
        assert not Card.objects.exists(), "an address that nobody approved shows it to nobody"
    desk = county.viewer("hospital_desk")
    with enter(desk):
        assert queries.answers(list(queries.history(seen, desk))[-1], desk, identity=False)["disease"] == "varicella"


def test_approval_puts_the_new_version_in_force_for_card_case_and_places() -> None:
    county = apps.county()
    card = resubmitted(county, residence_area="310104001", patient_belongs="2", case_class="2")
    desk = county.viewer("hospital_desk")
    with enter(desk):
        card = services.approve(card.id, desk)
    apps.deliver()
    assert (card.sent_version, card.residence_area, card.case_class) == (card.version, "310104001", "confirmed")
    case = Case.objects.get()
    assert (case.residence_area, case.case_class) == ("310104001", "confirmed")
    with enter(county.viewer("residence_epidemiologist")):
        assert Card.objects.exists()
        assert Case.objects.exists()


def test_a_second_return_by_the_hospital_hides_nothing() -> None:
    county = apps.county()
    card = resubmitted(county)
    desk = county.viewer("hospital_desk")
    with enter(desk):
        services.return_by_hospital(card.id, "仍不对", desk)
    apps.deliver()
    with enter(county.viewer("epidemiologist")):
        assert Card.objects.get().state == S.RETURNED_BY_HOSPITAL


def test_approving_an_entered_card_cannot_give_it_another_number() -> None:
    county = apps.county()
    card = resubmitted(county)
    desk = county.viewer("hospital_desk")
    with enter(desk), pytest.raises(WrongState):
        services.approve(card.id, desk, national_card_id="N-OTHER-1", entered_at=clock.now())
    with enter(desk):
        again = services.approve(card.id, desk, national_card_id=card.national_card_id, entered_at=clock.now())
    assert (again.national_card_id, again.entered_at) == (card.national_card_id, card.entered_at)


def test_a_sensitive_disease_typed_into_a_returned_card_is_guarded_at_once() -> None:
    county = apps.county()
    card = cards.brought(county, S.RETURNED_BY_DISTRICT)
    with enter(county.viewer("colleague")):
        assert Card.objects.exists()
    doctor = county.viewer("clinician")
    with clock.frozen(clock.now() - timedelta(minutes=5)):  # rows end by the database's clock, which a test holds still
        with enter(doctor):
            services.save_draft(card.id, {"disease": "hiv_aids", "disease_subtype": "hiv"}, doctor)
        apps.deliver()
    assert (Card.objects.get().disease, Card.objects.get().group) == ("hfmd", "hiv")
    for name, sees in (("colleague", False), ("clinician", True), ("hospital_desk", True), ("hiv_officer", True)):
        with enter(county.viewer(name)):
            assert Card.objects.exists() is sees, name
