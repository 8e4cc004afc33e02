"""The planted outbreaks: sizes and courses from real life, at fixed times of the year, their truth known to the person.

A school's norovirus, an influenza season with schools first, hepatitis A from a well, brucellosis of shepherds, one
plague suspect. A period too short for a date of the year gets it at a fixed part of its length instead. After the last
day new ones come, one in four weeks.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import numpy as np

from yifang.world import seasons
from yifang.world.chance import dice, stream
from yifang.world.county import County
from yifang.world.data import Illness, diseases
from yifang.world.epidemics import Case, Outbreak, case_of

_BLOCK = 28  # days between new outbreaks once the stored year is over


def planned(county: County) -> list[Outbreak]:
    """The outbreaks of the stored year, the earliest first."""
    until = county.scale.until
    wave_at = _in_year(county, 1, 8, 0.35, 20)
    found = [
        _season(county, "OB-FLU-SEASON", wave_at),
        *_flu_schools(county, wave_at),
        _well(county, "OB-HEPA-WELL", _in_year(county, 5, 18, 0.25, 34)),
        _sheep(county, "OB-BRUCELLA", _in_year(county, 3, 5, 0.02, 66), 2, 8, 60),
        _plague(county, "OB-PLAGUE", _in_year(county, 8, 20, 0.7, 4)),
        _norovirus(county, "OB-NORO-SCHOOL", seasons.last_school_day(until - timedelta(days=10))),
    ]
    return sorted((one for one in found if one.cases), key=lambda one: (one.first_day, one.id))


def later(county: County, day: date) -> list[Outbreak]:
    """The outbreaks that may have cases on a day after the stored year."""
    block = (day - county.scale.until).days // _BLOCK
    return [one for number in range(max(0, block - 3), block + 1) for one in _of_block(county, number)]


def _of_block(county: County, number: int) -> list[Outbreak]:
    chance = dice(county.seed, "later", number)
    start = county.scale.until + timedelta(days=number * _BLOCK + chance.randint(2, 12))
    kinds: list[Callable[[], Outbreak]] = [
        lambda: _varicella(county, f"OB-VARICELLA-{number}", start),
        lambda: _sheep(county, f"OB-BRUCELLA-{number}", start, 1, 4, 21),
        lambda: _well(county, f"OB-HEPA-{number}", start),
    ]
    if seasons.school_is_open(start):
        kinds.append(lambda: _norovirus(county, f"OB-NORO-{number}", start))
    return [one for one in (chance.choice(kinds)(),) if one.cases]


def _in_year(county: County, month: int, day: int, part: float, needs: int) -> date:
    """The date of the year within the stored days, `needs` days before their end; else at `part` of them."""
    scale = county.scale
    for year in range(scale.first_day.year, scale.until.year + 1):
        wished = date(year, month, day)
        if scale.first_day + timedelta(days=21) <= wished <= scale.until - timedelta(days=needs):
            return wished
    return scale.first_day + timedelta(days=min(int(part * scale.days), max(0, scale.days - needs)))


def illness(id: str) -> Illness:
    """The notifiable disease of that id."""
    return next(one for one in diseases() if one.id == id)


def _sick(
    outbreak: str, disease: str, persons: Sequence[int], onsets: Sequence[date], chance: random.Random, visits: float
) -> list[Case]:
    """Cases with given onsets: the day they are seen follows, where background cases have it the other way round."""
    what = illness(disease)
    cases = []
    for number, (person, onset) in enumerate(zip(persons, onsets, strict=True), 1):
        case = case_of(f"{outbreak}-{number:03d}", what, int(person), onset, chance, outbreak, visits)
        waited = min(case.seen - case.onset, timedelta(days=21))
        case.onset, case.seen = onset, onset + waited
        cases.append(case)
    return cases


def _outbreak(
    id: str, disease: str, kind: str, areas: Sequence[str], unit: str, units: Sequence[str], exposure: str,
    cases: list[Case],
) -> Outbreak:  # fmt: skip
    onsets = [case.onset for case in cases] or [date.min]
    return Outbreak(
        id, disease, kind, tuple(areas), unit, tuple(units), min(onsets), max(onsets), exposure,
        sorted(cases, key=lambda one: (one.onset, one.id)),
    )  # fmt: skip


def _in_classes(
    county: County, stage: str, sizes: Sequence[int], chance: random.Random, skip: frozenset[str] = frozenset()
) -> tuple[int, list[int], list[int]]:
    """A school of a stage large enough, the classes struck and the pupils taken from each in turn."""
    people, places = county.people, county.places
    wanted = sum(sizes)
    sized = []
    for number, school in enumerate(places.schools):
        rooms = [at for at, room in enumerate(places.classes) if room.school == number]
        pupils = sum(len(people.of_class(room)) for room in rooms)
        if school.stage == stage and rooms and school.organisation.code not in skip:
            sized.append((pupils >= wanted * 3, pupils, number, rooms))
    fit = [one for one in sized if one[0]] or [max(sized)]
    _, _, number, rooms = chance.choice(fit)
    struck = chance.sample(rooms, min(len(sizes), len(rooms)))
    taken: list[int] = []
    for room, size in zip(struck, sizes, strict=False):
        pupils_here = people.of_class(room).tolist()
        taken += chance.sample(pupils_here, min(size, len(pupils_here)))
    return number, struck, taken


def _at_school(
    county: County, id: str, disease: str, stage: str, sizes: Sequence[int], days: Sequence[float], start: date,
    exposure: str, visits: float, skip: frozenset[str] = frozenset(),
) -> Outbreak:  # fmt: skip
    chance = dice(county.seed, id)
    number, struck, taken = _in_classes(county, stage, sizes, chance, skip)
    course = list(range(len(days)))
    onsets = sorted(start + timedelta(days=at) for at in chance.choices(course, weights=days, k=len(taken)))
    onsets[:1] = [start]
    places = county.places
    school = places.schools[number].organisation
    cases = _sick(id, disease, taken, onsets, chance, visits)
    classes = [places.classes[room].place.code for room in struck]
    return _outbreak(id, disease, "school", [school.area_code], school.code, classes, exposure, cases)


def _norovirus(county: County, id: str, start: date) -> Outbreak:
    return _at_school(
        county, id, "other_infectious_diarrhoea", "primary", (14, 11, 8, 7, 5, 3), (0.1, 0.34, 0.3, 0.16, 0.1), start,
        "教室呕吐物未及时规范处置，同班及同层班级传播", 0.8,
    )  # fmt: skip


def _varicella(county: County, id: str, start: date) -> Outbreak:
    day = seasons.next_school_day(start)
    return _at_school(
        county, id, "varicella", "primary", (7, 4, 2), (1, 0, 0, 1, 2, 3, 3, 2, 2, 1, 1, 1, 1, 1), day,
        "首例带病上课，同班传播", 0.92,
    )  # fmt: skip


def _flu_schools(county: County, wave_at: date) -> list[Outbreak]:
    """Two schools early in the season."""
    found: list[Outbreak] = []
    earliest = county.scale.first_day + timedelta(days=3)
    for number, (stage, sizes, before) in enumerate(
        (("primary", (15, 11, 8, 5), 18), ("middle", (12, 9, 6), 12)), 1
    ):  # fmt: skip
        start = seasons.last_school_day(max(earliest, wave_at - timedelta(days=before)))
        skip = frozenset(one.unit for one in found)
        found.append(
            _at_school(
                county, f"OB-FLU-SCHOOL-{number}", "influenza", stage, sizes, (1, 2, 4, 5, 4, 2), start,
                "班级内飞沫传播，流感季起始", 0.75, skip,
            )
        )  # fmt: skip
    return found


def _season(county: County, id: str, centre: date) -> Outbreak:
    """The winter's influenza: children first, their families a week and a half later."""
    scale, people = county.scale, county.people
    numbers, chance = stream(county.seed, id), dice(county.seed, id)
    width = min(13.0, scale.days / 9)
    count = max(20, round(0.009 * len(people)))
    bands = numbers.choice(7, size=count, p=np.array([9, 16, 24, 15, 18, 11, 7]) / 100)
    persons, onsets = [], []
    for band in bands.tolist():
        mine = people.by_band[band]
        shift = -9 if band in (1, 2, 3) else 3
        day = centre + timedelta(days=round(numbers.normal(shift, width)))
        person = int(mine[numbers.integers(len(mine))])
        if scale.first_day <= day <= scale.until and people.birth[person] <= day.toordinal():
            persons.append(person)
            onsets.append(day)
    cases = _sick(id, "influenza", persons, onsets, chance, illness("influenza").visits)
    county_code = county.places.townships[0].area.parent
    return _outbreak(id, "influenza", "season", [county_code], "", [], "甲型流感冬季流行，学校先起", cases)


