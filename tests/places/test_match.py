"""Free text to schools: exact, alias, or the beginning of the text; the rest waits for a person, once."""

from __future__ import annotations

import pytest

from tests import apps
from yifang.apps.places.models import MatchState, Organisation, PlaceMatch
from yifang.apps.places.services import match_text
from yifang.kernel import clock

pytestmark = [pytest.mark.django_db]


@pytest.mark.parametrize(
    ("text", "organisation", "place"),
    [
        ("春申实验小学", "school", None),
        ("春申实验小学 三年级2班", "school", "school_class"),
        ("春申实验小学三(2)班", "school", None),
        ("申小", "school", None),
        ("苏河中学", "far_school", None),
        ("春申实验", None, None),
        ("某工地", None, None),
        ("", None, None),
    ],
)
def test_a_name_is_matched(text: str, organisation: str | None, place: str | None) -> None:
    county = apps.county()
    Organisation.objects.filter(id=county.school.id).update(also_known_as=["申小"])
    found = match_text(text, "310112101")
    assert found.organisation == (county.organisations[organisation] if organisation else None)
    assert found.place == (county.places[place] if place else None)
    assert PlaceMatch.objects.count() == (1 if text and organisation is None else 0)


def test_the_same_text_waits_once_and_an_answer_serves_again() -> None:
    county = apps.county()
    for _ in range(3):
        assert match_text("申 小", "310112101").organisation is None
    waiting = PlaceMatch.objects.get()
    assert (waiting.text, waiting.area_code, waiting.seen) == ("申小", "310112", 3)
    waiting.state, waiting.organisation = MatchState.MATCHED, county.school
    waiting.save()
    assert match_text("申小", "310112002").organisation == county.school
    assert match_text("申小", "310104001").organisation is None, "another county asks for itself"


def test_of_two_schools_with_one_name_the_one_in_the_county() -> None:
    county = apps.county()
    twin = Organisation.objects.create(code="S9", name="春申实验小学", kind="school", area_code="310104")
    assert match_text("春申实验小学", "310104001").organisation == twin
    assert match_text("春申实验小学", "310112001").organisation == county.school
    assert match_text("春申实验小学", "310105001").organisation is None, "a person says which"
    assert PlaceMatch.objects.get().first_seen <= clock.now()
