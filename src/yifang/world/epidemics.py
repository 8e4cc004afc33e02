"""Who falls ill, when, and on which day they would see a doctor: background by day, outbreaks as planned.

A day's cases depend on the seed and the day alone (and on the plan), never on the day before, so that any day can be
made again. Cases are drawn by the day they are seen; the onset lies as far back as the disease's delay says.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from yifang.world import seasons
from yifang.world.chance import dice, stream
from yifang.world.county import County
from yifang.world.data import Illness, diseases
from yifang.world.people import Ints

_KEPT = 24  # days


@dataclass(slots=True)
class Case:
    """One true illness of one resident. `named`: how the record speaks of it.

    code: coded diagnosis; text: only its name; note: in passing in the history; lab: only a result; vague: nowhere.
    """

    id: str
    illness: Illness
    person: int
    onset: date
    seen: date
    visits: bool
    named: str
    tested: bool
    outbreak: str = ""


@dataclass(slots=True)
class Outbreak:
    """A planted outbreak and its cases; `unit` is the code of a school or village, `` where it has none."""

    id: str
    disease: str
    kind: str
    areas: tuple[str, ...]
    unit: str
    units: tuple[str, ...]
    first_day: date
    last_day: date
    exposure: str
    cases: list[Case] = field(default_factory=list)


class Epidemics:
    """The cases of any day."""

    def __init__(self, county: County, outbreaks: Iterable[Outbreak]) -> None:
        self.county = county
        self._planned: dict[date, list[Case]] = defaultdict(list)
        self._recent: dict[date, list[Case]] = {}
        self.add(outbreaks)

    def add(self, outbreaks: Iterable[Outbreak]) -> None:
        """Take more outbreaks into the plan."""
        for outbreak in outbreaks:
            for case in outbreak.cases:
                self._planned[case.seen].append(case)

    def cases(self, day: date) -> list[Case]:
        """Everybody who would see a doctor for a notifiable disease for the first time on that day."""
        return self._background(day) + self._planned.get(day, [])

    def _background(self, day: date) -> list[Case]:
        """The cases of no outbreak; the last days are kept, because who comes again asks for them."""
        if day not in self._recent:
            if len(self._recent) > _KEPT:
                self._recent.pop(next(iter(self._recent)))
            self._recent[day] = self._fallen_ill(day)
        return self._recent[day]

    def _fallen_ill(self, day: date) -> list[Case]:
        county = self.county
        numbers = stream(county.seed, "background", day)
        chance = dice(county.seed, "cases", day)
        going = seasons.attendance(day)
        at = seasons.of_day(day)
        found: list[Case] = []
        for illness in diseases():
            expected = daily(illness, len(county.people)) * curve_of(illness)[at] * going
            for _ in range(int(numbers.poisson(expected))):
                person = drawn(county, illness, numbers, day)
                found.append(case_of(f"C{day:%y%m%d}-{len(found) + 1:03d}", illness, person, day, chance))
        return found


def daily(illness: Illness, residents: int) -> float:
    """Cases on a mean day."""
    return illness.rate / 100_000 * residents / 365


@cache
def curve_of(illness: Illness) -> NDArray[np.float64]:
    """The season of an illness, mean 1."""
    return seasons.curve(illness.months)


def drawn(county: County, illness: Illness, numbers: np.random.Generator, day: date) -> int:
    """A resident by the ages that the illness takes, herders first where it comes from sheep; born in time."""
    people = county.people
    if illness.herders and len(people.herders) and numbers.random() < illness.herders:
        return int(people.herders[numbers.integers(len(people.herders))])
    members = people.by_band
    weights = np.array([ill * len(mine) for ill, mine in zip(illness.ages, members, strict=True)])
    band = int(np.searchsorted(np.cumsum(weights) / weights.sum(), numbers.random()))
    mine: Ints = members[band]
    earliest = day.toordinal() - illness.delay[1]
    for _ in range(40):
        person = int(mine[numbers.integers(len(mine))])
        if people.birth[person] <= earliest:
            return person
    older = members[band + 1]  # at the beginning of a long period hardly one of the youngest band is born
    return int(older[numbers.integers(len(older))])


def case_of(
    id: str, illness: Illness, person: int, seen: date, chance: random.Random, outbreak: str = "", visits: float = -1
) -> Case:
    """A case that is seen on a day; the onset, whether they go at all and how it is written are drawn."""
    delay = chance.randint(*illness.delay)
    return Case(
        id, illness, person, seen - timedelta(days=delay), seen,
        chance.random() < (illness.visits if visits < 0 else visits),
        weighted(illness.named, chance), bool(illness.panels) and chance.random() < illness.tested, outbreak,
    )  # fmt: skip


def weighted(options: Sequence[tuple[str, float]], chance: random.Random) -> str:
    """One of some names by their shares."""
    left = chance.random() * sum(share for _, share in options)
    for name, share in options:
        left -= share
        if left < 0:
            return name
    return options[-1][0]