def _villages(county: County, herding: bool, least: int) -> list[int]:
    places, people = county.places, county.people
    sizes = np.bincount(people.village, minlength=len(places.villages))
    keepers = np.bincount(people.village[people.herders], minlength=len(places.villages))
    fit = [
        number
        for number, one in enumerate(places.villages)
        if not one.urban and places.townships[one.township].herding == herding
        and (keepers[number] if herding else sizes[number]) >= least
    ]  # fmt: skip
    return fit or [int(np.argmax(keepers if herding else sizes))]


def _well(county: County, id: str, start: date) -> Outbreak:
    """Hepatitis A from one village's well: twelve cases in four weeks, after the incubation."""
    chance = dice(county.seed, id)
    village = chance.choice(_villages(county, False, 150))
    born = start.toordinal()
    homes = [int(one) for one in county.people.of_village(village) if county.people.birth[one] <= born]
    persons = chance.sample(homes, min(12, len(homes)))
    onsets = [start + timedelta(days=min(27, int(chance.triangular(0, 28, 10)))) for _ in persons]
    onsets[:1] = [start]
    area = county.places.villages[village].area
    exposure = f"{area.name}共用水井受粪便污染，暴露约在{start - timedelta(days=28):%Y-%m-%d}"
    cases = _sick(id, "hepatitis_a", persons, sorted(onsets), chance, 0.92)
    return _outbreak(id, "hepatitis_a", "village", [area.parent, area.code], area.code, [area.code], exposure, cases)


