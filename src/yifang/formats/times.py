"""Times as sources write them → `Moment`, with precision and offset kept.

Only a well-formed and possible time gives a Moment; anything else gives None and the reader notes an issue. Nothing is
rounded, completed or mended here, and no zone is assumed. Not for the clock (`kernel.clock`).
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

from yifang.formats.canonical import Moment, Precision

_HL7 = re.compile(
    r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.\d{1,9})?)?)?)?)?)?(?:([+-])(\d\d)(\d\d))?", re.ASCII
)
_ISO = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,]\d{1,9})?)?)?"
    r"(?:(Z)|([+-])(\d\d):?(\d\d))?)?)?)?",
    re.ASCII,
)
_CLOCK = r"(?:[ T日]*(\d{1,2})(?:[:时点：](\d{1,2})(?:[:分：](\d{1,2})(?:[.]\d+)?秒?)?分?)?\s*([AaPp][Mm])?)?"
_YMD = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?" + _CLOCK, re.ASCII)
_YM = re.compile(r"(\d{4})[-/.年](\d{1,2})月?", re.ASCII)
_XYYYY = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})" + _CLOCK, re.ASCII)
_COMPACT = re.compile(r"\d{8}(?:\d{4}(?:\d\d)?)?", re.ASCII)
_PRECISIONS: tuple[Precision, ...] = ("year", "month", "day", "hour", "minute", "second")


def _build(parts: tuple[str | None, ...], offset: int | None) -> Moment | None:
    """A Moment from year … second as strings (None from the first unknown on), or None when no such time exists."""
    known = [part for part in parts if part is not None]
    numbers = [int(part) for part in known]
    count = len(numbers)
    try:
        datetime(*(numbers + [1, 1][count - 1 :])) if count < 3 else datetime(*numbers)  # type: ignore[arg-type]
    except ValueError:
        return None
    if offset is not None and abs(offset) > 14 * 60:
        return None
    iso = f"{numbers[0]:04d}"
    for number, mark in zip(numbers[1:], "--T::", strict=False):
        iso += f"{mark}{number:02d}"
    return Moment(iso, _PRECISIONS[count - 1], offset)


def _offset(sign: str | None, hours: str | None, minutes: str | None) -> int | None:
    if not sign:
        return None
    total = int(hours or 0) * 60 + int(minutes or 0)
    return -total if sign == "-" else total


@lru_cache(maxsize=8192)
def hl7_time(text: str) -> Moment | None:
    """HL7 v2 DTM/TS and CDA TS: `YYYY[MM[DD[HH[MM[SS[.S…]]]]]][±ZZZZ]`; None when it is not one or cannot exist."""
    match = _HL7.fullmatch(text.strip())
    if not match:
        return None
    *parts, sign, hours, minutes = match.groups()
    return _build(tuple(parts), _offset(sign, hours, minutes))


@lru_cache(maxsize=8192)
def iso_time(text: str) -> Moment | None:
    """FHIR date, dateTime and instant (ISO 8601 extended); None when it is not one or cannot exist."""
    match = _ISO.fullmatch(text.strip())
    if not match:
        return None
    year, month, day, hour, minute, second, zulu, sign, oh, om = match.groups()
    return _build((year, month, day, hour, minute, second), 0 if zulu else _offset(sign, oh, om))


@lru_cache(maxsize=8192)
def table_time(text: str, order: str = "ymd") -> Moment | None:
    """A table's cell: ISO, `2026/1/2 8:05`, `2026年1月2日8时`, compact digits; `1/2/2026` if `order` is mdy or dmy.

    With order `ymd` a day-first or month-first date is refused: it would be a guess.
    """
    text = text.strip()
    if found := iso_time(text):
        return found
    if _COMPACT.fullmatch(text):
        return hl7_time(text)
    if match := _YMD.fullmatch(text):
        year, month, day, hour, minute, second, half = match.groups()
    elif order != "ymd" and (match := _XYYYY.fullmatch(text)):
        first, last, year, hour, minute, second, half = match.groups()
        month, day = (first, last) if order == "mdy" else (last, first)
    elif match := _YM.fullmatch(text):
        return _build((match[1], match[2]), None)
    else:
        return None
    if half and hour is not None:
        if not 1 <= int(hour) <= 12:
            return None
        hour = str(int(hour) % 12 + (12 if half.lower() == "pm" else 0))
    return _build((year, month, day, hour, minute, second), None)


def from_date(value: date | datetime) -> Moment:
    """A spreadsheet's own date or time; midnight of a date cell is read as a day, as spreadsheets cannot tell them
    apart."""
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) != (0, 0, 0):
        offset = value.utcoffset()
        minutes = None if offset is None else int(offset.total_seconds() // 60)
        return Moment(value.strftime("%Y-%m-%dT%H:%M:%S"), "second", minutes)
    return Moment(value.strftime("%Y-%m-%d"), "day")
