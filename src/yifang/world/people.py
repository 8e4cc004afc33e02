"""The residents as columns: who lives where and with whom, learns or works where. Names are made when asked.

Nobody here exists. Identity numbers pass the check and carry the county's impossible prefix; telephones begin with 154,
a range no operator has.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yifang.world.chance import stream
from yifang.world.data import AGE_LIMITS, names
from yifang.world.places import STAGES, Places, found_schools, open_class

Ints = NDArray[np.int32]
_PREFIXES = ("649921", "649922", "649821", "629921")
_CHECK = np.array(list(b"10X98765432"), dtype=np.uint8)
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int32)
# households: share and roles; H husband, W wife, k child, G and g the husband's parents, s single adult
_HOUSEHOLDS = (
    (0.08, "s"), (0.14, "Gg"), (0.06, "g"), (0.17, "HW"), (0.20, "HWk"), (0.15, "HWkk"), (0.12, "HWkGg"),
    (0.08, "HWkkg"),
)  # fmt: skip
OCCUPATIONS = {
    1: "幼托儿童", 2: "散居儿童", 3: "学生(大中小学)", 4: "教师", 6: "餐饮食品业", 8: "商业服务", 9: "医务人员",
    16: "工人", 17: "民工", 18: "农民", 19: "牧民", 22: "干部职员", 23: "离退人员", 24: "家务及待业",
}  # fmt: skip


@dataclass(slots=True)
class Resident:
    """One resident in words, as a record would name them."""

    number: int
    name: str
    sex: str
    birth: date
    id_no: str
    phone: str
    area: str
    village: str
    address: str
    employer: str
    school_class: str
    guardian: str
    occupation: int


@dataclass
class People:
    """Columns of one value a resident. `birth` in ordinal days, `male` 0 or 1, `classroom` and `work` -1 where none."""

    birth: Ints
    male: NDArray[np.int8]
    household: Ints
    head: Ints  # of the household: the adult who answers for a child
    village: NDArray[np.int16]
    family: NDArray[np.int16]
    given: NDArray[np.int16]
    classroom: Ints
    work: NDArray[np.int16]
    occupation: NDArray[np.int8]
    herder: NDArray[np.bool_]
    id_no: NDArray[np.bytes_]
    at: date
    places: Places

    def __len__(self) -> int:
        return len(self.birth)

    @cached_property
    def band(self) -> NDArray[np.int8]:
        """The age band (0 to 6) on the last day."""
        years = (self.at.toordinal() - self.birth) / 365.25
        return np.searchsorted(np.array(AGE_LIMITS[:-1]), years, side="right").astype(np.int8)

    @cached_property
    def by_band(self) -> list[Ints]:
        """The residents of each age band."""
        return [np.flatnonzero(self.band == band).astype(np.int32) for band in range(len(AGE_LIMITS))]

    @cached_property
    def township(self) -> NDArray[np.int8]:
        """The number of each resident's township."""
        return np.array([one.township for one in self.places.villages], dtype=np.int8)[self.village]

    @cached_property
    def herders(self) -> Ints:
        """Adults of households that keep sheep."""
        return np.flatnonzero(self.herder).astype(np.int32)

    @cached_property
    def pupils(self) -> Ints:
        """Those who go to a class, ordered by class."""
        inside = np.flatnonzero(self.classroom >= 0)
        return inside[np.argsort(self.classroom[inside], kind="stable")].astype(np.int32)

    def of_class(self, number: int) -> Ints:
        """The pupils of a class."""
        rooms = self.classroom[self.pupils]
        return self.pupils[np.searchsorted(rooms, number) : np.searchsorted(rooms, number, side="right")]

    def of_village(self, number: int) -> Ints:
        """Who lives in a village."""
        return np.flatnonzero(self.village == number).astype(np.int32)

    def resident(self, number: int) -> Resident:
        """One resident in words."""
        stock = _stock()
        male = bool(self.male[number])
        birth = date.fromordinal(int(self.birth[number]))
        village = self.places.villages[self.village[number]]
        township = self.places.townships[village.township].area
        household = int(self.household[number])
        house = f"{household % 9 + 1}号楼{household % 6 + 1}0{household % 3 + 1}" if village.urban else ""
        house = house or f"{household % 8 + 1}组{household % 90 + 1}号"
        employer, room = self._employer(number)
        child = self.at.toordinal() - int(self.birth[number]) < 15 * 365
        return Resident(
            number=number,
            name=self.name(number),
            sex="male" if male else "female",
            birth=birth,
            id_no=self.id_no[number].decode(),
            phone=f"154{(household * 7919 + 13) % 100_000_000:08d}",
            area=township.code,
            village=village.area.code,
            address=f"{stock.county}{township.name}{village.area.name}{house}",
            employer=employer,
            school_class=room,
            guardian=self.name(int(self.head[number])) if child else "",
            occupation=int(self.occupation[number]),
        )

    def name(self, number: int) -> str:
        """Family and given name."""
        stock = _stock()
        given = stock.boys if self.male[number] else stock.girls
        return stock.families[int(self.family[number])] + given[int(self.given[number]) % len(given)]

    def _employer(self, number: int) -> tuple[str, str]:
        room = int(self.classroom[number])
        if room >= 0:
            one = self.places.classes[room]
            return self.places.schools[one.school].organisation.name, one.place.name
        work = int(self.work[number])
        return (self.places.worksites[work].name, "") if work >= 0 else ("", "")


