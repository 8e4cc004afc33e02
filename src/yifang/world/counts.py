"""What is not stored case by case: five earlier years by township and disease, this year's counts of all else.

`history.csv` counts reported cases by day. `visits.csv` counts visits, fever visits, sales of pharmacies and absences
of schools, which follow the true cases of the year: a school with an outbreak has its empty desks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from yifang.world import seasons
from yifang.world.chance import dice, stream
from yifang.world.county import County
from yifang.world.data import Illness, diseases
from yifang.world.encounters import HOSPITAL_SHARES
from yifang.world.epidemics import Case, curve_of, daily

HISTORY = ("area_code", "disease", "date", "count")
VISITS = ("organisation_code", "date", "kind", "count")
YEARS = 5
_SICK_ABSENCE = {"kindergarten": 0.0177, "primary": 0.0028, "middle": 0.0008, "high": 0.0008}  # thresholds pack
_AT_HOSPITALS = 0.45  # of the stored visits, about
_AT_HOME = 3  # days that a sick child misses
SOON = 5
"""Who is seen within so many days of the onset shows in that day's counts; who drags it along does not."""
_FEVERS = ("influenza", "covid19", "measles", "hfmd")
_GUTS = ("other_infectious_diarrhoea", "bacillary_dysentery")
_SALES = {"antipyretic": 9.0, "antidiarrhoeal": 2.6, "antitussive": 11.0}  # packets a day of a pharmacy


def history(county: County) -> Iterator[tuple[str, str, str, int]]:
    """Daily counts of the five years before the stored one, by township; only what is above zero."""
    townships = [one.area.code for one in county.places.townships]
    end = county.scale.first_day
    start = end - timedelta(days=round(YEARS * 365.25))
    days = [start + timedelta(days=at) for at in range((end - start).days)]
    going = np.array([seasons.attendance(day) for day in days])
    of_year = np.array([seasons.of_day(day) for day in days])
    years_back = np.array([(end - day).days / 365.25 for day in days])
    shares = np.bincount(county.people.township, minlength=len(townships)) / len(county.people)
    for illness in diseases():
        numbers = stream(county.seed, "history", illness.id)
        reported = illness.visits * illness.carded
        mean = daily(illness, len(county.people)) * reported * curve_of(illness)[of_year] * going
        mean = mean * illness.trend**years_back
        if illness.id == "influenza":
            mean = mean + _winters(county, days, numbers) * reported * going
        counts = numbers.poisson(mean[:, None] * shares[None, :])
        counts += _past_outbreaks(county, illness, days, counts.shape)
        for at, township in np.argwhere(counts > 0).tolist():
            yield townships[township], illness.id, str(days[at]), int(counts[at, township])


def _winters(county: County, days: Sequence[date], numbers: np.random.Generator) -> NDArray[np.float64]:
    """The influenza of each winter, like this year's: another height and another peak each time."""
    at = np.array([day.toordinal() for day in days], dtype=float)
    total = np.zeros(len(days))
    for year in range(days[0].year, days[-1].year + 2):
        peak = date(year, 1, 8).toordinal() + numbers.normal(0, 12)
        width = numbers.uniform(10, 18)
        size = 0.0075 * len(county.people) * numbers.uniform(0.4, 1.3)
        total += size / (width * np.sqrt(2 * np.pi)) * np.exp(-0.5 * ((at - peak) / width) ** 2)
    return total


_PAST = {
    "other_infectious_diarrhoea": (9, 32, 6), "varicella": (7, 22, 20), "mumps": (2, 14, 20), "hfmd": (3, 16, 10),
    "hepatitis_a": (1, 9, 25), "brucellosis": (3, 6, 40), "bacillary_dysentery": (1, 12, 7),
    "scarlet_fever": (1, 8, 14),
}  # fmt: skip


def _past_outbreaks(
    county: County, illness: Illness, days: Sequence[date], shape: tuple[int, ...]
) -> NDArray[np.int64]:
    """Some outbreaks of earlier years: a baseline without any would make this year's too easy."""
    added = np.zeros(shape, dtype=np.int64)
    number, size, length = _PAST.get(illness.id, (0, 0, 0))
    chance = dice(county.seed, "past", illness.id)
    size = max(3, round(size * min(1.0, len(county.people) / 100_000)))
    for _ in range(number):
        first = seasons.next_school_day(days[chance.randrange(len(days) - length - 40)])
        start, township = (first - days[0]).days, chance.randrange(shape[1])
        for _ in range(max(3, round(size * chance.uniform(0.6, 1.4)))):
            added[min(len(days) - 1, start + int(chance.triangular(0, length, length / 3))), township] += 1
    return added


