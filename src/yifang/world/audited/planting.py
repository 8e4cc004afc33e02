"""Making the hospital: its visits of some weeks, a choice among them of what went wrong, decoys, and the files.

Everything else is as the county has it: faults of feeds, people who come again, cases that another unit reported.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from yifang import knowledge
from yifang.formats import canonical
from yifang.identify import compiled
from yifang.kernel.errors import UserError
from yifang.world import county as counties
from yifang.world import data, feeds, outbreaks, outline
from yifang.world import truth as county_truth
from yifang.world.audited import papers, truth
from yifang.world.audited.registry import Punctual
from yifang.world.chance import dice
from yifang.world.county import County, Scale
from yifang.world.encounters import Encounters, Seen, patient_of
from yifang.world.epidemics import Epidemics
from yifang.world.people import Resident, age_on
from yifang.world.writing import national
from yifang.world.writing.form import Result, Visit

DAYS = 62
_MOST_DAYS_LATE = 6


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything."""

    seed: int
    until: date
    visits: int = 12_400
    missed: int = 37
    late: int = 9
    wrong: int = 4
    decoys: int = 60


@dataclass(slots=True)
class Made:
    """What was written."""

    visits: int = 0
    cases: int = 0
    cards: int = 0
    planted: list[truth.Planted] = field(default_factory=list)
    besides: list[papers.Besides] = field(default_factory=list)


def make(plan: Plan, folder: Path) -> Made:
    """Write the hospital into `folder`, which must be empty or absent.

    Raises UserError `world.not_empty`, and `world.too_few_cases` where the visits hold too few cases to plant.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UserError("world.not_empty", folder=str(folder))
    for name in ("feeds", "truth", "national"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    scale = Scale(plan.seed, plan.until, 270_000, max(20_000, plan.visits * 5), DAYS)
    county = counties.found(scale)
    outline.write(county, folder)
    _name_feeds(folder, county)
    planned = outbreaks.planned(county)
    encounters = Encounters(county, Epidemics(county, planned))
    chance = dice(plan.seed, "audited")
    registry = Punctual(county, plan.until)
    special = plan.missed // 6
    hospital = county.places.hospitals[0]
    seen, elsewhere = _visits(encounters, scale, hospital.code, plan.visits - plan.decoys - special, plan.missed * 2)
    made = Made()
    _settle(seen, elsewhere, registry, plan, special, chance, made)
    _others(seen, county, registry, plan, special, chance, made)
    seen.sort(key=lambda one: (one.visit.at, one.visit.number))
    made.visits, made.cards = len(seen), len(registry.cards)
    _write(seen, county, registry, folder, plan, made)
    return made


def _visits(
    encounters: Encounters, scale: Scale, code: str, wanted: int, least: int
) -> tuple[list[Seen], dict[str, Seen]]:
    """The hospital's visits without decoys, and the first visit elsewhere of cases that were seen elsewhere first."""
    found: list[Seen] = []
    elsewhere: dict[str, Seen] = {}
    here: set[str] = set()
    for at in range(scale.days):
        for one in encounters.visits(scale.first_day + timedelta(days=at)):
            if one.organisation.code == code:
                if one.illness.decoy:
                    continue
                if county_truth.decoy_of(one):
                    one.lab_fault = ""
                found.append(one)
                if one.case:
                    here.add(one.case.id)
            elif one.case and one.case.id not in here:
                elsewhere.setdefault(one.case.id, one)
    if len(found) < wanted:
        raise UserError("world.too_few_visits", visits=len(found), wanted=wanted)
    cases = [one for one in found if one.case]
    if len(cases) < least:
        raise UserError("world.too_few_cases", cases=len(cases), wanted=least)
    plain = [one for one in found if not one.case]
    dice(scale.seed, "kept").shuffle(plain)
    kept = {id(one) for one in plain[: wanted - len(cases)]} | {id(one) for one in cases}
    return [one for one in found if id(one) in kept], elsewhere


