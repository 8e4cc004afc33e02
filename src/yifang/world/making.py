"""Writing the whole county: registers, a year of feeds day by day, the database, the export, the counts, the truth.

One pass over the days; nothing but the cases, the counts and each feed's unfinished file is kept in memory.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from yifang.kernel.errors import UserError
from yifang.world import carding, counts, feeds, outbreaks, outline, truth
from yifang.world.county import County
from yifang.world.encounters import Encounters, Seen
from yifang.world.epidemics import Case, Epidemics
from yifang.world.faults import Fault
from yifang.world.feeds import Feed
from yifang.world.writing import national, sql

Tell = Callable[[str, dict[str, object]], None]
_FEVERISH = 37.3


@dataclass(slots=True)
class Made:
    """How much was written."""

    visits: int = 0
    messages: int = 0
    files: int = 0
    cases: int = 0
    decoys: int = 0
    errors: int = 0
    cards: int = 0
    outbreaks: int = 0
    history: int = 0
    counts: int = 0


@dataclass(slots=True)
class _Year:
    """What is gathered over the days."""

    cases: dict[str, Case] = field(default_factory=dict)
    visits: dict[str, list[truth.TrueVisit]] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)
    decoys: list[truth.TrueDecoy] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    stored: dict[date, dict[str, tuple[int, int]]] = field(default_factory=dict)
    open: dict[str, tuple[str, list[Seen]]] = field(default_factory=dict)


def make(county: County, folder: Path, tell: Tell = lambda code, params: None) -> Made:
    """Write everything into `folder`, which must be empty or absent. Raises UserError `world.not_empty`."""
    if folder.exists() and any(folder.iterdir()):
        raise UserError("world.not_empty", folder=str(folder))
    for name in ("feeds", "truth", "national"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    outline.write(county, folder)
    tell("world.peopled", {"residents": len(county.people), "schools": len(county.places.schools)})
    planned = outbreaks.planned(county)
    made, year, registry = Made(), _Year(), carding.Registry(county, county.scale.until)
    _feeds(county, folder, Encounters(county, Epidemics(county, planned)), year, registry, made, tell)
    _exports(county, folder, registry, made)
    tell("world.exported", {"cards": made.cards})
    made.history = outline.table(folder / "history.csv", counts.HISTORY, counts.history(county))
    made.counts = outline.table(folder / "visits.csv", counts.VISITS, _everything_else(county, year))
    tell("world.counted", {"history": made.history, "counts": made.counts})
    told = folder / "truth"
    made.outbreaks = truth.write(told / "outbreaks.jsonl", map(truth.of_outbreak, planned))
    made.cases = truth.write(told / "cases.jsonl", _true_cases(county, year))
    made.decoys = truth.write(told / "decoys.jsonl", year.decoys)
    made.errors = truth.write(told / "errors.jsonl", year.faults)
    return made


def _feeds(
    county: County,
    folder: Path,
    encounters: Encounters,
    year: _Year,
    registry: carding.Registry,
    made: Made,
    tell: Tell,
) -> None:
    every = feeds.feeds(county.places)
    for feed in every:
        (folder / "feeds" / feed.code).mkdir()
    (folder / "feeds" / feeds.DATABASE).mkdir()
    scale = county.scale
    shown = -1
    with (folder / "feeds" / feeds.DATABASE / "views.sql").open("w", encoding="utf-8", newline="\n") as database:
        database.write(sql.TABLES)
        for at in range(scale.days):
            day = scale.first_day + timedelta(days=at)
            seen = encounters.visits(day)
            _remember(encounters.epidemics, day, seen, year, registry)
            made.visits += len(seen)
            database.write(
                feeds.database_rows([one for one in seen if feeds.channel(one.organisation) == "sql"])
            )  # fmt: skip
            _collect(folder, every, day, seen, year, made)
            if at * 10 // scale.days > shown:
                shown = at * 10 // scale.days
                tell("world.living", {"day": str(day), "done": at + 1, "days": scale.days})
        for feed in every:
            _finish(folder, feed, year, made)


def _remember(epidemics: Epidemics, day: date, seen: list[Seen], year: _Year, registry: carding.Registry) -> None:
    for case in epidemics.cases(day):
        year.cases[case.id] = case
        if not case.visits and (card := registry.elsewhere(case)):
            year.cards[case.id] = card
    year.stored[day] = stored_of(seen)
    for one in seen:
        if one.case is not None:
            year.cases.setdefault(one.case.id, one.case)  # who comes again may have come first before the year
            year.visits.setdefault(one.case.id, []).append(truth.of_visit(one))
            if card := registry.report(one):
                year.cards[one.case.id] = card
            registry.visitor(one)
        elif decoy := truth.decoy_of(one):
            year.decoys.append(decoy)


def stored_of(seen: Iterable[Seen]) -> dict[str, tuple[int, int]]:
    """Visits and fever visits of a day by organisation."""
    visits: Counter[str] = Counter()
    fevers: Counter[str] = Counter()
    for one in seen:
        visits[one.organisation.code] += 1
        fevers[one.organisation.code] += bool(one.visit.temperature and float(one.visit.temperature) >= _FEVERISH)
    return {code: (count, fevers[code]) for code, count in visits.items()}


def _collect(folder: Path, every: list[Feed], day: date, seen: list[Seen], year: _Year, made: Made) -> None:
    """Add the day to each feed's open file; close those whose day, week or month is over."""
    for feed, mine in feeds.by_feed(every, seen):
        label = feeds.grouped(feed.period, str(day))
        if feed.code in year.open and year.open[feed.code][0] != label:
            _finish(folder, feed, year, made)
        year.open.setdefault(feed.code, (label, []))[1].extend(mine)