class Everything:
    """The daily counts of what is not stored, for any day: a day depends on the seed, the day and the cases near it."""

    def __init__(self, county: County) -> None:
        self.county = county
        people, places = county.people, county.places
        self._townships = [one.area.code for one in places.townships]
        shares = np.bincount(people.township, minlength=len(self._townships)) / len(people)
        daily_visits = county.scale.encounters / county.scale.days
        self._other = {
            one.code: daily_visits * _AT_HOSPITALS * share * 4.2
            for one, share in zip(places.hospitals, HOSPITAL_SHARES, strict=True)
        } | {
            one.code: daily_visits * (1 - _AT_HOSPITALS) * float(share) * 2.4
            for one, share in zip(places.centres, shares, strict=True)
        }
        self._rooms = np.array([one.school for one in places.classes])
        self._sizes = np.bincount(self._rooms[people.classroom[people.pupils]], minlength=len(places.schools))
        self._shops = np.bincount(
            [self._townships.index(one.area_code) for one in places.pharmacies], minlength=len(self._townships)
        )

    def of_day(
        self, day: date, cases: Iterable[Case], stored: Mapping[str, tuple[int, int]]
    ) -> Iterator[tuple[str, str, str, int]]:
        """The rows of a day. `cases`: at least those with onset on that day or the two before; `stored`: visits and
        fever visits that were written as records, by organisation."""
        near = [
            case for case in cases if 0 <= (day - case.onset).days < _AT_HOME and (case.seen - case.onset).days <= SOON
        ]  # fmt: skip
        numbers = stream(self.county.seed, "everything else", day)
        going = seasons.attendance(day)
        for code, mean in self._other.items():
            visits, fevers = stored.get(code, (0, 0))
            yield code, str(day), "visits", visits + int(numbers.poisson(mean * going))
            yield code, str(day), "fever_visits", fevers
        yield from self._sales(day, [case for case in near if case.onset == day], going, numbers)
        if seasons.school_is_open(day):
            yield from self._absences(day, near, numbers)

    def _sales(
        self, day: date, cases: Sequence[Case], going: float, numbers: np.random.Generator
    ) -> Iterator[tuple[str, str, str, int]]:
        """Packets sold; a township's sick buy there, before or instead of seeing a doctor."""
        fever, gut = np.zeros(len(self._townships)), np.zeros(len(self._townships))
        for case in cases:
            township = int(self.county.people.township[case.person])
            fever[township] += case.illness.id in _FEVERS
            gut[township] += case.illness.id in _GUTS
        winter = 1 + 0.35 * np.cos(2 * np.pi * (seasons.of_day(day) - 15) / 365.25)
        calm = going**0.5
        for one in self.county.places.pharmacies:
            here = self._townships.index(one.area_code)
            near = 1 / max(1, int(self._shops[here]))
            means = {
                "antipyretic": _SALES["antipyretic"] * winter * calm + fever[here] * 1.6 * near,
                "antidiarrhoeal": _SALES["antidiarrhoeal"] * calm + gut[here] * 1.2 * near,
                "antitussive": _SALES["antitussive"] * winter * calm + fever[here] * 1.1 * near,
            }
            for kind, mean in means.items():
                yield one.code, str(day), kind, int(numbers.poisson(mean))

    def _absences(
        self, day: date, cases: Sequence[Case], numbers: np.random.Generator
    ) -> Iterator[tuple[str, str, str, int]]:
        rooms = [int(self.county.people.classroom[case.person]) for case in cases]
        ill = Counter(int(self._rooms[room]) for room in rooms if room >= 0)
        for number, school in enumerate(self.county.places.schools):
            base = float(self._sizes[number]) * _SICK_ABSENCE[school.stage]
            sick = int(numbers.poisson(base)) + ill[number]
            yield school.organisation.code, str(day), "absent_sick", sick
            yield school.organisation.code, str(day), "absent", sick + int(numbers.poisson(base * 0.8 + 0.3))
