"""Plain facts of a record that rules ask for: the day, the age, doses given, vital signs measured."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from yifang.formats.canonical import Moment, Record
from yifang.identify.model import PersonContext
from yifang.identify.syndromes import Scene
from yifang.identify.values import plain
from yifang.knowledge import Knowledge

_CACHE_LIMIT = 20_000
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
_NUMBER = re.compile(r"^\s*(\d{1,3}(?:\.\d+)?)")


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


class FactReader:
    """Reads doses and vital signs as one set of packs spells them."""

    def __init__(self, knowledge: Knowledge) -> None:
        pack = knowledge.spellings
        self._vaccines = [(one.id, frozenset(one.cvx), tuple(map(plain, one.names))) for one in pack.vaccines]
        self._vitals = {name: one.id for one in pack.vitals for name in (*one.loinc, *map(plain, one.names))}
        self._named: dict[str, str | None] = {}

    def given(self, record: Record) -> list[tuple[str, date]]:
        """Vaccine id and day of each dose that the record says was given."""
        found: list[tuple[str, date]] = []
        for one in record.immunizations:
            day = _day(one.at)
            if day is None or one.status == "cancelled":
                continue
            name, cvx = plain(one.name), {code.code for code in one.codes if code.system == "cvx"}
            for vaccine, codes, words in self._vaccines:
                if cvx & codes or any(word in name for word in words):
                    found.append((vaccine, day))
        return found

    def doses(self, record: Record, day: date | None, context: PersonContext | None) -> dict[str, tuple[int, ...]]:
        """Days from each known dose to `day`, by vaccine id."""
        if day is None or not (record.immunizations or (context and context.vaccinations)):
            return {}
        found: dict[str, tuple[int, ...]] = {}
        for vaccine, on in (*(context.vaccinations if context else ()), *self.given(record)):
            found[vaccine] = (*found.get(vaccine, ()), (day - on).days)
        return found

    def vital_signs(self, record: Record, scene: Scene) -> None:
        """Put measured vital signs among the results into the scene; Fahrenheit becomes Celsius."""
        for result in record.results:
            vital = self._vital(result.name)
            if vital is None and result.codes:
                vital = next((self._vitals[code.code] for code in result.codes if code.code in self._vitals), None)
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

    def tests(self, names: Iterable[str]) -> bool:
        """Whether results of these names hold a test: a temperature or a blood pressure is none."""
        return any(self._vital(name) is None for name in names)

    def _vital(self, name: str) -> str | None:
        if name not in self._named:
            if len(self._named) >= _CACHE_LIMIT:
                self._named.clear()
            self._named[name] = self._vitals.get(plain(name))
        return self._named[name]


@lru_cache(maxsize=20_000)
def _parsed(day: str) -> date | None:
    try:
        return date.fromisoformat(day)
    except ValueError:
        return None


def _day(moment: Moment | None) -> date | None:
    day = moment.day if moment else None
    return _parsed(day) if day else None
