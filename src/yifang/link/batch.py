"""A whole batch at once: candidates by blocks, verdicts, and the people that come out of them.

Never all pairs: two records are compared only where they share a block, and a block of more than the pack's limit is
left out and counted. Linking is transitive only where nothing forbids it: a record that fits two people whose identity
numbers differ belongs to neither by itself, and its pairs become uncertain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from yifang.link.comparing import Verdict, compare
from yifang.link.rules import UNCERTAIN, Rules
from yifang.link.values import Facts

AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Found:
    """A pair by its places in the batch, the earlier first."""

    one: int
    other: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Linked:
    """`person` gives each record the place of the first record of its person. `skipped`: blocks too large."""

    person: tuple[int, ...]
    pairs: tuple[Found, ...]
    compared: int
    skipped: int

    @property
    def uncertain(self) -> list[Found]:
        """What a person must look at: uncertain pairs whose two sides were not linked by other ways."""
        return [
            pair
            for pair in self.pairs
            if pair.verdict.is_uncertain and self.person[pair.one] != self.person[pair.other]
        ]


def link(batch: Sequence[Facts], rules: Rules) -> Linked:
    """The people of a batch, every pair with a verdict, and how much was compared."""
    candidates, skipped = _candidates(batch, rules)
    found = []
    for one, other in candidates:
        verdict = compare(batch[one], batch[other], rules)
        if verdict.is_same or verdict.is_uncertain:
            found.append(Found(one, other, verdict))
    person, held_back = _people(batch, found, rules)
    told = tuple(
        replace(pair, verdict=replace(pair.verdict, verdict=UNCERTAIN, forbidden=AMBIGUOUS))
        if (pair.one, pair.other) in held_back
        else pair
        for pair in found
    )
    return Linked(person, told, len(candidates), skipped)


def _candidates(batch: Sequence[Facts], rules: Rules) -> tuple[list[tuple[int, int]], int]:
    blocks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, one in enumerate(batch):
        for key in rules.keys(one):
            blocks[key].append(place)
    pairs: set[tuple[int, int]] = set()
    skipped = 0
    for places in blocks.values():
        if len(places) > rules.most:
            skipped += 1
            continue
        for index, first in enumerate(places):
            pairs.update((first, other) for other in places[index + 1 :])
    return sorted(pairs), skipped


def _people(
    batch: Sequence[Facts], found: Sequence[Found], rules: Rules
) -> tuple[tuple[int, ...], set[tuple[int, int]]]:
    """Union of the pairs that are the same, the surest rules first, where the two people's numbers allow it."""
    root = list(range(len(batch)))
    numbers = [set(one.id_no) if one.valid else set[str]() for one in batch]

    def top(place: int) -> int:
        while root[place] != place:
            root[place] = root[root[place]]
            place = root[place]
        return place

    order = {rule.id: place for place, rule in enumerate(rules.rules)}
    held_back: set[tuple[int, int]] = set()
    for pair in sorted(
        (one for one in found if one.verdict.is_same), key=lambda one: (order[one.verdict.rule], one.one, one.other)
    ):
        one, other = sorted((top(pair.one), top(pair.other)))
        if one == other:
            continue
        if _contradict(numbers[one], numbers[other]):
            held_back.add((pair.one, pair.other))
            continue
        root[other] = one
        numbers[one] |= numbers[other]
    return tuple(top(place) for place in range(len(batch))), held_back


def _contradict(one: set[str], other: set[str]) -> bool:
    """Whether two people hold different numbers of one kind (a passport beside a resident's number is none)."""
    mine = {number.partition(":")[0] if ":" in number else "": number for number in one}
    return any(mine.get(number.partition(":")[0] if ":" in number else "", number) != number for number in other)