def _sheep(county: County, id: str, start: date, villages: int, count: int, days: int) -> Outbreak:
    """Brucellosis of those who help at lambing."""
    chance = dice(county.seed, id)
    people, places = county.people, county.places
    fit = _villages(county, True, count)
    struck = chance.sample(fit, min(villages, len(fit)))
    persons: list[int] = []
    for number, village in enumerate(struck):
        keepers = [int(one) for one in people.of_village(village) if people.herder[one]]
        share = count - len(persons) if number == len(struck) - 1 else count // len(struck)
        persons += chance.sample(keepers, min(share, len(keepers)))
    span = min(days, county.scale.days - 2)
    onsets = sorted(start + timedelta(days=chance.randrange(span)) for _ in persons)
    onsets[:1] = [start] if onsets else []
    areas = [places.villages[one].area for one in struck]
    cases = _sick(id, "brucellosis", persons, onsets, chance, 0.9)
    return _outbreak(
        id, "brucellosis", "village", [*dict.fromkeys(one.parent for one in areas), *(one.code for one in areas)],
        areas[0].code, [one.code for one in areas], "产羔季接羔、处理流产羔羊，未戴手套", cases,
    )  # fmt: skip


def _plague(county: County, id: str, day: date) -> Outbreak:
    chance = dice(county.seed, id)
    keepers = county.people.herders.tolist() or [0]
    person = chance.choice(keepers)
    village = county.places.villages[int(county.people.village[person])].area
    cases = _sick(id, "plague", [person], [day], chance, 1.0)
    return _outbreak(id, "plague", "single", [village.parent, village.code], "", [], "牧场剥食旱獭，疑似病例", cases)