@dataclass(frozen=True, slots=True)
class _Stock:
    families: str
    weights: NDArray[np.float64]
    boys: tuple[str, ...]
    girls: tuple[str, ...]
    county: str


_stocked: list[_Stock] = []


def _stock() -> _Stock:
    if not _stocked:
        given: dict[str, Any] = names()
        families = given["families"]
        weights = np.array([given["family_weights"].get(one, 1) for one in families], dtype=float)
        county = given["areas"]["county"]["name"]
        _stocked.append(
            _Stock(families, weights / weights.sum(), tuple(given["boys"]), tuple(given["girls"]), county)
        )  # fmt: skip
    return _stocked[0]


def peopled(seed: int, count: int, at: date, places: Places) -> People:
    """`count` residents in households, the children in classes; opens the schools in `places`."""
    chance = stream(seed, "people")
    roles, household = _households(chance, count)
    homes = int(household[-1]) + 1
    ages, male = _ages(chance, roles, household, homes)
    weights = np.array([one.weight for one in places.villages])
    home = chance.choice(len(weights), size=homes, p=weights / weights.sum()).astype(np.int16)
    village = home[household]
    stock = _stock()
    husbands = chance.choice(len(stock.families), size=homes, p=stock.weights)
    own = chance.choice(len(stock.families), size=count, p=stock.weights)
    takes = np.isin(roles, [ord("W"), ord("g")])
    family = np.where(takes, own, husbands[household]).astype(np.int16)
    birth = (at.toordinal() - (ages * 365.25 + chance.integers(0, 365, count))).astype(np.int32)
    first = np.concatenate([[0], np.flatnonzero(np.diff(household)) + 1])
    people = People(
        birth=birth,
        male=male,
        household=household,
        head=(first[household] + (chance.random(count) < 0.5) * (np.isin(roles, [ord("k")]))).astype(np.int32),
        village=village,
        family=family,
        given=chance.integers(0, 10_000, count).astype(np.int16),
        classroom=np.full(count, -1, dtype=np.int32),
        work=np.full(count, -1, dtype=np.int16),
        occupation=np.zeros(count, dtype=np.int8),
        herder=np.zeros(count, dtype=np.bool_),
        id_no=_numbers(chance, birth, male),
        at=at,
        places=places,
    )
    _go_to_school(people)
    _go_to_work(people, chance, homes)
    return people


def _households(chance: np.random.Generator, count: int) -> tuple[NDArray[np.uint8], Ints]:
    shares = np.array([share for share, _ in _HOUSEHOLDS])
    kinds = chance.choice(len(_HOUSEHOLDS), size=count, p=shares / shares.sum())
    sizes = np.array([len(roles) for _, roles in _HOUSEHOLDS])[kinds]
    enough = int(np.searchsorted(np.cumsum(sizes), count)) + 1
    text = "".join(_HOUSEHOLDS[kind][1] for kind in kinds[:enough].tolist())
    household = np.repeat(np.arange(enough, dtype=np.int32), sizes[:enough])[:count]
    return np.frombuffer(text.encode(), dtype=np.uint8)[:count], household


def _ages(
    chance: np.random.Generator, roles: NDArray[np.uint8], household: Ints, homes: int
) -> tuple[Ints, NDArray[np.int8]]:
    count = len(roles)
    child = np.floor(chance.beta(1.05, 0.95, homes) * 21)  # the first child's age
    apart = chance.integers(22, 36, homes)
    has_child = np.zeros(homes, dtype=bool)
    has_child[household[roles == ord("k")]] = True
    parent = np.where(has_child, child + apart, chance.integers(23, 62, homes))
    elder = np.where(has_child, parent + chance.integers(22, 30, homes), chance.integers(58, 92, homes))
    elder = np.clip(elder, 55, 97)
    ages = np.zeros(count)
    by_role = {
        "H": parent + 1, "W": parent, "G": elder + 2, "g": elder, "s": chance.integers(19, 70, homes), "k": child
    }  # fmt: skip
    for role, values in by_role.items():
        mine = roles == ord(role)
        ages[mine] = values[household[mine]]
    second = np.flatnonzero((roles[1:] == ord("k")) & (roles[:-1] == ord("k"))) + 1
    ages[second] = np.maximum(0, ages[second] - chance.integers(2, 7, len(second)))
    male = (chance.random(count) < 0.51).astype(np.int8)
    male[np.isin(roles, [ord("H"), ord("G")])] = 1
    male[np.isin(roles, [ord("W"), ord("g")])] = 0
    return np.clip(ages, 0, 99).astype(np.int32), male


