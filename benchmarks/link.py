"""How right and how fast the person index links: on made residents of a Chinese county, and on the public sets.

The rules were written for Chinese sources. The English sets are the engine's: they lack sex and township and hold other
numbers, so their figures say how the engine behaves, not how good the rules are. `./dev bench link` prints the table.
"""

from __future__ import annotations

import csv
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path

from benchmarks.residents import Mention, mentions, residents
from yifang.knowledge import load
from yifang.link import Facts, Linked, facts, link, rules_of

Figure = tuple[str, float, str, float]
SEEDS = (20261127, 20261128, 20261129)


@dataclass(frozen=True, slots=True)
class Score:
    """Pairs of records: `linked` by the program, of them `right`; `true` pairs there are, `asked` are in the queue."""

    records: int
    people: int
    found: int
    linked: int
    right: int
    true: int
    asked: int
    asked_right: int
    placed: int  # records that stand at their person: of each person the largest part that is held together
    placed_reviewed: int  # the same once the queue is worked rightly
    clean: int  # people of the truth that the program holds as exactly one person with nobody else's records
    compared: int
    seconds: float

    @property
    def precision(self) -> float:
        return self.right / self.linked if self.linked else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 1.0

    @property
    def reviewed(self) -> float:
        """Recall when whoever works the queue answers every pair rightly."""
        return self.asked_right / self.true if self.true else 1.0


def facts_of(one: Mention) -> Facts:
    """A mention as the service would hand it over."""
    return facts(
        names=(one.name,), sex=one.sex, birth=one.birth, id_no=one.number, id_type="01", phones=(one.phone,),
        addresses=(one.address,), township=one.area if len(one.area) > 6 else "", guardian=one.guardian,
        insurance=(one.insurance,), mrn=(f"{one.organisation}|{one.mrn}",) if one.mrn else (),
        organisation=one.organisation, no_phone=load().linkage.no_phone,
    )  # fmt: skip


def score(batch: Sequence[Facts], truth: Sequence[object]) -> Score:
    """Link a batch whose truth is known and count."""
    rules = rules_of(load().linkage)
    started = time.perf_counter()
    linked = link(batch, rules)
    seconds = time.perf_counter() - started
    both = Counter(zip(linked.person, truth, strict=True))
    right, made, true = _pairs(both.values()), _pairs(Counter(linked.person).values()), _pairs(Counter(truth).values())
    reviewed = _reviewed(linked, truth)
    asked = {tuple(sorted((linked.person[one.one], linked.person[one.other]))) for one in linked.uncertain}
    sizes, held = Counter(truth), Counter(linked.person)
    clean = sum(count == sizes[who] == held[person] for (person, who), count in both.items())
    return Score(
        len(batch), len(sizes), len(held), made, right, true, len(asked),
        _pairs(Counter(zip(reviewed, truth, strict=True)).values()), _placed(linked.person, truth),
        _placed(reviewed, truth), clean, linked.compared, seconds,
    )  # fmt: skip


def _placed(person: Sequence[int], truth: Sequence[object]) -> int:
    largest: dict[object, int] = {}
    owner = {place: Counter[object]() for place in person}
    for place, who in zip(person, truth, strict=True):
        owner[place][who] += 1
    for held in owner.values():
        ((who, count),) = held.most_common(1)
        largest[who] = max(largest.get(who, 0), count)
    return sum(largest.values())


def _reviewed(linked: Linked, truth: Sequence[object]) -> list[int]:
    """The person of each record once every uncertain pair is answered by the truth."""
    root = list(linked.person)

    def top(place: int) -> int:
        while root[place] != place:
            place = root[place]
        return place

    for pair in linked.uncertain:
        if truth[pair.one] == truth[pair.other]:
            one, other = sorted((top(pair.one), top(pair.other)))
            root[other] = one
    return [top(place) for place in range(len(root))]


def _pairs(sizes: object) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)  # type: ignore[attr-defined]


# -- the sets


def made(count: int, seed: int) -> tuple[list[Facts], list[object]]:
    """Mentions of `count` residents of a Chinese county."""
    people = residents(count, random.Random(seed))
    said = mentions(people, random.Random(seed + 1))
    return [facts_of(one) for one in said], [one.who for one in said]


def febrl(name: str) -> tuple[list[Facts], list[object]]:
    """Australian persons: their social security number is put where the insurance number stands."""
    batch: list[Facts] = []
    truth: list[object] = []
    for row in _rows(f"{name}.csv"):
        batch.append(
            facts(
                names=(f"{row['given_name']} {row['surname']}",), birth=_iso(row["date_of_birth"]),
                insurance=(row["soc_sec_id"],), addresses=(" ".join(row[part] for part in _ADDRESS),),
                township=row["postcode"],
            )
        )  # fmt: skip
        truth.append(row["rec_id"].split("-")[1])
    return batch, truth


def splink() -> tuple[list[Facts], list[object]]:
    """English persons: the e-mail address is put where the address stands, for it is words, not digits."""
    rows = list(_rows("splink_fake_1000.csv"))
    batch = [
        facts(
            names=(f"{row['first_name']} {row['surname']}",), birth=_iso(row["dob"]), addresses=(row["email"],),
            township=row["city"].lower(),
        )
        for row in rows
    ]  # fmt: skip
    return batch, [row["cluster"] for row in rows]


