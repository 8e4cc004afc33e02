"""Rates with their intervals: of one sample, and of a stratified one.

A stratum of which everything was looked at has no uncertainty. Strata in which few or none were found are where a
normal interval fails (Brown, Cai and DasGupta 2001), so a single proportion takes Wilson's or Clopper and Pearson's,
and a stratified one Wilson's at the effective sample size (Korn and Graubard 1998).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from yifang.audit.sampling import Stratum


@dataclass(frozen=True, slots=True)
class Interval:
    """A rate and its interval at `level`; `found` of `looked_at`. Rates are shares, 0 to 1."""

    rate: float
    low: float
    high: float
    found: int
    looked_at: int
    level: float = 0.95


def wilson(found: int, looked_at: float, level: float = 0.95, rate: float | None = None) -> tuple[float, float]:
    """Wilson's score interval. `looked_at` may be an effective size; `rate` overrides found / looked_at."""
    if looked_at <= 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + level / 2)
    p = found / looked_at if rate is None else rate
    spread = z * math.sqrt(p * (1 - p) / looked_at + z * z / (4 * looked_at * looked_at))
    middle = p + z * z / (2 * looked_at)
    over = 1 + z * z / looked_at
    return max(0.0, (middle - spread) / over), min(1.0, (middle + spread) / over)


def clopper_pearson(found: int, looked_at: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval, by halving: the tail probabilities of the binomial are each (1 - level) / 2.

    Raises ValueError unless 0 ≤ found ≤ looked_at.
    """
    if not 0 <= found <= looked_at:
        raise ValueError(f"{found} of {looked_at}")
    if looked_at == 0:
        return 0.0, 1.0
    tail = (1 - level) / 2
    low = 0.0 if found == 0 else _where(lambda p: 1 - _at_most(found - 1, looked_at, p) - tail)
    high = 1.0 if found == looked_at else _where(lambda p: tail - _at_most(found, looked_at, p))
    return low, high


def stratified(strata: Sequence[tuple[Stratum, int, int]], level: float = 0.95) -> Interval:
    """The rate over strata, each (stratum, looked at, found), weighted by the strata's sizes.

    A stratum of which nothing was looked at takes the rate of the others: it widens nothing by itself, so the answer
    names how many were looked at. Variance within a stratum is p(1-p)/(n-1) · (1 - n/N); where a stratum shows none or
    all, p is taken as (x + 1/2)/(n + 1) for the variance alone, so that no stratum pretends to be certain.
    """
    looked = [(one, n, x) for one, n, x in strata if n > 0 and one.size > 0]
    found, total = sum(x for _, _, x in looked), sum(n for _, n, _ in looked)
    size = sum(one.size for one, _, _ in looked)
    if not looked:
        return Interval(0.0, 0.0, 1.0, 0, 0, level)
    rate = sum(one.size * x / n for one, n, x in looked) / size
    variance = 0.0
    for one, n, x in looked:
        share, left = one.size / size, 1 - n / one.size
        p = x / n if 0 < x < n else (x + 0.5) / (n + 1)
        variance += share * share * left * p * (1 - p) / max(n - 1, 1)
    if all(n >= one.size for one, n, _ in looked):
        return Interval(rate, rate, rate, found, total, level)
    middling = rate if 0 < rate < 1 else (found + 0.5) / (total + 1)
    effective = middling * (1 - middling) / variance if variance > 0 else float(total)
    low, high = wilson(0, effective, level, rate)
    return Interval(rate, low, high, found, total, level)


def ratio(strata: Sequence[tuple[Stratum, int, int, int]], level: float = 0.95) -> Interval:
    """Missed of due, each stratum (stratum, looked at, due, missed): the combined ratio estimate over strata.

    Its variance is that of missed - rate x due (linearised), the interval Wilson's at the effective size; where nothing
    or everything was missed the size is the number due that the sample holds. `looked_at` is that number.
    """
    looked = [(one, n, y, x) for one, n, y, x in strata if n > 0 and one.size > 0]
    due = sum(one.size * y / n for one, n, y, _ in looked)
    found, total = sum(x for *_, x in looked), sum(y for _, _, y, _ in looked)
    if total == 0:
        return Interval(0.0, 0.0, 1.0, 0, 0, level)
    rate = sum(one.size * x / n for one, n, _, x in looked) / due
    variance = 0.0
    for one, n, y, x in looked:
        mean = (x - rate * y) / n
        squares = x * (1 - rate) ** 2 + (y - x) * rate * rate - n * mean * mean
        variance += one.size * one.size * (1 - n / one.size) * squares / max(n - 1, 1) / n
    variance /= due * due
    if all(n >= one.size for one, n, _, _ in looked):
        return Interval(rate, rate, rate, found, total, level)
    effective = rate * (1 - rate) / variance if 0 < rate < 1 and variance > 0 else float(total)
    low, high = wilson(0, min(effective, sum(n for _, n, _, _ in looked)), level, rate)
    return Interval(rate, low, high, found, total, level)


def _at_most(found: int, tries: int, p: float) -> float:
    """P(X ≤ found) of a binomial, summed in logarithms: tries may be thousands."""
    if p <= 0:
        return 1.0
    if p >= 1:
        return 1.0 if found >= tries else 0.0
    whole, yes, no = math.lgamma(tries + 1), math.log(p), math.log1p(-p)
    logs = [
        whole - math.lgamma(k + 1) - math.lgamma(tries - k + 1) + k * yes + (tries - k) * no for k in range(found + 1)
    ]
    return math.fsum(map(math.exp, logs))


def _where(rising: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return (low + high) / 2
