"""Identity numbers: GB 11643, and messages that never repeat the number. Every number here is made up."""

from datetime import date

import pytest

from yifang import knowledge
from yifang.kernel import identity_number
from yifang.kernel.errors import UserError
from yifang.kernel.messages import LANGUAGES


@pytest.mark.parametrize(
    ("text", "birth", "sex"),
    [
        ("11010519491231002X", date(1949, 12, 31), "female"),
        ("11010519491231002x", date(1949, 12, 31), "female"),
        (" 110105 19491231 002X ", date(1949, 12, 31), "female"),
        ("１１０１０５１９４９１２３１００２Ｘ", date(1949, 12, 31), "female"),
        ("440524188001010014", date(1880, 1, 1), "male"),
        ("110105491231002", date(1949, 12, 31), "female"),
    ],
)
def test_a_right_number_says_birth_and_sex(text: str, birth: date, sex: str) -> None:
    found = identity_number.parse(text)
    assert (found.birth, found.sex, len(found.number)) == (birth, sex, 18)
    assert found.area == found.number[:6]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("110105194912310021", "kernel.id_check"),
        ("11010519491231020X", "kernel.id_check"),  # two digits swapped
        ("11010519491331002X", "kernel.id_birth"),
        ("11010519500229002X", "kernel.id_birth"),
        ("01010519491231002X", "kernel.id_shape"),
        ("99010519491231002X", "kernel.id_area"),
        ("1101051949123100", "kernel.id_shape"),
        ("X10105194912310021", "kernel.id_shape"),
        ("无", "kernel.id_shape"),
        ("", "kernel.id_shape"),
        ("110105491331002", "kernel.id_birth"),
    ],
)
def test_a_wrong_number_is_refused_without_being_repeated(text: str, code: str) -> None:
    with pytest.raises(UserError) as refusal:
        identity_number.parse(text)
    assert refusal.value.code == code
    assert not identity_number.is_valid(text)
    if len(text) > 2:
        assert all(text not in refusal.value.render(lang) for lang in LANGUAGES)


def test_an_old_number_becomes_the_new_one() -> None:
    assert identity_number.upgrade("110105491231002") == "11010519491231002X"


def test_the_code_computes_what_the_pack_says() -> None:
    rule = knowledge.load().codes.id_card_rule
    total = sum(int(digit) * weight for digit, weight in zip("11010519491231002", rule.weights, strict=True))
    assert rule.check_map[total % 11] == identity_number.check_digit("11010519491231002")
