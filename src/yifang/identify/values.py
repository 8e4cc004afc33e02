"""Laboratory values to polarity: does this value say that what was looked for is there?

Words of the triggers pack come first, then English ones of HL7 and LOINC answer lists, codes of the code maps, titres,
and numbers against their reference range. An abnormal flag alone says nothing about a pathogen; what cannot be read is
`unknown`, never negative.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from yifang.formats.canonical import Result
from yifang.knowledge.models.triggers import TriggersPack

Polarity = Literal["positive", "negative", "uncertain", "no_result", "unknown"]

_CACHE_LIMIT = 20_000
_NEGATIVE = (
    "(?:NOT|NEVER) (?:BEEN )?(?:DETECTED|REACTIVE|POSITIVE|ISOLATED|FOUND|SEEN|PRESENT|IDENTIFIED|RECOVERED)|"
    "NONE DETECTED|(?:NON|UN)-?\\s?REACTIVE|UNDETECTED|NO GROWTH|NEGATIVE|ABSENT|"
    "NO (?:[^\\s;]+ ){0,8}(?:SEEN|FOUND|ISOLATED|DETECTED|IDENTIFIED|RECOVERED|PRESENT|EVIDENCE)|"
    "未查见|未检见|未找到|未发现|未见|未培养|未生长|未分离|"
    "无[^,;。]{0,30}生长|无致病菌|没有检出|低于检测下限|小于检测下限|敏感"
)
_POSITIVE = (
    "DETECTED|REACTIVE|POSITIVE|ISOLATED|PRESENT|IDENTIFIED|RECOVERED|弱阳|查见|检见|找到|发现|培养出|分离[出到]|检出|检到|查到|生长|见到|"
    "(?<![未不])见(?=.{0,8}(?:菌|虫|孢子|卵))"
)
_UNCERTAIN = "INDETERMINATE|EQUIVOCAL|INCONCLUSIVE|BORDERLINE|PRESUMPTIVE|SUSPECTED|\\+/-|\\+-|疑似|临界"
_NO_RESULT = re.compile(
    "INVALID|UNSATISFACTORY|NOT PERFORMED|TEST NOT DONE|CANCEL|SEE NOTE|无效|未做|标本不合格|溶血拒收|退检"
)
_SPACED = re.compile(r"(?<=[一-鿿]) +(?=[一-鿿])")  # 阳 性
_MARKS = re.compile(r"\(?\s*(?:[1-4]?\+{1,4}|\+[1-4])\s*\)?(?=$|[\s,;/(（1])")
_NUMBER = re.compile(r"^([<>≤≥]=?|=)?\s*(\d+(?:,\d{3})*(?:\.\d+)?)(?:\s*(?:E\+?|[×X*]\s*10\^?)(\d{1,2}))?(?![:\d])")
_TITRE = re.compile(r"([<>≤≥]=?)?\s*1\s*[::]\s*(\d+)")
_UPPER_SPAN = re.compile(r"\d+(?:\.\d+)?\s*(?:-{1,2}|~|—|–|至)\s*(\d+(?:\.\d+)?(?:E\+?\d+)?)")
_UPPER_LIMIT = re.compile(r"(?:<|≤|<=|小于|低于)\s*(\d+(?:\.\d+)?(?:E\+?\d+)?)")
_LOAD = re.compile(r"COP|拷贝|IU/M|CFU")
_RATIO = re.compile(r"S\s*/\s*C\.?O|(?<![A-Z])COI(?![A-Z])")  # signal to cut-off: 1 is the cut-off
# 3条/300视野: bacilli counted in a smear; any is a positive one, the scanty grade included.
_IN_FIELDS = re.compile(
    r"(?<!\d)(\d+)\s*+(?:[-~]\s*+\d+\s*+)?(?:条|个?菌|AFB|BACILLI)\s*+(?:/|PER |IN )\s*+\d*+\s*+(?:个|油镜|高倍)*+\s*+"
    r"(?:视野|FIELDS?|HPF|OIF|HP)"
)
_HIGHEST_CYCLE = 50  # a plain number up to this may be the cycle at which a PCR turned positive, or did not
_ABNORMAL = frozenset(("A", "AA", "H", "HH", "↑", "↑↑"))
_FLAGS: dict[str, Polarity] = {
    "POS": "positive",
    "DET": "positive",
    "NEG": "negative",
    "ND": "negative",
    "IND": "uncertain",
}


@dataclass(frozen=True, slots=True)
class Value:
    """A value as read: polarity, and the reciprocal titre (`1:160` → 160) where it is one.

    `no_result` is a test that gave none (invalid, not performed); `unknown` is a value that cannot be read.
    """

    polarity: Polarity
    titre: int | None = None


@lru_cache(maxsize=_CACHE_LIMIT)
def plain(text: str) -> str:
    """NFKC, upper case, trimmed: how values and names are compared."""
    return unicodedata.normalize("NFKC", text).upper().strip()


class ValueReader:
    """Reads values by the words of one triggers pack; `qualifiers` maps coded answers to polarity."""

    def __init__(self, triggers: TriggersPack, qualifiers: dict[str, Polarity]) -> None:
        words: dict[Polarity, tuple[str, ...]] = {
            "positive": triggers.positive_values,
            "negative": triggers.negative_values,
            "uncertain": triggers.uncertain_values,
        }
        self._whole: dict[str, Polarity] = {plain(word): name for name, group in words.items() for word in group}
        self._whole |= {"": "unknown", "TRUE": "positive", "FALSE": "negative"}  # valueBoolean of FHIR
        self._qualifiers = qualifiers
        self._negative = re.compile(_alternatives(triggers.negative_values, _NEGATIVE))
        self._positive = re.compile(_alternatives(triggers.positive_values, _POSITIVE))
        self._uncertain = re.compile(_alternatives(triggers.uncertain_values, _UNCERTAIN))
        self._cache: dict[tuple[str, str, str], Value] = {}

    def read(self, result: Result) -> Value:
        """What the result's value says; coded answers win over text, text over flags."""
        for code in result.value_codes:
            known = self._qualifiers.get(code.code)
            if known:
                return Value(known)
        key = (result.value, result.unit, result.reference_range)
        value = self._cache.get(key)
        if value is None:
            if len(self._cache) >= _CACHE_LIMIT:
                self._cache.clear()
            value = self._cache[key] = self._read(*key)
        if value.polarity == "unknown":
            for flag in result.flags:
                if flag.upper() in _FLAGS:
                    return Value(_FLAGS[flag.upper()])
            if self._beyond_negative(result):
                return Value("positive", value.titre)
        return value

    def _beyond_negative(self, result: Result) -> bool:
        """Whether a number is called abnormal where the reference says 阴性: it is not negative then."""
        flagged = any(flag.upper() in _ABNORMAL for flag in result.flags)
        number = flagged and _NUMBER.match(plain(result.value))
        return bool(number) and self.of_words(plain(result.reference_range)) == "negative"

    def _read(self, text: str, unit: str, reference: str) -> Value:
        value = _SPACED.sub("", plain(text))
        titre = _titre(value)
        if value in self._whole:
            return Value(self._whole[value], titre)
        if value in self._qualifiers:
            return Value(self._qualifiers[value])
        if _NO_RESULT.search(value):
            return Value("no_result")
        word = self.of_words(value)
        if word != "unknown":
            return Value(word, titre)
        if titre is not None:
            return Value(_against_titre(value, titre, plain(reference)), titre)
        if not value[-1].isdigit() and (counted := _IN_FIELDS.search(value)):
            return Value("positive" if int(counted.group(1)) else "negative")
        return Value(self._quantity(value, plain(unit), plain(reference)))

    def _quantity(self, value: str, unit: str, reference: str) -> Polarity:
        """A number against its reference: limits, or a word such as 未检出."""
        match = _NUMBER.match(value)
        if match is None:
            return "unknown"
        sign, digits, power = match.groups()
        amount = float(digits.replace(",", "")) * (10 ** int(power) if power else 1)
        if sign and sign[0] in "<≤":
            return "negative"
        limit = _UPPER_LIMIT.search(reference)
        if limit:
            return "positive" if amount >= float(limit.group(1)) else "negative"
        span = _UPPER_SPAN.search(reference)
        if span:
            return "positive" if amount > float(span.group(1)) else "negative"
        denied = self.of_words(reference) == "negative"
        if _RATIO.search(unit + " " + value):
            return ("positive" if denied else "unknown") if amount >= 1 else "negative"
        counted = _LOAD.search(unit + value) or (denied and (power or amount > _HIGHEST_CYCLE))
        if amount and counted:  # a load that could be counted was detected
            return "positive"
        return "unknown"

    def of_words(self, value: str) -> Polarity:
        """Polarity of words anywhere in `value` (as `plain`); the first that speaks wins, `弱阳性(±)` is positive."""
        weak = value.startswith(("弱阳", "WEAK"))
        if not weak and self._uncertain.search(value):
            return "uncertain"
        if re.fullmatch(r"\(?\s*[-－—]+\s*\)?", value):
            return "negative"
        negative = self._negative.search(value)
        positive = self._positive.search(self._negative.sub(lambda match: "#" * len(match.group()), value))
        if negative and (positive is None or negative.start() < positive.start()):
            return "negative"
        return "positive" if positive or _MARKS.search(value) else "unknown"


def _alternatives(words: tuple[str, ...], more: str) -> str:
    # Single characters (阴, +, -) are read only when they are the whole value.
    own = sorted(
        (re.escape(plain(word)) for word in words if len(plain(word)) > 1 and set(word) - {"+"}), key=len, reverse=True
    )
    return "|".join([*own, more])


def _titre(value: str) -> int | None:
    match = _TITRE.search(value)
    return int(match.group(2)) if match else None


def _against_titre(value: str, titre: int, reference: str) -> Polarity:
    match = _TITRE.search(value)
    if match and (match.group(1) or "").startswith(("<", "≤")):
        return "negative"
    limit = _titre(reference)
    return "positive" if limit is None or titre >= limit else "negative"
