"""How alike the people of two cards are, for finding duplicates. Pure.

`keys` give what two cards of one person probably share even when something was mistyped: candidates are found by
equality of keyed hashes, so a key must be exact. `compare` then weighs what agrees and what contradicts, in the manner
of Fellegi and Sunter (1969); the weights are ours (UNVERIFIED), a person judges every pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any
from unicodedata import normalize

from yifang.kernel import areas, identity_number
from yifang.kernel.errors import YifangError

_DOTS = "·•・．.‧∙"  # between the parts of a name, as each system writes them
_UNKNOWN_TOWNSHIP = "999"  # 不详乡镇 says nothing of where somebody lives
THRESHOLD = 6.0  # the weight from which a pair is shown to a person


@dataclass(frozen=True, slots=True)
class Who:
    """What a card says of its person, brought to one form; empty for what it does not say."""

    name: str
    sound: str  # pinyin without tones: homophones are the commonest slip
    id_no: str
    id_valid: bool
    birth: date | None
    sex: str
    phone: str
    township: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """`weight` over all fields; `scores` gives each key of the pack's duplicate rules a share from 0 to 1."""

    weight: float
    scores: Mapping[str, float]

    @property
    def is_suspected(self) -> bool:
        """Whether a person should look at the pair."""
        return self.weight >= THRESHOLD


def who(answers: Mapping[str, Any], birth: date | None) -> Who:
    """The person of a card's answers."""
    written = normalize("NFKC", str(answers.get("name") or "")).upper()
    name = "".join(one for one in written if not one.isspace() and one not in _DOTS)
    number = "".join(str(answers.get("id_no") or "").split()).upper()
    valid = identity_number.is_valid(number)
    if valid:
        number = identity_number.parse(number).number
    phone = "".join(one for one in str(answers.get("phone") or "") if one.isdigit())[-11:]
    return Who(
        name, _sound(name), number if len(number) >= 6 else "", valid, birth, str(answers.get("sex") or ""), phone,
        _township(str(answers.get("residence_area") or "")),
    )  # fmt: skip


def keys(one: Who) -> dict[str, str]:
    """Kind → text of the keys by which a card is found; those of the pack first, then those that outlive a slip."""
    birth = one.birth.isoformat() if one.birth else ""
    parts = {
        "id_no": (one.id_no,),
        "name+birth": (one.name, birth),
        "name+phone": (one.name, one.phone),
        "name+township": (one.name, one.township),
        "sound+birth": (one.sound, birth),
        "sound+township": (one.sound, one.township),
        "birth+phone": (birth, one.phone),
        "sex+birth+place": (one.sex, birth, one.township),
        "phone+sex": (one.phone, one.sex),
    }
    return {kind: "|".join(words) for kind, words in parts.items() if all(words)}


def compare(one: Who, other: Who) -> Likeness:
    """What agrees and what contradicts between two cards."""
    name, number, birth = _name(one, other), _text(one.id_no, other.id_no), _birth(one.birth, other.birth)
    phone, township = _text(one.phone, other.phone), float(bool(one.township) and one.township == other.township)
    weight = _weigh(name, 5.0, -4.0, bool(one.name and other.name))
    weight += _weigh(birth, 4.0, -3.0, bool(one.birth and other.birth))
    weight += _weigh(phone, 3.0, -0.5, bool(one.phone and other.phone))
    weight += _weigh(township, 1.5, -0.5, bool(one.township and other.township))
    if one.sex and other.sex and one.sex != other.sex:
        weight -= 2.0
    if one.id_no and other.id_no:
        # Two valid numbers that differ are two people (twins differ in a digit or two); a slip breaks the check digit.
        both = one.id_valid and other.id_valid
        weight += 9.0 if number == 1.0 else -6.0 if both else 4.0 if number >= 0.85 else -1.0
    return Likeness(
        weight,
        {
            "id_no": round(number, 2),
            "name+birth_date": round((name + birth) / 2, 2),
            "name+phone": round((name + phone) / 2, 2),
            "name+residence_township": round((name + township) / 2, 2),
        },
    )


def _weigh(share: float, agrees: float, differs: float, known: bool) -> float:
    """From `differs` at a share of a half or less to `agrees` at one; nothing for what a card does not say."""
    return differs + (agrees - differs) * max(0.0, share - 0.5) * 2 if known else 0.0


def _name(one: Who, other: Who) -> float:
    if one.name == other.name:
        return float(bool(one.name))
    if one.sound and one.sound == other.sound:
        return 0.95
    return max(_text(one.name, other.name), _text(one.sound, other.sound) * 0.9, _another_surname(one, other))


def _another_surname(one: Who, other: Who) -> float:
    """The same given name under a maiden or married name, or the husband's surname before one's own."""
    short, long = sorted((one.name, other.name), key=len)
    if len(short) > 1 and long == long[:1] + short:
        return 0.9
    same_given = len(one.name) == len(other.name) > 1 and one.name[1:] == other.name[1:]
    return (0.8 if len(one.name) > 2 else 0.7) if same_given and not one.name.isascii() else 0.0


def _birth(one: date | None, other: date | None) -> float:
    """Full for the same day; most for one part that differs, or day and month exchanged."""
    if one is None or other is None:
        return 0.0
    if one == other:
        return 1.0
    same = (one.year == other.year) + (one.month == other.month) + (one.day == other.day)
    swapped = one.year == other.year and (one.month, one.day) == (other.day, other.month)
    return 0.8 if same == 2 or swapped else 0.3 if same == 1 else 0.0


def _text(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    return 1.0 if one == other else SequenceMatcher(None, one, other, autojunk=False).ratio()


def _township(area: str) -> str:
    try:
        township = areas.at_level(area, "township") or "" if area else ""
    except YifangError:
        return ""
    return "" if township[6:9] == _UNKNOWN_TOWNSHIP else township


@lru_cache(maxsize=4096)
def _sound(name: str) -> str:
    from pypinyin import lazy_pinyin  # loads its dictionary: not before it is needed

    return " ".join(lazy_pinyin(name)) if name and not name.isascii() else name