def _settle(
    seen: Sequence[Seen], elsewhere: dict[str, Seen], registry: Punctual, plan: Plan, special: int,
    chance: random.Random, made: Made,
) -> None:  # fmt: skip
    """Report every case; of those that a reader can see some late, some wrongly, some not at all."""
    first: dict[str, Seen] = {}
    for one in seen:
        if one.case:
            first.setdefault(one.case.id, one)
    made.cases = len(first)
    ill = Counter(one.person for one in (*first.values(), *(e for id, e in elsewhere.items() if id not in first)))
    tested = {one.person for one in seen if one.visit.results}
    mine = [
        one for id, one in first.items()
        if id not in elsewhere and not one.again and county_truth.of_visit(one).evidence and ill[one.person] == 1
    ]  # fmt: skip
    chance.shuffle(mine)
    classed = [one for one in mine if _is_confirmed(one)]
    smear = [one for one in classed if one.illness.id == "pulmonary_tb"]
    classes = {"clinical", "confirmed"}
    unsupported = [
        one for one in mine
        if one.person not in tested and one.named in ("code", "text") and one.illness.card == ("confirmed", "clinical")
        and classes <= set(knowledge.load().diseases[one.illness.id].case_classes)
    ]  # fmt: skip
    wrong: dict[int, str] = {}
    for pool, what, count in ((smear, "result", 1), (unsupported, "class", 1), (classed, "class", plan.wrong)):
        for one in pool:
            if count and len(wrong) < plan.wrong and id(one) not in wrong:
                wrong[id(one)] = what
                count -= 1
    left = [one for one in mine if id(one) not in wrong]
    missed = {id(one) for one in left[: plan.missed - special]}
    late = {id(one) for one in left[plan.missed - special : plan.missed - special + plan.late]}
    for case, one in first.items():
        if id(one) in missed:
            made.planted.append(_planted(one, truth.MISSED))
        elif id(one) in late:
            how = timedelta(minutes=chance.randint(12, 60 * 24 * _MOST_DAYS_LATE))
            made.planted.append(_planted(one, truth.LATE, registry.reported(one, late=how)))
        elif id(one) in wrong:
            made.planted.append(_planted(one, truth.WRONG, registry.reported(one, wrong=wrong[id(one)])))
        else:
            registry.reported(elsewhere.get(case, one))


def _is_confirmed(one: Seen) -> bool:
    """Whether a result of the visit makes the case a confirmed one by the packs, whatever the doctor wrote."""
    way = one.named in ("code", "text") and one.lab_fault not in ("truncated", "withdrawn", "corrected")
    if not way or not one.visit.results or not one.case or not one.case.tested:
        return False
    return _confirms(one)


@cache
def _identifier() -> Any:
    return compiled(knowledge.load())


def _confirms(one: Seen) -> bool:
    record = canonical.Record(
        "lab_report", "x", "final", canonical.Source("text"),
        diagnoses=tuple(
            canonical.Diagnosis((canonical.Code("icd10", code, text),) if code else (), text, f"d{at}")
            for at, (code, text) in enumerate(one.visit.diagnoses)
        ),
        results=tuple(
            canonical.Result((), line.name, line.value, f"r{at}", reference_range=line.normal, specimen=line.specimen,
                             panel=line.panel)
            for at, line in enumerate(one.visit.results)
        ),
    )  # fmt: skip
    found = _identifier().identify([record])[0]
    return any(s.disease == one.illness.id and s.case_class == "confirmed" for s in found.suspicions)


def _planted(one: Seen, kind: str, detail: str = "") -> truth.Planted:
    source = "lis" if one.named == "lab" else "his"
    return truth.Planted(one.visit.number, one.visit.who.id_no, one.illness.id, kind, source, detail)


def _others(
    seen: list[Seen], county: County, registry: Punctual, plan: Plan, special: int, chance: random.Random, made: Made
) -> None:
    """Decoys, and what only imaging, pharmacy or a death certificate tells."""
    material = data.audited()
    raw = [material["missed"][at % len(material["missed"])] for at in range(special)]
    kinds: list[Any] = [one for one in data.decoys() if one.hospital >= 0.3]
    decoys: list[Any] = [*material["decoys"], *kinds]
    used = {one.person for one in seen}
    encounters = Encounters(county, Epidemics(county, []))
    for number in range(plan.decoys + special):
        day = county.scale.first_day + timedelta(days=chance.randrange(DAYS - 3))
        spec = raw[number - plan.decoys] if number >= plan.decoys else decoys[number % len(decoys)]
        if isinstance(spec, dict):
            one, who = _made(spec, day, county, chance, used)
        else:
            one, who = _of_kind(spec, day, encounters, county, chance, used)
        one.visit.number = f"{one.organisation.code[6:]}{day:%y%m%d}9{number:03d}"
        seen.append(one)
        used.add(one.person)
        if number >= plan.decoys:
            planted = truth.Planted(one.visit.number, who.id_no, spec["disease"], truth.MISSED, spec["source"])
        else:
            kind = spec["kind"] if isinstance(spec, dict) else spec.decoy
            name = spec["id"] if isinstance(spec, dict) else spec.id
            planted = truth.Planted(one.visit.number, who.id_no, "", truth.DECOY, kind, name)
        made.planted.append(planted)
        if isinstance(spec, dict):
            _besides(spec, one, who, registry, made)


