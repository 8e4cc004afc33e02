"""HL7 v2 data types → the pieces of the canonical record: CWE/CE, TS/DTM, XPN, CX, XAD, XTN, XCN, HD.

What is odd goes to the draft's issues with its place; nothing here decides what a message means. Values that identify
a person never enter an issue.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from yifang.formats import codes, times
from yifang.formats.canonical import Code, Identifier, Issue, Moment
from yifang.formats.hl7v2.reader import Message, Segment
from yifang.formats.identity import identifier

_CJK = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_CACHE_LIMIT = 20_000
_coded_cache: dict[tuple[str, str], Coded] = {}

# HL7 table 0203 and the spellings of Chinese hospital systems.
ID_KINDS = {
    "MR": "mrn", "PI": "mrn", "PT": "mrn", "VN": "visit", "AN": "visit", "SS": "ssn", "SSN": "ssn", "PPN": "passport",
    "NI": "other", "NNCHN": "other", "IDCARD": "other", "HC": "insurance", "MA": "insurance", "MC": "insurance",
    "NIIP": "insurance", "SB": "insurance",
}  # fmt: skip


class Coded(NamedTuple):
    """A coded field: its codes and the words a person reads."""

    codes: tuple[Code, ...]
    text: str


NOTHING = Coded((), "")


@dataclass(slots=True)
class Draft:
    """One record in the making: the message it comes from and the issues met on the way."""

    message: Message
    issues: list[Issue] = field(default_factory=list)
    marks: str = ""
    _times: dict[str, Moment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.marks = self.message.marks

    def issue(self, code: str, path: str = "", **params: str) -> None:
        """Note something odd that is read all the same."""
        issue = Issue(code, path, tuple(params.items()))
        if issue not in self.issues:
            self.issues.append(issue)

    def time(self, value: str, path: str, private: bool = False) -> Moment | None:
        """A time field; an unreadable one is an issue (its value is left out when it belongs to a person)."""
        if not value or value == '""':
            return None
        moment = self._times.get(value)
        if moment is not None:
            return moment
        text = self.message.text(value)
        if not text:
            return None
        moment = times.hl7_time(text)
        if moment is None:
            self.issue("formats.bad_time", path, value="…" if private else text[:40])
        else:
            self._times[value] = moment
        return moment

    def coded(self, value: str) -> Coded:
        """A CWE, CE, CNE or plain value: codes of the first and the alternate triplet, and the words; cached."""
        if not value:
            return NOTHING
        found = _coded_cache.get((value, self.marks))
        return found if found is not None else _coded(self.message, value, self.marks)


def get(segment: Segment, number: int) -> str:
    """Field `number` of a segment as written, `""` where the segment is shorter."""
    return segment[number] if number < len(segment) else ""


def part(components: list[str], number: int) -> str:
    """Component `number` (from 1) of a split field, `""` where there are fewer."""
    return components[number - 1].strip() if number <= len(components) else ""


def coded(message: Message, value: str) -> Coded:
    """As `Draft.coded`, where there is no draft."""
    if not value:
        return NOTHING
    marks = message.marks
    found = _coded_cache.get((value, marks))
    return found if found is not None else _coded(message, value, marks)


def _coded(message: Message, value: str, marks: str) -> Coded:
    parts = message.components(value)
    original = part(parts, 9)
    text = part(parts, 2) or original or part(parts, 5)
    found: list[Code] = []
    if part(parts, 1):
        found.append(codes.code(part(parts, 3), part(parts, 1), part(parts, 2) or original))
    if part(parts, 4):
        found.append(codes.code(part(parts, 6), part(parts, 4), part(parts, 5)))
    read = Coded(tuple(found), text or (found[0].code if found else ""))
    if len(_coded_cache) >= _CACHE_LIMIT:
        _coded_cache.clear()
    _coded_cache[value, marks] = read
    return read


def coded_all(message: Message, value: str) -> Coded:
    """Every repetition of a coded field; the words joined by `; `."""
    if message.repetition not in value:
        return coded(message, "" if value == '""' else value)
    each = [coded(message, one) for one in message.repeats(value)]
    return Coded(tuple(code for one in each for code in one.codes), "; ".join(one.text for one in each if one.text))


def is_cjk(text: str) -> bool:
    """Whether a text holds Chinese characters."""
    return not text.isascii() and _CJK.search(text) is not None


def full_name(family: str, given: list[str]) -> str:
    """A name as its owner writes it: family first without a blank in Chinese, given names first elsewhere."""
    given = [name.strip() for name in given if name.strip()]
    family = family.strip()
    if is_cjk(family) or any(is_cjk(name) for name in given):
        return family + "".join(given)
    return " ".join([*given, family] if family else given)


def person_name(message: Message, value: str) -> str:
    """The first XPN repetition that holds a name, the legal one before others."""
    names: list[tuple[int, str]] = []
    for one in message.repeats(value):
        parts = message.components(one)
        family = message.subcomponents(part(parts, 1))[0]
        name = full_name(family, [part(parts, 2), part(parts, 3)])
        if name:
            names.append((0 if part(parts, 7) in ("L", "") else 1, name))
    return min(names, key=lambda pair: pair[0])[1] if names else ""


def provider(message: Message, value: str) -> tuple[str, str]:
    """`(id, name)` of the first XCN repetition."""
    for one in message.repeats(value):
        parts = message.components(one)
        family = message.subcomponents(part(parts, 2))[0]
        name = full_name(family, [part(parts, 3)])
        if name or part(parts, 1):
            return part(parts, 1), name
    return "", ""


def hierarchic(message: Message, value: str) -> tuple[str, str]:
    """`(namespace, universal id)` of an HD field."""
    parts = message.components(value)
    return part(parts, 1), part(parts, 2)


def identifiers(message: Message, value: str, default: str = "other") -> list[Identifier]:
    """The CX repetitions of a field."""
    found: list[Identifier] = []
    for one in message.repeats(value):
        parts = message.components(one)
        if not part(parts, 1):
            continue
        kind = ID_KINDS.get(part(parts, 5).upper(), default)
        assigner = message.subcomponents(part(parts, 4))
        name = assigner[0] or (assigner[1] if len(assigner) > 1 else "")
        found.append(identifier(kind, part(parts, 1), name))
    return found


def address(message: Message, value: str) -> tuple[str, str]:
    """`(one line, area code)` of the first XAD repetition that says more than a type; the code only when GB/T 2260
    shaped."""
    for one in message.repeats(value):
        parts = message.components(one)
        street = " ".join(filter(None, message.subcomponents(part(parts, 1))))
        wanted = [street, part(parts, 2), part(parts, 3), part(parts, 4), part(parts, 5), part(parts, 6)]
        line = ", ".join(text for text in wanted if text)
        if is_cjk(line):  # Chinese addresses run from the large to the small, without commas
            line = "".join(text for text in (wanted[3], wanted[2], wanted[0], wanted[1]) if text)
        county = part(parts, 9)
        if line or county:
            return line, county if county.isdigit() and len(county) in (6, 9, 12) else ""
    return "", ""


def phone(message: Message, value: str) -> str:
    """The first XTN repetition that is a telephone number."""
    for one in message.repeats(value):
        parts = message.components(one)
        if part(parts, 3).upper() in ("INTERNET", "X.400") or "@" in part(parts, 1):
            continue
        text = part(parts, 1) or part(parts, 12) or part(parts, 6) + part(parts, 7)
        if text:
            return text
    return ""
