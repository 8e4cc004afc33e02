"""A stratified random sample of visits for review by hand: how large, how shared out, which. The same seed, the same.

Small strata are looked at at least twice (a variance needs two), the rest in proportion to their size.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

LEAST = 2


@dataclass(frozen=True, slots=True, order=True)
class Stratum:
    """A department's visits by where the visit is written; `size` visits."""

    department: str
    source: str
    size: int

    @property
    def key(self) -> tuple[str, str]:
        return self.department, self.source


def size_for(population: int, rate: float, half_width: float, level: float = 0.95) -> int:
    """How many to look at so that a `rate` expected is known to ± `half_width`: Cochran's, with the finite population.

    Raises ValueError for a rate or width outside (0, 1).
    """
    if not (0 < rate < 1 and 0 < half_width < 1):
        raise ValueError("rate and half_width lie between 0 and 1")
    if population <= 0:
        return 0
    z = NormalDist().inv_cdf(0.5 + level / 2)
    endless = z * z * rate * (1 - rate) / (half_width * half_width)
    return min(population, math.ceil(endless / (1 + (endless - 1) / population)))


def allocate(strata: Sequence[Stratum], size: int) -> dict[tuple[str, str], int]:
    """How many of each stratum: in proportion, at least two where there are two; largest remainders, then by name.

    With many small strata the least that each needs may come to a few more than `size`.
    """
    ordered = sorted(one for one in strata if one.size > 0)
    whole = sum(one.size for one in ordered)
    size = min(size, whole)
    if not ordered or size <= 0:
        return {}
    shares = {one.key: size * one.size / whole for one in ordered}
    given = {one.key: min(one.size, max(int(shares[one.key]), min(LEAST, one.size))) for one in ordered}
    by_remainder = sorted(ordered, key=lambda one: (-(shares[one.key] % 1), one.key))
    while (left := size - sum(given.values())) > 0:
        for one in by_remainder:
            if left and given[one.key] < one.size:
                given[one.key] += 1
                left -= 1
    return given


def draw(
    members: Mapping[tuple[str, str], Iterable[str]], given: Mapping[tuple[str, str], int], seed: str
) -> list[str]:
    """The keys drawn, by stratum in order of name, shuffled within: those with the smallest digests of seed and key.

    So the same keys give the same sample in whatever order they are read, on any machine; one key more changes little.
    """
    drawn: list[str] = []
    for stratum in sorted(given):
        ranked = sorted(members.get(stratum, ()), key=lambda key: _rank(seed, key))
        drawn += ranked[: given[stratum]]
    return drawn


def _rank(seed: str, key: str) -> bytes:
    return hashlib.blake2b(f"{seed}|{key}".encode(), digest_size=16).digest()