def _made(
    spec: dict[str, Any], day: date, county: County, chance: random.Random, used: set[int]
) -> tuple[Seen, Resident]:
    who = _somebody(county, day, spec["ages"], chance, used)
    at = datetime(day.year, day.month, day.day, chance.randint(8, 16), chance.randint(0, 59))
    code, text = spec["diagnosis"]
    results = tuple(
        Result(panel, name, value, normal, specimen, value != normal)
        for panel, name, value, normal, specimen in spec.get("results", ())
    )
    doctor = (f"D{chance.randint(100, 899)}", "何医生")
    visit = Visit(
        "", at, at + timedelta(hours=2), spec.get("kind_of_visit", "outpatient"), spec["department"], *doctor,
        spec["complaint"], spec["history"], code, text, spec.get("reason", ""), results, patient_of(who),
    )  # fmt: skip
    return Seen(visit, county.places.hospitals[0], who.number, data.common()[0]), who


def _of_kind(
    kind: data.Illness, day: date, encounters: Encounters, county: County, chance: random.Random, used: set[int]
) -> tuple[Seen, Resident]:
    """A decoy of the county's own kinds, at this hospital."""
    while True:
        weights = [w * bool(len(m)) for w, m in zip(kind.ages, county.people.by_band, strict=True)]
        band = chance.choices(range(len(kind.ages)), weights)[0]
        mine = county.people.by_band[band]
        person = int(mine[chance.randrange(len(mine))])
        if person in used or county.people.birth[person] > day.toordinal() - 40:
            continue
        one = encounters.decoy(kind, person, day, county.places.hospitals[0], chance)
        return one, county.people.resident(person)


def _somebody(county: County, day: date, ages: Sequence[int], chance: random.Random, used: set[int]) -> Resident:
    while True:
        person = chance.randrange(len(county.people))
        if person not in used:
            who = county.people.resident(person)
            if ages[0] <= age_on(who.birth, day) <= ages[1]:
                return who


def _besides(spec: dict[str, Any], one: Seen, who: Resident, registry: Punctual, made: Made) -> None:
    cause = tuple(spec["cause"]) if "cause" in spec else None
    made.besides.append(papers.Besides(one.visit, spec.get("imaging", ""), tuple(spec.get("drugs", ())), cause))
    if "earlier" in spec:
        disease, days, klass, name = spec["earlier"]
        unit = one.organisation
        registry.long_ago(who, disease, name, klass, one.visit.at - timedelta(days=days), unit.name, unit.code)


def _name_feeds(folder: Path, county: County) -> None:
    """Only the hospital's own feeds."""
    first = county.places.hospitals[0]
    every = feeds.feeds(county.places)
    rows = [(one.code, one.name, first.code, one.form) for one in every if one.organisation == first]
    rows += [(code, f"{first.name} {what}", first.code, "csv") for code, what in papers.FEEDS.items()]
    outline.table(folder / "feeds.csv", outline.FEEDS, rows)


def _write(seen: Sequence[Seen], county: County, registry: Punctual, folder: Path, plan: Plan, made: Made) -> None:
    mine = [feed for feed in feeds.feeds(county.places) if feed.organisation == county.places.hospitals[0]]
    for feed in mine:
        (folder / "feeds" / feed.code).mkdir()
    by_label: dict[str, list[Seen]] = {}
    for one in seen:
        by_label.setdefault(feeds.grouped("week", f"{one.visit.at:%Y-%m-%d}"), []).append(one)
    for label, group in by_label.items():
        for feed, records in feeds.by_feed(mine, group):
            name, bytes_, _ = feed.file(records, label)
            (folder / "feeds" / name).write_bytes(bytes_)
    for code, content in papers.files(made.besides).items():
        (folder / "feeds" / code).mkdir()
        (folder / "feeds" / code / f"{code}.csv").write_bytes(content)
    reported, resident = registry.scopes()
    span = f"{county.scale.first_day} 至 {plan.until}"
    title = f"传染病报告卡浏览审核  {span}"
    into = folder / "national"
    (into / "export-reported.csv").write_bytes(national.csv_export(reported, f"{title}  按报告地区", "gbk"))
    (into / "export-resident.csv").write_bytes(national.csv_export(resident, f"{title}  按现住址", "gb18030", True))
    truth.write(folder, sorted(made.planted, key=lambda one: (one.kind, one.visit)))


def counted(planted: Sequence[truth.Planted]) -> Iterator[tuple[str, int]]:
    """How many of each kind."""
    for kind in (truth.MISSED, truth.LATE, truth.WRONG, truth.DECOY):
        yield kind, sum(one.kind == kind for one in planted)