def _numbers(chance: np.random.Generator, birth: Ints, male: NDArray[np.int8]) -> NDArray[np.bytes_]:
    """Identity numbers: prefix, birth, a serial of its own for that day and sex, the check digit."""
    count = len(birth)
    prefix = chance.choice(4, size=count, p=[0.94, 0.03, 0.02, 0.01])
    group = (birth.astype(np.int64) * 2 + male) * 4 + prefix
    order = np.argsort(group, kind="stable")
    ranked = group[order]
    starts = np.concatenate([[0], np.flatnonzero(np.diff(ranked)) + 1])
    within = np.arange(count) - np.repeat(starts, np.diff(np.concatenate([starts, [count]])))
    serial = np.empty(count, dtype=np.int64)
    serial[order] = within
    serial = np.minimum((serial * 2 + 2) | 1, 999) - (1 - male)
    days, where = np.unique(birth, return_inverse=True)
    written = np.array([f"{date.fromordinal(int(day)):%Y%m%d}" for day in days.tolist()], dtype="S8")[where]
    heads = np.array([one.encode() for one in _PREFIXES], dtype="S6")[prefix]
    digits = np.empty((count, 18), dtype=np.uint8)
    digits[:, :6] = heads.view(np.uint8).reshape(count, 6)
    digits[:, 6:14] = written.view(np.uint8).reshape(count, 8)
    for place, power in ((14, 100), (15, 10), (16, 1)):
        digits[:, place] = 48 + serial // power % 10
    total = (digits[:, :17].astype(np.int32) - 48) @ _WEIGHTS
    digits[:, 17] = _CHECK[total % 11]
    return digits.reshape(-1).view("S18")


def _go_to_school(people: People) -> None:
    """Children into the classes of the schools of their township, by age; opens schools and classes."""
    ages = ((people.at.toordinal() - people.birth) / 365.25).astype(np.int32)
    places = people.places
    for stage in STAGES:
        inside = (ages >= stage.ages.start) & (ages < stage.ages.stop)
        counted = [
            [int(np.count_nonzero(inside & (people.township == number) & (ages == age))) for age in stage.ages]
            for number in range(len(places.townships))
        ]
        goes = found_schools(places, counted, stage)
        for age in stage.ages:
            waiting: dict[int, list[Ints]] = {}
            for number, schools in enumerate(goes):
                mine = np.flatnonzero((ages == age) & (people.township == number)).astype(np.int32)
                for order, school in enumerate(schools):
                    waiting.setdefault(school, []).append(mine[order :: len(schools)])
            for school, parts in sorted(waiting.items()):
                pupils = np.concatenate(parts)
                rooms = max(1, round(len(pupils) / stage.class_size)) if len(pupils) else 0
                for order in range(rooms):
                    room = open_class(places, stage, school, age, order + 1)
                    people.classroom[pupils[order::rooms]] = room
                people.occupation[pupils] = 1 if stage.name == "kindergarten" else 3
    people.occupation[(ages < 7) & (people.classroom < 0)] = 2


def _go_to_work(people: People, chance: np.random.Generator, homes: int) -> None:
    places = people.places
    ages = ((people.at.toordinal() - people.birth) / 365.25).astype(np.int32)
    urban = np.array([one.urban for one in places.villages])[people.village]
    herding = np.array([places.townships[one.township].herding for one in places.villages])[people.village]
    keeps = chance.random(homes)[people.household] < np.where(herding, 0.5, np.where(urban, 0.0, 0.12))
    adult = (ages >= 18) & (people.occupation == 0)
    old = adult & (ages >= 60)
    worker = adult & ~old & (chance.random(len(people)) < np.where(urban, 0.4, 0.12))
    people.work[worker] = chance.integers(0, len(places.worksites), int(worker.sum()))
    town = chance.choice([22, 8, 6, 4, 9, 24], size=len(people), p=[0.3, 0.3, 0.1, 0.08, 0.07, 0.15])
    people.occupation[adult] = np.where(urban, town, 18)[adult]
    people.occupation[adult & herding & keeps] = 19
    people.occupation[worker] = np.where(chance.random(len(people)) < 0.3, 17, 16)[worker]
    people.occupation[old & urban] = 23
    people.occupation[people.occupation == 0] = 24
    people.herder = keeps & adult & (ages < 75) & ~worker


def age_on(birth: date, day: date) -> int:
    """Whole years on a day."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
