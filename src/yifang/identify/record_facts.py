"""Plain facts of a record that rules ask for: the day, the age, doses given, vital signs measured."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from yifang.formats.canonical import Moment, Record
from yifang.identify.model import PersonContext
from yifang.identify.syndromes import Scene
from yifang.identify.values import plain

_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*(岁|Y|年|月|个月|M|周|W|天|日|D)?", re.IGNORECASE)
_AGE_DAYS = {
    "岁": 365.25,
    "Y": 365.25,
    "年": 365.25,
    "月": 30.44,
    "个月": 30.44,
    "M": 30.44,
    "周": 7,
    "W": 7,
    "天": 1,
    "日": 1,
    "D": 1,
}
_VITALS = {
    "temp": ("8310-5", "8331-1", "8329-5", "体温", "BODY TEMPERATURE"),
    "spo2": ("2708-6", "59408-5", "血氧饱和度", "SPO2", "OXYGEN SATURATION"),
    "rr": ("9279-1", "呼吸频率", "RESPIRATORY RATE"),
    "gcs": ("9269-2", "GCS", "GLASGOW COMA SCORE"),
    "sbp": ("8480-6", "收缩压", "SYSTOLIC BLOOD PRESSURE"),
}
_VITAL_OF = {name: vital for vital, names in _VITALS.items() for name in names}
_NUMBER = re.compile(r"^\s*(\d{1,3}(?:\.\d+)?)")
_VACCINES = {
    "mmr": ("麻疹", "麻腮风", "麻风疫苗", "MMR", "MEASLES", "RUBELLA"),
}
_CVX = {"mmr": frozenset({"03", "3", "04", "4", "05", "5", "06", "6", "07", "7", "38", "94"})}


def day_of(record: Record) -> date | None:
    """The civil day of the record: its own time, else the visit's, None where neither is known to the day."""
    for moment in (record.at, record.encounter.start):
        if day := _day(moment):
            return day
    return None


def age_in_days(record: Record, day: date | None) -> float | None:
    """The person's age on `day`, by birth date, else as the source words it (`3岁`, `8月`)."""
    birth = _day(record.person.birth)
    if birth and day and day >= birth:
        return float((day - birth).days)
    if record.person.age_text and (match := _AGE.search(record.person.age_text)):
        return float(match.group(1)) * _AGE_DAYS[(match.group(2) or "岁").upper()]
    return None


def doses(record: Record, day: date | None, context: PersonContext | None) -> dict[str, tuple[int, ...]]:
    """Days from each known dose to `day`, by vaccine id."""
    if day is None or not (record.immunizations or (context and context.vaccinations)):
        return {}
    found: dict[str, list[int]] = {}
    for vaccine, given in context.vaccinations if context else ():
        found.setdefault(vaccine, []).append((day - given).days)
    for one in record.immunizations:
        given_on = _day(one.at)
        if given_on is None or one.status == "cancelled":
            continue
        name, cvx = plain(one.name), {code.code for code in one.codes if code.system == "cvx"}
        for vaccine, words in _VACCINES.items():
            if cvx & _CVX[vaccine] or any(word in name for word in words):
                found.setdefault(vaccine, []).append((day - given_on).days)
    return {vaccine: tuple(days) for vaccine, days in found.items()}


def vital_signs(record: Record, scene: Scene) -> None:
    """Put measured vital signs among the results into the scene; Fahrenheit becomes Celsius."""
    for result in record.results:
        vital = _vital_named(result.name)
        if vital is None and result.codes:
            vital = next((_VITAL_OF[code.code] for code in result.codes if code.code in _VITAL_OF), None)
        if vital is None or result.status == "cancelled" or (match := _NUMBER.match(result.value)) is None:
            continue
        value = float(match.group(1))
        if vital != "temp":
            scene.vitals[vital] = value
            continue
        if value > 60:
            value = round((value - 32) / 1.8, 1)
        if 30 <= value <= 45:
            scene.temperatures.append(value)


@lru_cache(maxsize=20_000)
def _vital_named(name: str) -> str | None:
    return _VITAL_OF.get(plain(name))


@lru_cache(maxsize=20_000)
def _parsed(day: str) -> date | None:
    try:
        return date.fromisoformat(day)
    except ValueError:
        return None


def _day(moment: Moment | None) -> date | None:
    day = moment.day if moment else None
    return _parsed(day) if day else None
