"""Free text to schools: exact, alias, or the beginning of the text; the rest waits for a person, once."""

from __future__ import annotations

import pytest

from tests import apps
from yifang.apps.ledger.services import NODE
from yifang.apps.places.models import MatchState, Mention, Organisation, PlaceMatch
from yifang.apps.places.naming import candidates, search
from yifang.apps.places.services import Bearer, forget, match_text
from yifang.kernel.ids import new_id

pytestmark = [pytest.mark.django_db]


def bearer(county: apps.County, name: str = "hospital") -> Bearer:
    return Bearer("card", new_id(), county.organisations[name])


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
    found = match_text(text, "310112101", bearer(county))
    assert found.organisation == (county.organisations[organisation] if organisation else None)
    assert found.place == (county.places[place] if place else None)
    assert PlaceMatch.objects.count() == (1 if text and organisation is None else 0)


def test_the_same_text_waits_once_and_an_answer_serves_again() -> None:
    county = apps.county()
    with apps.listening() as heard:
        for _ in range(3):
            assert match_text("申 小", "310112101", bearer(county)).organisation is None
    assert heard.kinds == ["places.unmatched"]
    waiting = PlaceMatch.objects.get()
    assert (waiting.text, waiting.area_code, waiting.mentions.count()) == ("申小", "310112", 3)
    waiting.state, waiting.organisation = MatchState.MATCHED, county.school
    waiting.save()
    assert match_text("申小", "310112002", bearer(county)).organisation == county.school
    assert match_text("申小", "310104001", bearer(county)).organisation is None, "another county asks for itself"


def test_a_record_is_counted_once_however_often_it_is_looked_at() -> None:
    county = apps.county()
    card = bearer(county)
    for _ in range(3):
        match_text("申小", "310112", card)
    assert Mention.objects.count() == 1


@pytest.mark.parametrize("later", ["春申实验小学", "", "苏小"])
def test_a_text_that_no_record_bears_any_more_is_no_question(later: str) -> None:
    county = apps.county()
    card, other = bearer(county), bearer(county)
    for one in (card, other):
        match_text("申小", "310112", one)
    match_text(later, "310112", card)
    assert PlaceMatch.objects.filter(text="申小").exists(), "the other still bears it"
    with apps.listening() as heard:
        match_text(later, "310112", other)
    assert "places.withdrawn" in heard.kinds
    assert set(PlaceMatch.objects.values_list("text", flat=True)) == ({"苏小"} if later == "苏小" else set())


def test_an_answer_outlives_the_record_that_asked() -> None:
    county = apps.county()
    card = bearer(county)
    match_text("申小", "310112", card)
    PlaceMatch.objects.update(state=MatchState.MATCHED, organisation=county.school)
    forget(card)
    assert match_text("申小", "310112", bearer(county)).organisation == county.school


def test_of_two_schools_with_one_name_the_one_in_the_county() -> None:
    county = apps.county()
    twin = Organisation.objects.create(code="S9", name="春申实验小学", kind="school", area_code="310104")
    assert match_text("春申实验小学", "310104001", bearer(county)).organisation == twin
    assert match_text("春申实验小学", "310112001", bearer(county)).organisation == county.school
    assert match_text("春申实验小学", "310105001", bearer(county)).organisation is None, "a person says which"


def test_a_second_hospital_makes_it_the_districts_to_answer() -> None:
    county = apps.county()
    match_text("申小", "310112", bearer(county))
    match_text("申小", "310112", bearer(county))
    assert not PlaceMatch.objects.get().shared
    match_text("申小", "310112", bearer(county, "other_hospital"))
    assert PlaceMatch.objects.get().shared


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("实验小学三(2)班", "school"),  # the class says nothing of which school
        ("春申实小", "school"),
        ("苏河初级中学", "far_school"),
        ("梅陇医院", "hospital"),  # a nurse's employer
        ("某工地", None),
    ],
)
def test_what_a_text_may_mean(text: str, best: str | None) -> None:
    county = apps.county()
    found = candidates(text, "310112")
    assert (found[0].organisation if found else None) == (county.organisations[best] if best else None)
    assert all(0 < one.likeness <= 1 for one in found)
    assert [one.likeness for one in found] == sorted((one.likeness for one in found), reverse=True)


def test_of_two_equally_like_the_near_one_comes_first() -> None:
    county = apps.county()
    twin = Organisation.objects.create(code="A0", name="春申实验小学", kind="school", area_code="310104")
    assert [one.organisation for one in candidates("春申实验小学", "310112")][:2] == [county.school, twin]
    assert [one.organisation for one in candidates("春申实验小学", "310104")][:2] == [twin, county.school]


def test_search_by_part_of_a_name_an_alias_or_the_code() -> None:
    county = apps.county()
    Organisation.objects.filter(id=county.school.id).update(also_known_as=["申小"])
    for words in ("春申", "申小", "S31011201"):
        assert county.school in search(words)
    assert search("") == search("没有的") == []


def test_the_ledger_says_that_a_text_waits_and_not_which() -> None:
    county = apps.county()
    with apps.listening() as heard:
        match_text("陈小宝家", "310112", bearer(county))
    (entry,) = heard.entries
    assert (entry.role, entry.subject) == (NODE.role, PlaceMatch.objects.get().id)
    assert "陈小宝" not in str(entry.facts)
    assert {county.hospital.scope, "area:310112", "area:310100"} <= set(entry.scopes)
