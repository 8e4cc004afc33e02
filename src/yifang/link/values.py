"""The values by which two records are compared, each brought to one form; empty where a record does not say.

Every field is a tuple: a person may have two telephones and a patient number in each hospital.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from unicodedata import normalize

from yifang.kernel import identity_number
from yifang.kernel.errors import YifangError
from yifang.knowledge.models.linkage import FIELDS

Values = tuple[str, ...]

_NOT_SPELLING = re.compile(r"[\s·・•.,'’‘`´\-—_()（）]")
_NOT_ADDRESS = re.compile(r"[\s,，.。;；:：、()（）#\-—_]")
# Province, city and county in front of an address: one source writes them, the next does not.
_REGIONS = re.compile(r"^(?:.{2,8}?(?:省|自治区))?(?:.{2,8}?(?:市|自治州|地区|盟))?(?:.{1,8}?(?:区|县|旗))?")
_NO_NUMBER = frozenset({"", "无", "不详", "未知", "NA", "N/A", "NONE"})
_DOUBLE_SURNAMES = frozenset(
    one + two
    for one, two in zip(
        "欧司上诸司东独南夏尉公慕长宇皇令端轩百呼太申闾", "阳马官葛徒方孤宫侯迟孙容孙文甫狐木辕里延史屠丘", strict=True
    )
)
_SHORTEST_ADDRESS = 5
_MOST_YEARS_OFF = 10  # between the birth of the number and of the record: more is another generation's number


@dataclass(frozen=True, slots=True)
class Facts:
    """What a record says of its person.

    `valid`: the identity number passed its check and fits the birth that the record gives. One that does not (a child
    under a parent's number) may still agree with another, but keeps nobody apart.
    """

    id_no: Values = ()
    valid: bool = False
    name: Values = ()
    sound: Values = ()
    given_name: Values = ()
    given_sound: Values = ()
    sex: Values = ()
    birth_date: Values = ()  # ISO
    birth_month: Values = ()
    phone: Values = ()
    address: Values = ()
    township: Values = ()
    guardian: Values = ()
    insurance: Values = ()
    mrn: Values = ()
    organisation: Values = ()


def facts(
    *,
    names: Iterable[str] = (),
    sex: str = "",
    birth: date | None = None,
    id_no: str = "",
    id_type: str = "",
    phones: Iterable[str] = (),
    addresses: Iterable[str] = (),
    township: str = "",
    guardian: str = "",
    insurance: Iterable[str] = (),
    mrn: Iterable[str] = (),
    organisation: str = "",
    no_phone: Container[str] = (),
    sounds: bool = True,
) -> Facts:
    """Raw values brought to one form; what stands for nothing (无, a telephone of zeros, a masked name) is left out.

    Without `sounds` what sounds alike is left out, which saves its time where only keys are wanted.
    """
    spelt = _unique(spelling(one) for one in names)
    given = _unique(given_name(one) for one in spelt)
    number, valid = number_of(id_no, id_type)
    if valid and birth and ":" not in number:
        valid = abs(int(number[6:10]) - birth.year) <= _MOST_YEARS_OFF
    return Facts(
        id_no=_known(number),
        valid=valid,
        name=spelt,
        sound=_unique(map(sound, spelt)) if sounds else (),
        given_name=given,
        given_sound=_unique(map(sound, given)) if sounds else (),
        sex=(sex,) if sex in ("male", "female") else (),
        birth_date=(birth.isoformat(),) if birth else (),
        birth_month=(birth.isoformat()[:7],) if birth else (),
        phone=_unique(phone(one, no_phone) for one in phones),
        address=_unique(map(place, addresses)),
        township=_known(township),
        guardian=_known(spelling(guardian)),
        insurance=_unique(map(other_number, insurance)),
        mrn=_unique(map(other_number, mrn)),
        organisation=_known(organisation),
    )


@lru_cache(maxsize=65536)
def spelling(name: str) -> str:
    """A name without blanks, dots and case; of letters the words in order; "" for a masked one or none."""
    text = normalize("NFKC", name).casefold().strip()
    if "*" in text or "×" in text or "某" in text[1:]:
        return ""
    words = [word for word in (_NOT_SPELLING.sub("", one) for one in text.split()) if word]
    if words and all(word.isascii() for word in words):
        return " ".join(sorted(words))
    return "".join(words)


def given_name(spelt: str) -> str:
    """The name without its surname; of letters and of a name of another people the whole."""
    if not spelt or " " in spelt or spelt.isascii() or len(spelt) > 4:
        return spelt
    return spelt[2:] if spelt[:2] in _DOUBLE_SURNAMES and len(spelt) > 2 else spelt[1:]


@lru_cache(maxsize=65536)
def sound(spelt: str) -> str:
    """Pinyin without tones: homophones are the commonest slip of a keyboard. Letters stay as they are."""
    if not spelt or spelt.isascii():
        return spelt
    from pypinyin import lazy_pinyin  # loads its dictionary: not before it is needed

    return " ".join(lazy_pinyin(spelt))


def number_of(text: str, kind: str = "") -> tuple[str, bool]:
    """The identity number in one form, with its kind where it is no resident's, and whether it passed its check."""
    number = "".join(normalize("NFKC", text).upper().split())
    if number in _NO_NUMBER:
        return "", False
    if kind in ("", "01", "08"):
        try:
            return identity_number.parse(number).number, True
        except YifangError:
            return number if len(number) >= 12 else "", False
    return f"{kind}:{number}", True


def other_number(text: str) -> str:
    """A patient's or insurance number; "" for one too short or of one sign over and over (0, 9999)."""
    number = "".join(normalize("NFKC", text).upper().split())
    return number if len(number) >= 3 and len(set(number.rpartition("|")[2])) > 1 else ""


def phone(text: str, no_phone: Container[str] = ()) -> str:
    """The last eleven digits; "" for fewer than seven, one digit over and over, and numbers that stand for none."""
    digits = "".join(one for one in normalize("NFKC", text) if one.isdigit())[-11:]
    if len(digits) < 7 or len(set(digits)) < 3 or digits in no_phone:
        return ""
    return digits


@lru_cache(maxsize=65536)
def place(address: str) -> str:
    """An address without the province, city and county before it and without punctuation; "" for one too short."""
    text = _NOT_ADDRESS.sub("", normalize("NFKC", address).upper())
    bare = _REGIONS.sub("", text, count=1)
    text = bare if len(bare) >= _SHORTEST_ADDRESS else text
    return text if len(text) >= _SHORTEST_ADDRESS else ""


def united(members: Sequence[Facts]) -> Facts:
    """What several entries about one person say together."""
    if len(members) == 1:
        return members[0]
    lists = {field: tuple(dict.fromkeys(value for one in members for value in getattr(one, field))) for field in FIELDS}
    valid = {number for one in members if one.valid for number in one.id_no}
    return Facts(**{**lists, "id_no": tuple(valid) or lists["id_no"]}, valid=bool(valid))


def _known(value: str) -> Values:
    return (value,) if value else ()


def _unique(values: Iterable[str]) -> Values:
    return tuple(dict.fromkeys(value for value in values if value))
