"""The person index as a node runs it: people found or made while records come in, linked and merged afterwards.

The same made residents as `link`, taken in by chunks of one hospital; the truth says how many came out right. The
node's own jobs are kept from doing the same work at the same time.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

from benchmarks.node import running
from benchmarks.residents import Mention, mentions, residents

Figure = tuple[str, float, str, float]
MENTIONS, CHUNK, SEED = 20_000, 500, 20261127
_HEARING = ("records.late", "records.linking", "records.merging", "records.pairs_seen", "reporting.persons")


def run() -> list[Figure]:
    """Records a second in find_or_make (new, then known people), persons a second in the linking, and how right."""
    said = mentions(residents(9_000, random.Random(SEED)), random.Random(SEED + 1))[:MENTIONS]
    with running():
        return _measured(said)


def _measured(said: list[Mention]) -> list[Figure]:
    from django.db import transaction

    from yifang.apps.ledger.models import Cursor
    from yifang.apps.places.models import Organisation
    from yifang.apps.records import linking, people
    from yifang.apps.records.models import PairState, Person, PersonPair

    for name in _HEARING:
        Cursor.objects.update_or_create(name=name, defaults={"seq": 10**12})
    hospitals = {
        name: Organisation.objects.create(code=name.upper(), name=name, kind="hospital", area_code="310112")
        for name in sorted({one.organisation for one in said})
    }
    chunks = _chunks(said)
    owner: list[tuple[int, UUID]] = []
    started = time.perf_counter()
    for name, chunk in chunks:
        with transaction.atomic():
            found = people.find_or_make([_known(one, people) for one in chunk], hospitals[name])
        owner += [(one.who, person) for one, person in zip(chunk, found, strict=True)]
    fresh = len(said) / (time.perf_counter() - started)
    started = time.perf_counter()
    for name, chunk in chunks:
        with transaction.atomic():
            people.find_or_make([_known(one, people) for one in chunk], hospitals[name])
    known = len(said) / (time.perf_counter() - started)
    ids = list(Person.objects.order_by("id").values_list("id", flat=True))
    started = time.perf_counter()
    with transaction.atomic():
        linking.look(ids)
    looked = len(ids) / (time.perf_counter() - started)
    merged = _merge_all()
    root = {one.id: one.root_id for one in Person.objects.only("id", "merged_into_id")}
    waiting = PersonPair.objects.filter(state=PairState.OPEN).count()
    precision, recall, placed = _right([(who, root[person]) for who, person in owner])
    print(f"{len(said)} records, {len(set(root.values()))} persons after {merged} merges, {waiting} pairs wait")
    return [
        ("people: found or made, all new", fresh, "records/s", 1_500),
        ("people: found or made, known already", known, "records/s", 1_500),
        ("people: looked at after they came in", looked, "persons/s", 1_500),
        ("people: pairs of records wrongly linked", 100 * (1 - precision), "%", 1.0),
        ("people: pairs of records not linked by themselves", 100 * (1 - recall), "%", 5.0),
        ("people: records not at their person", 100 * (1 - placed), "%", 2.0),
    ]


def _chunks(said: list[Mention]) -> list[tuple[str, list[Mention]]]:
    by: dict[str, list[Mention]] = defaultdict(list)
    for one in said:
        by[one.organisation].append(one)
    return [
        (name, rows[start : start + CHUNK]) for name, rows in sorted(by.items()) for start in range(0, len(rows), CHUNK)
    ]


def _known(one: Mention, people: Any) -> Any:
    from yifang.apps.records.identity import Identity

    numbers = [f"mrn|{one.organisation}||{one.mrn}"] if one.mrn else []
    numbers += [f"insurance|{one.insurance}"] if one.insurance else []
    identity = Identity(
        name=one.name, id_type="01" if one.number else "", id_no=one.number, phone=one.phone, address=one.address,
        guardian=one.guardian, numbers=tuple(numbers),
    )  # fmt: skip
    return people.Known(identity, one.sex, one.birth, one.area, f"mrn||{one.mrn or id(one)}")


def _merge_all() -> int:
    """Every pair that a rule linked, as the subscriber would."""
    from yifang.apps.records import merging
    from yifang.apps.records.models import PairState, PersonMerge, PersonPair

    for pair in PersonPair.objects.filter(state=PairState.SAME).order_by("id"):
        merging.settle(pair)
    return PersonMerge.objects.filter(undone_at=None).count()


def _right(owner: list[tuple[int, UUID]]) -> tuple[float, float, float]:
    both, persons = Counter(owner), Counter(person for _, person in owner)
    people = Counter(who for who, _ in owner)
    right, linked, true = (sum(n * (n - 1) // 2 for n in each.values()) for each in (both, persons, people))
    largest: dict[int, int] = {}
    for (who, person), n in both.items():
        if n * 2 > persons[person]:  # the person is theirs, not another's
            largest[who] = max(largest.get(who, 0), n)
    return right / linked, right / true, sum(largest.values()) / len(owner)


if __name__ == "__main__":
    print(run())
