"""What an answer of the match queue does to report cards: those that wait, those to come, and who then sees them."""

from __future__ import annotations

import pytest

from tests import apps
from tests.reporting.cards import blank, brought
from yifang.apps.accounts.models import Visibility
from yifang.apps.accounts.viewers import enter
from yifang.apps.places import services
from yifang.apps.places.models import Mention, PlaceMatch
from yifang.apps.reporting.models import Card, CardState, Case

pytestmark = [pytest.mark.django_db]
PUPIL = {"population": "3", "school_class": "三(2)班", "employer": "申小"}


@pytest.fixture
def county() -> apps.County:
    return apps.county()


def card_of_a_pupil(county: apps.County, state: CardState = CardState.SUBMITTED, **changes) -> Card:
    card = blank(county, **{**PUPIL, **changes})
    return brought(county, state, card)


def say(county: apps.County, verb, *args) -> None:
    with enter(county.viewer("epidemiologist")) as viewer:
        verb(PlaceMatch.objects.get().id, *args, viewer)
    apps.deliver()


def test_the_waiting_card_and_its_case_find_the_school_and_the_school_finds_them(county):
    card = card_of_a_pupil(county, CardState.AUDITED)
    assert Card.objects.get(id=card.id).school is None
    assert Mention.objects.get().subject == card.id
    with enter(county.viewer("school_nurse")):
        assert not Case.objects.exists()
    with apps.listening() as heard:
        say(county, services.answer, county.school.id)
    assert Card.objects.get(id=card.id).school == county.school
    assert Case.objects.get(cards=card).school == county.school
    with enter(county.viewer("school_nurse")):
        assert Case.objects.exists()
    (placed,) = [one for one in heard.entries if one.kind == "reporting.card_placed"]
    assert (placed.subject, placed.fields, placed.facts) == (card.id, ["school"], {"school": str(county.school.id)})
    assert county.school.scope in placed.scopes


def test_a_school_put_on_the_list_finds_the_cards_that_asked_for_it(county):
    card = card_of_a_pupil(county)
    say(county, services.create, "申花小学", "school", "S9")
    assert Card.objects.get(id=card.id).school.code == "S9"
    later = card_of_a_pupil(county, name="林小雨", order=2)
    assert Card.objects.get(id=later.id).school.code == "S9"


def test_later_cards_with_the_same_words_find_it_by_themselves(county):
    card_of_a_pupil(county)
    say(county, services.answer, county.school.id)
    later = card_of_a_pupil(county, name="林小雨", order=2)
    assert Card.objects.get(id=later.id).school == county.school
    assert PlaceMatch.objects.count() == 1


def test_an_answer_taken_back_takes_the_card_from_the_school_again(county):
    card = card_of_a_pupil(county, CardState.AUDITED)
    say(county, services.answer, county.school.id)
    case = Case.objects.get(cards=card)
    shown = Visibility.objects.filter(scope=county.school.scope, subject__in=(card.id, case.id), until=None)
    assert shown.count() == 2
    say(county, services.reopen)
    assert Card.objects.get(id=card.id).school is None
    assert Case.objects.get(id=case.id).school is None
    assert not shown.exists()
    say(county, services.answer, None)
    assert Card.objects.get(id=card.id).school is None


def test_a_school_that_is_found_by_its_name_is_in_the_ledger_too(county):
    with apps.listening() as heard:
        card = card_of_a_pupil(county, employer="春申实验小学三(2)班")
    assert Card.objects.get(id=card.id).school == county.school
    assert heard.kinds.count("reporting.card_placed") == 1, "once, not at every step"
    assert not PlaceMatch.objects.exists()


def test_a_draft_asks_nobody(county):
    blank(county, **PUPIL)
    assert not PlaceMatch.objects.exists()


def test_who_is_no_pupil_asks_nobody(county):
    brought(county, CardState.SUBMITTED, blank(county, population="18", employer="申小"))
    assert not PlaceMatch.objects.exists()
