"""Where things are in the county: townships, villages, hospitals, centres, schools and their classes, worksites.

Codes: the county is 649921 (no real city has 99), a township adds three digits, a village three more. Schools are made
from the children there are, so that a class holds real pupils.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from yifang.world import map as drawing
from yifang.world.chance import dice
from yifang.world.data import names

_DIGITS = "零一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Area:
    """A county, township or village: `level` as in `kernel.areas`."""

    code: str
    name: str
    name_en: str
    level: str
    parent: str


@dataclass(frozen=True, slots=True)
class Township:
    """A township and its land; `weight` is its share of the residents."""

    area: Area
    weight: float
    urban: bool
    herding: bool
    cell: drawing.Cell


@dataclass(frozen=True, slots=True)
class Village:
    """A village or an urban community; `township` is the number of its township."""

    area: Area
    township: int
    weight: float
    point: drawing.Point
    urban: bool


@dataclass(frozen=True, slots=True)
class Organisation:
    """A unit; `kind` as in the places app."""

    code: str
    name: str
    name_en: str
    kind: str
    area_code: str
    point: drawing.Point


@dataclass(frozen=True, slots=True)
class Place:
    """A class, a dormitory, a worksite or a village."""

    code: str
    kind: str
    name: str
    name_en: str
    organisation: str
    area_code: str


@dataclass(slots=True)
class Classroom:
    """A class of a school: its name as people write it, and the ages it takes."""

    place: Place
    school: int  # number among the schools
    age: int


@dataclass(frozen=True, slots=True)
class School:
    """A school or kindergarten; `stage` is kindergarten, primary, middle or high."""

    organisation: Organisation
    stage: str
    township: int


@dataclass(slots=True)
class Places:
    """Everything that has a place."""

    areas: list[Area] = field(default_factory=list)
    townships: list[Township] = field(default_factory=list)
    villages: list[Village] = field(default_factory=list)
    organisations: list[Organisation] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    schools: list[School] = field(default_factory=list)
    classes: list[Classroom] = field(default_factory=list)
    worksites: list[Organisation] = field(default_factory=list)
    hospitals: list[Organisation] = field(default_factory=list)
    centres: list[Organisation] = field(default_factory=list)  # one for each township, in their order
    pharmacies: list[Organisation] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Stage:
    name: str
    zh: str
    en: str
    ages: range
    school_size: int
    class_size: int
    grades: tuple[str, ...]


STAGES = (
    _Stage("kindergarten", "幼儿园", "Kindergarten", range(3, 6), 240, 28, ("小", "中", "大")),
    _Stage("primary", "小学", "Primary School", range(6, 12), 620, 44, ("一", "二", "三", "四", "五", "六")),
    _Stage("middle", "初级中学", "Middle School", range(12, 15), 900, 48, ("初一", "初二", "初三")),
    _Stage("high", "高级中学", "High School", range(15, 18), 2200, 52, ("高一", "高二", "高三")),
)


def settled(seed: int, residents: int) -> Places:
    """The land and what does not depend on who lives there."""
    found = Places()
    given = names()
    county = given["areas"]["county"]
    _upper_areas(found)
    townships = given["townships"]
    cells = drawing.tessellation(seed, len(townships))
    total = sum(one["weight"] for one in townships)
    counts = []
    for number, (one, cell) in enumerate(zip(townships, cells, strict=True), 1):
        # 0xx, because the national export writes a township as two digits, which `kernel.areas` reads as 0xx
        code = f"{county['code']}{number:03d}"
        area = Area(code, one["name"], one["en"], "township", county["code"])
        share = one["weight"] / total
        found.areas.append(area)
        found.townships.append(
            Township(area, share, bool(one.get("urban")), bool(one.get("herding")), cell)
        )  # fmt: skip
        counts.append(max(3, min(99, round(residents * share / (3000 if one.get("urban") else 1500)))))
    _villages(found, seed, cells, counts)
    _fixed_organisations(found, seed, residents)
    return found


def _upper_areas(found: Places) -> None:
    given = names()["areas"]
    for key, level in (
        ("city", "city"), ("county", "county"), ("seat", "county"), ("neighbour", "county"), ("other_city", "city"),
        ("other_county", "county"), ("other_province_city", "city"), ("other_province_county", "county"),
    ):  # fmt: skip
        one = given[key]
        parent = f"{one['code'][:2]}0000" if level == "city" else f"{one['code'][:4]}00"
        found.areas.append(Area(one["code"], one["name"], one["en"], level, parent))
    for one in (given["seat"], given["neighbour"], given["other_county"], given["other_province_county"]):
        found.areas.append(Area(f"{one['code']}001", f"{one['name'][:2]}城关镇", "Chengguan", "township", one["code"]))


def _villages(found: Places, seed: int, cells: list[drawing.Cell], counts: list[int]) -> None:
    given = names()
    chance = dice(seed, "village names")
    points = drawing.scattered(seed, cells, counts)
    for number, (township, count) in enumerate(zip(found.townships, counts, strict=True)):
        weights = [chance.uniform(0.6, 1.6) for _ in range(count)]
        named = _village_names(given, township.urban, chance)
        for at in range(count):
            name, english = next(named)
            code = f"{township.area.code}{(1 if township.urban else 201) + at:03d}"
            area = Area(code, name, english, "village", township.area.code)
            share = township.weight * weights[at] / sum(weights)
            found.areas.append(area)
            found.villages.append(Village(area, number, share, points[number][at], township.urban))
            found.places.append(Place(code, "village", name, english, "", code))


def _village_names(given: dict[str, Any], urban: bool, chance: random.Random) -> Iterator[tuple[str, str]]:
    if urban:
        stock = list(zip(given["community"], given["community_en"], strict=True))
        chance.shuffle(stock)
        for name, english in stock:
            yield f"{name}社区", f"{english} Community"
    pairs = [
        (f"{a}{b}村", f"{ae}{be} Village")
        for a, ae in zip(given["village_first"], given["village_first_en"], strict=True)
        for b, be in zip(given["village_second"], given["village_second_en"], strict=True)
    ]
    chance.shuffle(pairs)
    yield from pairs


def _fixed_organisations(found: Places, seed: int, residents: int) -> None:
    given = names()
    county = given["areas"]["county"]["code"]
    chance = dice(seed, "organisations")
    middle = found.townships[0].cell.seat

    def near(point: drawing.Point) -> drawing.Point:
        return (round(point[0] + chance.uniform(-0.01, 0.01), 6), round(point[1] + chance.uniform(-0.01, 0.01), 6))

    for one in given["hospitals"]:
        found.hospitals.append(Organisation(one["code"], one["name"], one["en"], "hospital", county, near(middle)))
    found.organisations += found.hospitals
    for number, township in enumerate(found.townships, 1):
        kind = ("社区卫生服务中心", "Community Health Centre") if number == 1 else ("卫生院", "Township Health Centre")
        found.centres.append(
            Organisation(
                f"{county}P{number:02d}", township.area.name + kind[0], f"{township.area.name_en} {kind[1]}", "primary",
                township.area.code, near(township.cell.seat),
            )
        )  # fmt: skip
    found.organisations += found.centres
    for one in given["others"]:
        found.organisations.append(Organisation(one["code"], one["name"], one["en"], one["kind"], county, near(middle)))
    for number, village in enumerate(_spread(found, max(3, round(residents / 4500))), 1):
        area = found.townships[village.township].area
        found.pharmacies.append(
            Organisation(
                f"{county}Y{number:03d}", f"{area.name}澍康药房{number}号店", f"Shukang Pharmacy No. {number}",
                "pharmacy", area.code, near(village.point),
            )
        )  # fmt: skip
    found.organisations += found.pharmacies
    for number, (name, english) in enumerate(zip(given["worksites"], given["worksites_en"], strict=True), 1):
        township = found.townships[(number * 3) % len(found.townships)]
        found.worksites.append(
            Organisation(
                f"{county}W{number:02d}", name, english, "worksite", township.area.code, near(township.cell.seat)
            )
        )  # fmt: skip
        for shop in (1, 2, 3):
            found.places.append(
                Place(
                    f"{county}W{number:02d}-{shop}", "worksite", f"{name}{_DIGITS[shop]}车间", f"{english} Shop {shop}",
                    f"{county}W{number:02d}", township.area.code,
                )
            )  # fmt: skip
    found.organisations += found.worksites


def _spread(found: Places, count: int) -> list[Village]:
    """Villages in turn from every township, the larger townships oftener."""
    ranked = sorted(found.villages, key=lambda one: (-one.weight, one.area.code))
    return [ranked[at % len(ranked)] for at in range(count)]


def found_schools(into: Places, children: Sequence[Sequence[int]], stage: _Stage) -> list[list[int]]:
    """Open the schools of a stage for `children` (how many of each age there are, by township).

    Returns for each township the numbers of the schools its children go to. A township with too few has none of its
    own: its children go to the seat's.
    """
    county = names()["areas"]["county"]
    totals = [sum(by_age) for by_age in children]
    goes: list[list[int]] = [[] for _ in into.townships]
    least = 0 if stage.name in ("kindergarten", "primary") else 120 if stage.name == "middle" else 10**9
    here = [number for number, total in enumerate(totals) if number == 0 or (total > 0 and total >= least)]
    far = sum(total for number, total in enumerate(totals) if number not in here)
    for number in here:
        pupils = totals[number] + (far if number == 0 else 0)
        for order in range(max(1, round(pupils / stage.school_size))):
            goes[number].append(_open(into, stage, number, order, max(1, pupils), county["name"]))
    return [mine or goes[0] for mine in goes]


def _open(into: Places, stage: _Stage, township: int, order: int, pupils: int, county: str) -> int:
    area = into.townships[township].area
    owner, owner_en = (county, "Heshu") if stage.name == "high" else (area.name, area.name_en)
    which = "中心" if order == 0 and stage.name != "high" else f"第{_ordinal(order + 1)}"
    number = len(into.schools) + 1
    seat = into.townships[township].cell.seat
    organisation = Organisation(
        f"649921S{number:03d}", f"{owner}{which}{stage.zh}", f"{owner_en} {stage.en} No. {order + 1}", "school",
        area.code, (round(seat[0] + 0.004 * (number % 7 - 3), 6), round(seat[1] + 0.004 * (number % 5 - 2), 6)),
    )  # fmt: skip
    into.schools.append(School(organisation, stage.name, township))
    into.organisations.append(organisation)
    if stage.name in ("middle", "high"):
        for building in (1, 2):
            into.places.append(
                Place(
                    f"{organisation.code}-D{building}", "dormitory", f"{organisation.name}{building}号宿舍楼",
                    f"{organisation.name_en} Dormitory {building}", organisation.code, area.code,
                )
            )  # fmt: skip
    return number - 1


def open_class(into: Places, stage: _Stage, school: int, age: int, order: int) -> int:
    """A new class of a school for an age. Returns its number among all classes."""
    organisation = into.schools[school].organisation
    grade = stage.grades[age - stage.ages.start]
    name = f"{grade}{_DIGITS[order]}班" if stage.name == "kindergarten" else ""
    name = name or (f"{grade}年级{order}班" if stage.name == "primary" else f"{grade}{order}班")
    level = age - stage.ages.start + 1
    place = Place(
        f"{organisation.code}-{level}{order:02d}", "class", name, f"Class {level}-{order}", organisation.code,
        organisation.area_code,
    )  # fmt: skip
    into.places.append(place)
    into.classes.append(Classroom(place, school, age))
    return len(into.classes) - 1


def _ordinal(number: int) -> str:
    return _DIGITS[number] if number <= 10 else f"十{_DIGITS[number - 10]}" if number < 20 else str(number)
