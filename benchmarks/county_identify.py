"""How well records become suspicions: a made county with known truth, identified record by record.

Without a person's history, as the first visit of a stranger: what the engine makes of the words and codes alone. The
county is made with a fixed seed (`yifang.world`) and its truth follows from how a record was written, never from what
the engine finds. `python -m benchmarks.county_identify DIR` measures a county that lies in DIR; `./dev bench county`
makes one of 30,000 residents. Prints tables by disease and by kind of decoy.
"""

from __future__ import annotations

import csv
import io
import sqlite3
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from yifang import formats, identify, knowledge
from yifang.formats.canonical import Record
from yifang.world import county, making, scoring, truth

Figure = tuple[str, float, str, float]

_SCALE = county.Scale(seed=7, until=date(2026, 11, 27), residents=30_000, encounters=20_000, days=200)
_VIEWS = ("v_mzrz", "v_jyjg")
_EXAMPLES = 3


def run() -> list[Figure]:
    """Figures as (name, value, unit, most) of a county made for the purpose."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "county"
        making.make(county.found(_SCALE), made)
        return measured(made)


def measured(folder: Path) -> list[Figure]:
    """The figures of the county in `folder`, its tables printed on the way."""
    told = truth.read(folder)
    records = standing(folder)
    found = suspicions(records)
    account = scoring.score(told, scoring.Found(suspicions=found))
    _print_cases(told, account)
    _print_decoys(account)
    totals = account.totals
    _print_strays(totals, account)
    return [
        ("visible cases that are not suspected", _share(totals.expected, totals.expected_suspected), "%", 1.0),
        ("decoys that are suspected", 100 * totals.decoys_suspected / max(1, totals.decoys), "%", 1.0),
    ]


def standing(folder: Path) -> list[Record]:
    """The records as they stand in the end: a later one of the same key in a feed replaces the earlier."""
    latest: dict[tuple[str, str], Record] = {}
    for feed, source in _sources(folder / "feeds"):
        for item in formats.read(source):
            for record in item.records:
                latest[feed, record.key] = record
    return list(latest.values())


def _sources(feeds: Path) -> Iterator[tuple[str, Path | tuple[str, bytes]]]:
    for path in sorted(feeds.rglob("*")):
        if path.suffix == ".sql":
            for view, table in _views(path):
                yield f"{path.parent.name}/{view}", (f"{view}.csv", table)
        elif path.is_file():
            yield path.parent.name, path


def _views(script: Path) -> Iterator[tuple[str, bytes]]:
    """The views that a hospital opens, each as the table a reader would be given."""
    database = sqlite3.connect(":memory:")
    database.executescript(script.read_text(encoding="utf-8"))
    for view in _VIEWS:
        rows = database.execute(f"SELECT * FROM {view}")
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([column[0] for column in rows.description])
        writer.writerows(rows)
        yield view, out.getvalue().encode()
    database.close()


def suspicions(records: list[Record]) -> list[scoring.Suspicion]:
    """What the engine suspects in each record by itself, named by the visit."""
    identifier = identify.compiled(knowledge.load())
    outcomes = identifier.identify(records)
    return [
        scoring.Suspicion(record.encounter.id or record.key, one.disease)
        for record, outcome in zip(records, outcomes, strict=True)
        for one in outcome.suspicions
    ]


def _share(whole: int, part: int) -> float:
    return 100 * (whole - part) / max(1, whole)


def _print_cases(told: truth.Truth, account: scoring.Score) -> None:
    numbers = {one.id: [visit.number for visit in one.visits] for one in told.cases}
    missed: dict[str, list[str]] = defaultdict(list)
    for one in account.cases:
        if one.missed == "not_suspected":
            missed[one.disease].append(numbers[one.id][0])
    print(f"{'disease':30}{'visible':>8}{'suspected':>10}{'%':>8}  missed, for instance")
    for disease, (visible, suspected) in account.by_disease.items():
        if visible:
            named = " ".join(missed[disease][:_EXAMPLES])
            print(f"{disease:30}{visible:8}{suspected:10}{100 * suspected / visible:8.1f}  {named}")
    totals = account.totals
    share = 100 * totals.expected_suspected / max(1, totals.expected)
    print(f"{'all':30}{totals.expected:8}{totals.expected_suspected:10}{share:8.1f}\n")


def _print_decoys(account: scoring.Score) -> None:
    whole = Counter(one.kind for one in account.decoys)
    wrong = Counter(one.kind for one in account.decoys if one.suspected)
    examples: dict[str, list[str]] = defaultdict(list)
    for one in account.decoys:
        if one.suspected:
            examples[one.kind].append(f"{one.visit}:{'+'.join(one.suspected)}")
    print(f"{'kind of decoy':30}{'visits':>8}{'suspected':>10}{'%':>8}  for instance")
    for kind, count in sorted(whole.items()):
        shown = " ".join(examples[kind][:_EXAMPLES])
        print(f"{kind:30}{count:8}{wrong[kind]:10}{100 * wrong[kind] / count:8.1f}  {shown}")
    print(f"{'all':30}{len(account.decoys):8}{sum(wrong.values()):10}\n")


def _print_strays(totals: scoring.Totals, account: scoring.Score) -> None:
    print(f"suspicions of another disease on a case's visit: {totals.other_diseases}")
    strays = " ".join(f"{disease}:{count}" for disease, count in sorted(account.nobody.items()))
    print(f"suspicions on a visit that is nobody's case and no decoy: {totals.on_nobody}  {strays}\n")


if __name__ == "__main__":
    for name, value, unit, most in measured(Path(sys.argv[1])):
        print(f"{name:58} {value:8.2f} {unit} ≤ {most:g}")
