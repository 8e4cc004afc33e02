"""What two records say of each other: values in one form, verdicts with their reasons, what keeps people apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.apps import id_no
from yifang.kernel.identity_number import upgrade
from yifang.knowledge import load
from yifang.link import Facts, compare, facts, keeps_apart, rules_of, united
from yifang.link.values import given_name, number_of, other_number, phone, place, sound, spelling

RULES = rules_of(load().linkage)
BORN = date(2021, 5, 4)
NUMBER, OTHER_NUMBER = id_no(), id_no(order=9)
SLIP = NUMBER[:16] + str((int(NUMBER[16]) + 1) % 10) + NUMBER[17]
GROWN = date(1990, 2, 3)
FATHER = id_no(birth=GROWN)
OLD = "310112900203123"


def one(name: str = "李佳怡", birth: date | None = BORN, **more) -> Facts:
    """A child as one source writes her."""
    said = {"sex": "female", "phones": ("13912345678",), "addresses": ("春申路12弄3号401室",), **more}
    return facts(names=(name,) if name else (), birth=birth, **said)


BARE = {"phones": (), "addresses": ()}
CASES: dict[str, tuple[Facts, Facts, str, str]] = {
    # name: one, other, verdict, rule
    "number of fifteen digits": (one(id_no=OLD, birth=GROWN, **BARE), one(id_no=upgrade(OLD), birth=GROWN, **BARE),
                                 "same", "number_name"),
    "number and name": (one(id_no=NUMBER, **BARE), one(id_no=NUMBER, **BARE), "same", "number_name"),
    "number, homophone": (one("李佳怡", id_no=NUMBER, **BARE), one("李嘉怡", id_no=NUMBER, **BARE), "same",
                          "number_sound"),
    "number, one character": (one("李佳怡", id_no=NUMBER, **BARE), one("李佳明", id_no=NUMBER, **BARE), "uncertain",
                              "number_near_name"),
    "number, sex mistyped": (one(id_no=NUMBER, **BARE), one(id_no=NUMBER, sex="male", **BARE), "same", "number_name"),
    "numbers differ": (one(id_no=NUMBER), one(id_no=OTHER_NUMBER), "none", "name_birth_phone"),
    "a slip in the number": (one(id_no=NUMBER, **BARE), one(id_no=SLIP, **BARE), "same", "near_number_name"),
    "the father's number keeps nobody apart": (one(id_no=NUMBER), one(id_no=FATHER), "same", "name_birth_phone"),
    "a passport beside a number": (one(id_no=NUMBER), one(id_no="E12345678", id_type="03"), "same", "name_birth_phone"),
    "telephone": (one(addresses=()), one(addresses=()), "same", "name_birth_phone"),
    "address, the county before it": (one(phones=()), one(phones=(), addresses=("上海市闵行区春申路12弄3号401室",)),
                                      "same", "name_birth_address"),
    "guardian": (one(guardian="王芳", **BARE), one(guardian="王 芳", **BARE), "same", "name_birth_guardian"),
    "township": (one(township="310112003", **BARE), one(township="310112003", **BARE), "same", "name_birth_township"),
    "nothing but name and birth": (one(**BARE), one(**BARE), "uncertain", "name_birth"),
    "other sex": (one(), one(sex="male"), "uncertain", "name_birth_phone"),
    "birth mistyped": (one(), one(birth=date(2021, 4, 5)), "same", "name_near_birth_phone"),
    "birth far away": (one(), one(birth=date(1991, 8, 5)), "none", ""),
    "homophone and telephone": (one("李佳怡"), one("李嘉怡"), "uncertain", "sound_birth_more"),
    "homophone alone": (one("李佳怡", **BARE), one("李嘉怡", **BARE), "none", ""),
    "twins of like names": (one("李佳怡"), one("李佳欣"), "uncertain", "near_name_birth_more"),
    "twins of other names": (one("李佳怡"), one("李梦涵"), "none", ""),
    "twins under one insurance number": (one("李佳怡", insurance=("A1234",)), one("李佳欣", insurance=("A1234",)),
                                         "uncertain", "insurance_near_name"),
    "insurance number": (one(insurance=("A1234",), **BARE), one(birth=None, insurance=("A1234",), **BARE), "same",
                         "insurance_name"),
    "a number of zeros": (one(insurance=("0000",), birth=None, **BARE), one(insurance=("0000",), birth=None, **BARE),
                          "none", ""),
    "patient number of one hospital": (one(mrn=("H|1",), birth=None, **BARE), one(mrn=("H|1",), birth=None, **BARE),
                                       "none", ""),
    "patient number": (one(mrn=("H|P001",), birth=None, **BARE), one(mrn=("H|P001",), birth=None, **BARE), "same",
                       "own_patient"),
    "a masked name": (one("李*怡"), one("李佳怡"), "none", ""),
    "no name": (one(""), one(""), "none", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_two_records(name: str) -> None:
    mine, other, verdict, rule = CASES[name]
    found = compare(mine, other, RULES)
    assert (found.verdict, found.rule if found.verdict != "none" else rule) == (verdict, rule)


@pytest.mark.parametrize("name", CASES)
def test_it_does_not_matter_who_came_first(name: str) -> None:
    mine, other, _, _ = CASES[name]
    assert compare(mine, other, RULES) == compare(other, mine, RULES)


def test_a_verdict_names_terms_and_never_values() -> None:
    found = compare(one("李佳怡"), one("李佳欣"), RULES)
    assert found.near == ("name_near",)
    assert {"birth_date", "phone", "address", "sex"} <= set(found.agree)
    assert {"name", "given_sound"} <= set(found.differ)
    assert found.forbidden == "", "the rule itself asks; the twins' condition leaves it so"
    terms = {term.id for term in load().linkage.terms}
    assert {*found.agree, *found.near, *found.differ} <= terms


def test_keyed_hashes_compare_as_well_as_values() -> None:
    hashed = Facts(name=("9f",), birth_date=("2021-05-04",), phone=("c1",))
    assert compare(hashed, replace(hashed), RULES).rule == "name_birth_phone"


FORMS = [
    (spelling, " 张 三 ", "张三"), (spelling, "阿依古丽·买买提", "阿依古丽买买提"),
    (spelling, "Smith, John", "john smith"),
    (spelling, "张*", ""), (spelling, "张某", ""), (spelling, "某某", ""),
    (given_name, "欧阳小明", "小明"), (given_name, "李明", "明"),
    (given_name, "阿依古丽买买提", "阿依古丽买买提"),
    (sound, "李嘉", "li jia"),
    (phone, "+86 139-1234-5678", "13912345678"), (phone, "00000000", ""), (phone, "1234", ""),
    (place, "上海市闵行区春申路12弄3号", "春申路12弄3号"), (place, "春申路12弄3号", "春申路12弄3号"),
    (place, "本地", ""),
    (other_number, "9999", ""), (other_number, " a12 ", "A12"), (other_number, "mrn|H|0", ""),
]  # fmt: skip


@pytest.mark.parametrize(("form", "text", "wanted"), FORMS)
def test_values_in_one_form(form, text: str, wanted: str) -> None:
    assert form(text) == wanted


def test_a_number_is_known_with_whether_it_holds() -> None:
    assert number_of(NUMBER.lower()) == (NUMBER, True)
    assert number_of(SLIP) == (SLIP, False)
    assert number_of("无") == ("", False)
    assert number_of("E123", "03") == ("03:E123", True)


def test_what_a_family_holds_together() -> None:
    both = united([one(id_no=NUMBER, phones=("13912345678",)), one("李嘉怡", phones=("13700001111",))])
    assert (both.id_no, both.valid, both.name) == ((NUMBER,), True, ("李佳怡", "李嘉怡"))
    assert both.phone == ("13912345678", "13700001111")
    assert keeps_apart(both, one(id_no=OTHER_NUMBER))
    assert not keeps_apart(both, one())


names = st.sampled_from(["李佳怡", "李嘉怡", "李佳", "王芳", "张*", "", "John Smith"])
said = st.builds(
    facts,
    names=names.map(lambda name: (name,)),
    sex=st.sampled_from(["male", "female", "unknown"]),
    birth=st.sampled_from([None, BORN, date(2021, 4, 5), date(1990, 2, 3)]),
    id_no=st.sampled_from(["", "无", NUMBER, OTHER_NUMBER, SLIP, FATHER]),
    phones=st.sampled_from([(), ("13912345678",), ("13700001111", "13912345678")]),
    addresses=st.sampled_from([(), ("春申路12弄3号401室",)]),
    insurance=st.sampled_from([(), ("A1234",)]),
    mrn=st.sampled_from([(), ("H|P001",)]),
)


@given(said, said)
def test_whatever_is_said_the_order_does_not_matter_and_two_numbers_are_two_people(mine: Facts, other: Facts) -> None:
    found = compare(mine, other, RULES)
    assert found == compare(other, mine, RULES)
    if keeps_apart(mine, other):
        assert found.verdict == "none"


@given(said, said)
def test_whoever_is_judged_shares_a_block(mine: Facts, other: Facts) -> None:
    """The rules find no pair that the blocks would not have brought together."""
    if compare(mine, other, RULES).verdict != "none":
        assert set(RULES.keys(mine)) & set(RULES.keys(other))
