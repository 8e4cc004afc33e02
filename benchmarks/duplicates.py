"""Duplicate cards: how many of the same person's second cards are found, and how many strangers are put together.

Two cards of one person and disease, the second written as another counter writes it: slips of the pen, another surname
(maiden and married name), another form of address or number. Found means as in the program: a key in common, then a
weight above the threshold.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from benchmarks.county import GIVEN, SURNAMES

Figure = tuple[str, float, str, float]
Answers = dict[str, Any]
PAIRS, STRANGERS = 2000, 600
_ALIKE = dict(zip("伟芳敏静丽强军洋勇艳杰涛明超霞平英华玉建", "玮方闽婧莉墙君扬永燕洁淘名朝侠萍瑛桦育健", strict=True))
_MISSED = 5.0  # per cent that may be missed: the requirement's recall of 95 %


def run() -> list[Figure]:
    """Per cent missed for each way of writing and for two at once, and strangers paired of a million comparisons."""
    dice = random.Random(20261128)
    figures = [
        (f"missed: {name}, of {PAIRS:,} pairs", _missed([way], dice), "%", _MISSED) for name, way in WAYS.items()
    ]
    ways = list(WAYS.values())
    figures.append((f"missed: one way at random, of {PAIRS:,} pairs", _missed(ways, dice), "%", _MISSED))
    figures.append((f"missed: two ways at random, of {PAIRS:,} pairs", _missed(ways, dice, 2), "%", _MISSED))
    people = [_somebody(dice) for _ in range(STRANGERS)]
    paired = sum(_found(one, other) for place, one in enumerate(people) for other in people[place + 1 :])
    compared = STRANGERS * (STRANGERS - 1) / 2
    figures.append((f"strangers paired, of {compared:,.0f} comparisons", paired, "", 0.0))
    return figures


def _missed(ways: list[Callable[[Answers, random.Random], None]], dice: random.Random, count: int = 1) -> float:
    missed = 0
    for _ in range(PAIRS):
        one = _somebody(dice)
        other = dict(one)
        for way in dice.sample(ways, count):
            way(other, dice)
        missed += not _found(one, other)
    return 100 * missed / PAIRS


def _found(one: Answers, other: Answers) -> bool:
    from yifang.apps.reporting import likeness

    first, second = (likeness.who(each, _day(each["birth_date"])) for each in (one, other))
    shared = set(likeness.keys(first).items()) & set(likeness.keys(second).items())
    return bool(shared) and likeness.compare(first, second).is_suspected


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _somebody(dice: random.Random) -> Answers:
    from yifang.kernel.identity_number import check_digit

    birth = date(1940, 1, 1) + timedelta(days=dice.randrange(31_000))
    sex = dice.choice("12")
    first = f"310112{birth:%Y%m%d}{dice.randrange(100):02d}{dice.randrange(5) * 2 + int(sex == '1')}"
    name = dice.choice(SURNAMES) + "".join(dice.sample(GIVEN, dice.choice([1, 2, 2])))
    return {
        "name": name, "birth_date": birth.isoformat(), "sex": sex, "id_no": first + check_digit(first),
        "phone": f"13{dice.randrange(10**9):09d}", "residence_area": f"310112{dice.choice([101, 102, 103, 106]):03d}",
    }  # fmt: skip


def _without_number(who: Answers, dice: random.Random) -> None:
    who["id_no"] = "无"


def _number_slip(who: Answers, dice: random.Random) -> None:
    if len(who["id_no"]) == 18:
        place = dice.randrange(6, 17)
        digit = str((int(who["id_no"][place]) + dice.randrange(1, 10)) % 10)
        who["id_no"] = who["id_no"][:place] + digit + who["id_no"][place + 1 :]


def _old_number(who: Answers, dice: random.Random) -> None:
    if len(who["id_no"]) == 18 and who["id_no"][6:8] == "19":
        who["id_no"] = who["id_no"][:6] + who["id_no"][8:17]


def _homophone(who: Answers, dice: random.Random) -> None:
    who["name"] = "".join(_ALIKE.get(one, one) for one in who["name"])


def _other_character(who: Answers, dice: random.Random) -> None:
    who["name"] = who["name"][:-1] + dice.choice(GIVEN)


def _maiden_name(who: Answers, dice: random.Random) -> None:
    """The same given name under another surname; no number, or it would be found by that."""
    who["name"] = dice.choice([one for one in SURNAMES if one != who["name"][0]]) + who["name"][1:]
    who["id_no"] = "无"


def _married_name(who: Answers, dice: random.Random) -> None:
    """The husband's surname before one's own."""
    who["name"] = dice.choice([one for one in SURNAMES if one != who["name"][0]]) + who["name"]


def _dots_and_blanks(who: Answers, dice: random.Random) -> None:
    who["name"] = dice.choice([" ", "·", "•", "　"]).join(who["name"])


def _birth_slip(who: Answers, dice: random.Random) -> None:
    if not who["birth_date"]:
        return
    birth = date.fromisoformat(who["birth_date"])
    who["birth_date"] = (birth + timedelta(days=dice.choice([-1, 1, 10]))).isoformat()


def _swapped(who: Answers, dice: random.Random) -> None:
    birth = _day(who["birth_date"])
    if birth and birth.day <= 12:
        who["birth_date"] = birth.replace(month=birth.day, day=birth.month).isoformat()


def _age_only(who: Answers, dice: random.Random) -> None:
    who["birth_date"] = ""


def _other_phone(who: Answers, dice: random.Random) -> None:
    who["phone"] = f"15{dice.randrange(10**9):09d}"


def _phone_with_prefix(who: Answers, dice: random.Random) -> None:
    who["phone"] = f"+86 {who['phone'][:3]}-{who['phone'][3:7]}-{who['phone'][7:]}"


def _address_form(who: Answers, dice: random.Random) -> None:
    """The village's code, or the county with “township unknown”."""
    who["residence_area"] = dice.choice([f"{who['residence_area']}001", "310112999", "310112"])


def _moved(who: Answers, dice: random.Random) -> None:
    who["residence_area"] = "310104001"


WAYS: Mapping[str, Callable[[Answers, random.Random], None]] = {
    "no identity number": _without_number,
    "a digit of the number": _number_slip,
    "the old number of 15 digits": _old_number,
    "a homophone": _homophone,
    "another character": _other_character,
    "maiden name, no number": _maiden_name,
    "the husband's surname before": _married_name,
    "dots and blanks in the name": _dots_and_blanks,
    "a day of birth": _birth_slip,
    "day and month exchanged": _swapped,
    "an age instead of a birth date": _age_only,
    "another telephone": _other_phone,
    "the telephone with a prefix": _phone_with_prefix,
    "another form of address": _address_form,
    "moved to another county": _moved,
}