def chinese_names() -> tuple[list[Facts], list[object]]:
    """Names as keyed in the national system, with sex and birth and nothing else."""
    batch: list[Facts] = []
    truth: list[object] = []
    for part in ("1", "2"):
        for row in _rows(f"chinese_name_pairs_{part}.csv"):
            birth = date(int(row["yob"]), int(row["mob"]), int(row["dob"]))
            sex = {"0": "male", "1": "female"}[row["sex"]]
            batch.append(facts(names=(row["name"],), sex=sex, birth=birth))
            truth.append(row["pair"])
    return batch, truth


def phdi() -> tuple[list[Facts], list[object]]:
    """Ten persons, each once: nobody may be linked, though all bear one social security number."""
    batch = [
        facts(
            names=(f"{row['first_name']} {row['last_name']}",), sex={"M": "male", "F": "female"}[row["sex"]],
            birth=_iso(row["birthdate"]), insurance=(row["ssn"],), phones=(row["home_phone"], row["cell_phone"]),
            addresses=(row["address"],), township=row["zip"],
        )
        for row in _rows("phdi_mpi_seed.csv")
    ]  # fmt: skip
    return batch, list(range(len(batch)))


_ADDRESS = ("street_number", "address_1", "suburb")
SETS: dict[str, Callable[[], tuple[list[Facts], list[object]]]] = {
    "febrl1 (English)": lambda: febrl("febrl1"),
    "febrl2 (English)": lambda: febrl("febrl2"),
    "splink_fake_1000 (English)": splink,
    "chinese_name_pairs": chinese_names,
    "phdi_mpi_seed (English)": phdi,
}


def labelled() -> tuple[int, int, int, int]:
    """Of the clerical labels of splink_fake_1000: same pairs and how many linked, other pairs and how many linked."""
    batch, _ = splink()
    person = link(batch, rules_of(load().linkage)).person
    said: dict[bool, list[bool]] = defaultdict(list)
    for row in _rows("splink_fake_1000_labels.csv"):
        one, other = int(row["unique_id_l"]), int(row["unique_id_r"])
        said[float(row["clerical_match_score"]) > 0.5].append(person[one] == person[other])
    return len(said[True]), sum(said[True]), len(said[False]), sum(said[False])


def twins_as_one(linked: Linked, truth: Sequence[object], twins: set[int]) -> int:
    """How many pairs of twins came to be one person."""
    together = defaultdict(set)
    for person, who in zip(linked.person, truth, strict=True):
        if who in twins:
            together[person].add(who)
    return sum(len(list(combinations(each, 2))) for each in together.values())


def _rows(name: str) -> Iterator[dict[str, str]]:
    shared = Path(os.environ.get("YIFANG_SHARED") or Path(__file__).parents[2] / "shared")
    with (shared / "fixtures" / "linkage" / name).open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            yield {key: value.strip() for key, value in row.items()}


def _iso(text: str) -> date | None:
    digits = text.replace("-", "")
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def run() -> list[Figure]:
    """Wrong links, missed links and persons not right, in percent, on the made residents; records a second."""
    print(
        f"{'set':28} {'records':>7} {'people':>6} {'found':>6} {'precision':>9} {'recall':>7} "
        f"{'+queue':>7} {'asked':>6} {'placed':>7} {'+queue':>7} {'exact':>7} {'compared':>9} {'rec/s':>8}"
    )
    scores = []
    for seed in SEEDS:
        scores.append(score(*made(9_000, seed)))
        _print(f"made residents, seed {seed}", scores[-1])
    for name, make in SETS.items():
        _print(name, score(*make()))
    same, linked, other, wrong = labelled()
    print(f"clerical labels of splink_fake_1000: {linked} of {same} same pairs linked, {wrong} of {other} others")
    return [
        ("made residents: links that are wrong", _most(one.precision for one in scores), "%", 1.0),
        ("made residents: pairs not linked by themselves", _most(one.recall for one in scores), "%", 5.0),
        ("made residents: people not held as one", _most(one.clean / one.people for one in scores), "%", 5.0),
        ("made residents: records not at their person", _most(one.placed / one.records for one in scores), "%", 2.0),
        (
            "made residents: the same once the queue is worked",
            _most(one.placed_reviewed / one.records for one in scores), "%", 1.0,
        ),
        ("link: whole batch", min(one.records / one.seconds for one in scores), "records/s", 10_000),
    ]  # fmt: skip


def _most(shares: Iterable[float]) -> float:
    """The worst shortfall in percent."""
    return 100 * max(1 - share for share in shares)


def _print(name: str, one: Score) -> None:
    print(
        f"{name:28} {one.records:7} {one.people:6} {one.found:6} {one.precision:9.4f} {one.recall:7.4f} "
        f"{one.reviewed:7.4f} {one.asked:6} {one.placed / one.records:7.4f} "
        f"{one.placed_reviewed / one.records:7.4f} {one.clean / one.people:7.4f} {one.compared:9} "
        f"{one.records / one.seconds:8.0f}"
    )
