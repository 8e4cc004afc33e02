"""Area codes: one form, levels, the way up, and 病人属于."""

import pytest

from yifang.kernel import areas
from yifang.kernel.errors import UserError


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("31", "310000"),
        ("3101", "310100"),
        ("310112", "310112"),
        (" 310112 ", "310112"),
        ("31011200", "310112"),
        ("31011203", "310112003"),
        ("310112003", "310112003"),
        ("310112000000", "310112"),
        ("310112003000", "310112003"),
        ("310112003001", "310112003001"),
        ("310112003001007", "310112003001007"),
        ("310000000000", "310000"),
        ("441900101", "441900101"),
    ],
)
def test_every_spelling_of_a_code_has_one_form(given: str, normal: str) -> None:
    assert areas.normalise(given) == normal


@pytest.mark.parametrize("given", ["", "3", "310", "31011", "3101120", "abcdef", "31011２", "000000", "3101120030010"])
def test_what_is_no_code_is_refused_by_name(given: str) -> None:
    with pytest.raises(UserError) as refusal:
        areas.normalise(given)
    assert refusal.value.code == "kernel.area_code"
    assert given in refusal.value.render("zh")


@pytest.mark.parametrize(
    ("code", "level", "parent"),
    [
        ("310000", "province", None),
        ("310100", "city", "310000"),
        ("310112", "county", "310100"),
        ("310112003", "township", "310112"),
        ("310112003001", "village", "310112003"),
        ("310112003001007", "grid", "310112003001"),
        ("441900101", "township", "441900"),
        ("469005", "county", "469000"),
    ],
)
def test_level_and_the_way_up(code: str, level: str, parent: str | None) -> None:
    assert areas.level(code) == level
    assert areas.parent(code) == parent


def test_ancestors_begin_with_the_area_itself_and_end_with_the_province() -> None:
    assert areas.ancestors("310112003001") == ("310112003001", "310112003", "310112", "310100", "310000")
    assert areas.ancestors("441900101") == ("441900101", "441900", "440000")


@pytest.mark.parametrize(
    ("code", "wanted", "found"),
    [("310112003", "county", "310112"), ("310112", "township", None), ("441900101", "county", None)],
)
def test_the_area_of_a_level(code: str, wanted: areas.Level, found: str | None) -> None:
    assert areas.at_level(code, wanted) == found


def test_containing_goes_down_only() -> None:
    assert areas.contains("310112", "310112003")
    assert areas.contains("310112", "31011200")
    assert not areas.contains("310112003", "310112")
    assert not areas.contains("310112", "310104003")


def test_padding_is_for_files() -> None:
    assert areas.pad("310112") == "310112000000"
    assert areas.pad("31", 6) == "310000"


@pytest.mark.parametrize(
    ("residence", "reporter", "relation"),
    [
        ("310112003", "310112", "1"),
        ("310104", "310112", "2"),
        ("310151001", "310112", "2"),
        ("500229103", "500103", "2"),  # a county and a district of 重庆: 5002 and 5001, one city
        ("140621", "140602", "2"),
        ("140105", "140602", "3"),
        ("469006", "469005", "3"),  # 万宁 and 文昌 are cities of their own
        ("429004", "429005", "3"),
        ("441900101", "441900", "1"),  # 东莞 has no counties
        ("441900101", "441900202", "1"),
        ("442000101", "441900", "3"),
        ("320000", "310112", "4"),  # another province needs no county
        ("710000", "310112", "5"),
        ("810000", "440305", "5"),
        ("820000", "440305", "5"),
    ],
)
def test_patient_belongs(residence: str, reporter: str, relation: str) -> None:
    assert areas.relation(residence, reporter) == relation


def test_patient_belongs_needs_a_county_within_one_province() -> None:
    with pytest.raises(UserError) as refusal:
        areas.relation("310000", "310112")
    assert refusal.value.code == "kernel.area_level"
