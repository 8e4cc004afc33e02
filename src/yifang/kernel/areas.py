"""Arithmetic of Chinese area codes: GB/T 2260 to the county, statistical codes below, our own digits for the grid.

The form used everywhere is that of `regions.csv`: six digits to the county (`310000`, `310100`, `310112`), nine for a
township, twelve for a village, fifteen for a grid. Names, and whether a code exists, are in the knowledge room.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from yifang.kernel.errors import UserError

Level = Literal["province", "city", "county", "township", "village", "grid"]
LEVELS: tuple[Level, ...] = ("province", "city", "county", "township", "village", "grid")
Relation = Literal["1", "2", "3", "4", "5", "6"]

# 京津沪渝: 01 (districts) and 02 (counties) below the municipality are one city.
DIRECT_MUNICIPALITIES = frozenset({"11", "12", "31", "50"})
HONGKONG_MACAO_TAIWAN = frozenset({"71", "81", "82"})
# 东莞, 中山, 儋州 have no counties: townships hang on the city, which stands in the county's place.
CITIES_WITHOUT_COUNTIES = frozenset({"4419", "4420", "4604"})
# 济源, 仙桃, 文昌, 石河子 …: each is a city of its own though the digits of the city are shared.
_DIRECTLY_UNDER_PROVINCE = frozenset({"4190", "4290", "4690", "6590"})
_FULL_LENGTH: dict[int, Level] = {9: "township", 12: "village", 15: "grid"}


_remembered = lru_cache(maxsize=65536)  # a county has some hundred areas, and asks for them with every record


@_remembered
def normalise(code: str) -> str:
    """The code in its one form, padding taken off: `31` → `310000`, `31011200` and `310112000000` → `310112`.

    Eight digits are a county and the national system's two digits of a township: `31011203` → `310112003`.
    Raises UserError `kernel.area_code` for anything but 2, 4, 6, 8, 9, 12 or 15 digits.
    """
    digits = code.strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in (2, 4, 6, 8, 9, 12, 15) or digits[:2] == "00":
        raise UserError("kernel.area_code", code=code)
    if len(digits) == 8:
        digits = f"{digits[:6]}0{digits[6:]}"
    digits = digits.ljust(6, "0")
    while len(digits) > 6 and digits.endswith("000"):
        digits = digits[:-3]
    return digits


def pad(code: str, length: int = 12) -> str:
    """The code filled with zeros to `length` digits, as statistical files and the national export write it."""
    return normalise(code).ljust(length, "0")


@_remembered
def level(code: str) -> Level:
    """The level of a code. Raises UserError for a malformed one."""
    own = normalise(code)
    if len(own) > 6:
        return _FULL_LENGTH[len(own)]
    return "province" if own[2:] == "0000" else "city" if own[4:] == "00" else "county"


def parent(code: str) -> str | None:
    """The code one level up, None for a province. `441900101`, a township of 东莞, has the city `441900`."""
    own = normalise(code)
    match level(own):
        case "province":
            return None
        case "city":
            return f"{own[:2]}0000"
        case "county":
            return f"{own[:4]}00"
        case _:
            return own[:-3]


@_remembered
def ancestors(code: str) -> tuple[str, ...]:
    """The code itself, then each level above it up to the province."""
    chain = [normalise(code)]
    while (up := parent(chain[-1])) is not None:
        chain.append(up)
    return tuple(chain)


def at_level(code: str, wanted: Level) -> str | None:
    """The area of `wanted` level that `code` is or lies in, None where there is none."""
    return next((one for one in ancestors(code) if level(one) == wanted), None)


def contains(outer: str, inner: str) -> bool:
    """Whether `inner` is `outer` or lies in it."""
    return normalise(outer) in ancestors(inner)


def relation(residence: str, reporter: str) -> Relation:
    """病人属于: 1 this county, 2 another of this city, 3 another city of the province, 4 another province, 5 港澳台.

    6 (外籍) is a fact about the person, never about two codes. Source: report_card pack, field patient_belongs.
    Raises UserError `kernel.area_level` where both are in one province and one does not reach the county.
    """
    home, here = normalise(residence), normalise(reporter)
    if home[:2] != here[:2]:
        return "5" if home[:2] in HONGKONG_MACAO_TAIWAN else "4"
    if home[:2] in HONGKONG_MACAO_TAIWAN:
        return "1"
    if _county(home, residence) == _county(here, reporter):
        return "1"
    return "2" if _city(home) == _city(here) else "3"


def _county(code: str, given: str) -> str:
    if code[:4] in CITIES_WITHOUT_COUNTIES:
        return code[:4]
    if level(code) in ("province", "city"):
        raise UserError("kernel.area_level", code=given)
    return code[:6]


def _city(code: str) -> str:
    if code[:2] in DIRECT_MUNICIPALITIES:
        return code[:2]
    return code[:6] if code[:4] in _DIRECTLY_UNDER_PROVINCE else code[:4]