def _finish(folder: Path, feed: Feed, year: _Year, made: Made) -> None:
    label, seen = year.open.pop(feed.code, ("", []))
    if seen:
        name, data, faults = feed.file(seen, label)
        (folder / "feeds" / name).write_bytes(data)
        year.faults += faults
        made.files += 1
        made.messages += len(seen)


def _exports(county: County, folder: Path, registry: carding.Registry, made: Made) -> None:
    """Two scopes as CSV, the last quarter of one again as a workbook."""
    reported, resident = registry.scopes()
    scale = county.scale
    span = f"{scale.first_day} 至 {scale.until}"
    into = folder / "national"
    title = f"传染病报告卡浏览审核  {span}"
    (into / "export-reported.csv").write_bytes(national.csv_export(reported, f"{title}  按报告地区", "gbk"))
    (into / "export-resident.csv").write_bytes(national.csv_export(resident, f"{title}  按现住址", "gb18030", True))
    since = scale.until - timedelta(days=min(91, scale.days))
    recent = [one for one in resident if one.entered.date() > since]
    (into / "export-resident-recent.xlsx").write_bytes(
        national.workbook(recent, f"传染病报告卡浏览审核  {since + timedelta(days=1)} 至 {scale.until}  按现住址")
    )
    made.cards = len({one.national_card_id for one in registry.cards})


def _everything_else(county: County, year: _Year) -> Iterator[tuple[str, str, str, int]]:
    by_onset: dict[date, list[Case]] = defaultdict(list)
    for case in year.cases.values():
        by_onset[case.onset].append(case)
    everything = counts.Everything(county)
    for at in range(county.scale.days):
        day = county.scale.first_day + timedelta(days=at)
        near = [case for back in range(3) for case in by_onset.get(day - timedelta(days=back), ())]
        yield from everything.of_day(day, near, year.stored.get(day, {}))


def _true_cases(county: County, year: _Year) -> Iterator[truth.TrueCase]:
    for id, case in sorted(year.cases.items(), key=lambda one: (one[1].seen, one[0])):
        yield truth.of_case(case, county.people, year.visits.get(id, ()), year.cards.get(id, ""))
