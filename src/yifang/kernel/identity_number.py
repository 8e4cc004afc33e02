"""The resident identity number (GB 11643-1999): its check digit and what it says of birth, sex and first area.

The area is where the number was first issued, never where a person lives. Other documents have no public check.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from yifang.kernel.errors import UserError

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_SHAPE_18 = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)
_SHAPE_15 = re.compile(r"[1-9]\d{14}", re.ASCII)
# 83: residence permits for people from Taiwan carry it.
_PROVINCES = frozenset(
    str(code)
    for region in (
        range(11, 16),
        range(21, 24),
        range(31, 38),
        range(41, 47),
        range(50, 55),
        range(61, 66),
        (71, 81, 82, 83),
    )
    for code in region
)
_FULL_WIDTH = str.maketrans("０１２３４５６７８９Ｘｘx", "0123456789XXX")


@dataclass(frozen=True, slots=True)
class IdentityNumber:
    """A number that passed every check; `number` has 18 characters, `area` six digits."""

    number: str
    birth: date
    sex: Literal["male", "female"]
    area: str


def check_digit(first17: str) -> str:
    """The eighteenth character for seventeen digits: ISO 7064 MOD 11-2."""
    total = sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True))
    return _CHECK_DIGITS[total % 11]


def upgrade(number15: str) -> str:
    """The 18-character number of an old 15-digit one (born in 19xx). Raises UserError for anything else."""
    if not _SHAPE_15.fullmatch(number15):
        raise UserError("kernel.id_shape", length=len(number15))
    first17 = f"{number15[:6]}19{number15[6:]}"
    return first17 + check_digit(first17)


@lru_cache(maxsize=1024)  # a record asks for its number several times
def parse(text: str) -> IdentityNumber:
    """Read a number of 18 or 15 characters; blanks and full-width digits are forgiven, nothing else.

    Raises UserError `kernel.id_shape`, `kernel.id_area`, `kernel.id_birth` or `kernel.id_check`.
    The message never repeats the number: errors are logged and shown to people who may not see it.
    """
    number = re.sub(r"\s", "", text).translate(_FULL_WIDTH)
    if len(number) == 15:
        number = upgrade(number)
    if not _SHAPE_18.fullmatch(number):
        raise UserError("kernel.id_shape", length=len(number))
    if number[:2] not in _PROVINCES:
        raise UserError("kernel.id_area", area=number[:2])
    try:
        birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise UserError("kernel.id_birth") from None
    if check_digit(number[:17]) != number[17]:
        raise UserError("kernel.id_check")
    return IdentityNumber(number, birth, "male" if int(number[16]) % 2 else "female", number[:6])


def is_valid(text: str) -> bool:
    """Whether `parse` would accept it."""
    try:
        parse(text)
    except UserError:
        return False
    return True
