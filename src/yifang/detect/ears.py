"""EARS C1, C2 and C3: a count against the few just before it, for series without a long history.

Equal to `earsC` of the R package surveillance 1.20.3, with its parameter names. Written from the formulas:
Hutwagner, Thompson, Seeman, Treadwell (2003), J Urban Health 80(2 Suppl 1):i89-i96;
Fricker, Hegler, Dunfee (2008), Stat Med 27:3407-3429; manual page of `earsC`; R's output for what those leave open.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from yifang.detect import normal
from yifang.detect.counts import before_history, matrix
from yifang.detect.method import Method
from yifang.detect.parameters import Parameter, checked
from yifang.detect.result import Bools, Detection, Floats, Reason

_LAG = 2  # C2 and C3 leave the two steps before the present one out of the baseline

_PARAMETERS = (
    Parameter("baseline", "int", 3, 366),
    Parameter("minSigma", "float", 0, 1e9),
    Parameter("alpha", "float", 0, 0.5, open=True),
    Parameter("populationOffset", "bool"),
)
_PARAMETERS_C3 = (*_PARAMETERS, Parameter("textbook", "bool"))


def ears_c1(
    observed: npt.ArrayLike,
    exposure: npt.ArrayLike | None = None,
    *,
    baseline: int = 7,
    minSigma: float = 0.0,
    alpha: float = 0.001,
    populationOffset: bool = False,
) -> Detection:
    """EARS C1: bound = mean + z(1-alpha) · sd of the `baseline` counts just before.

    observed: float64 `[series, time]` (or `[time]`), cases, NaN missing; exposure: the same shape, persons.
    The sd has the divisor baseline - 1 and is at least `minSigma` cases. pvalue: the normal tail of
    (observed - mean) / sd. score: that divided by z, so 1 at the bound; where the sd is 0, the bound is the mean and
    the score is infinite above it. A missing count within the baseline makes the step not evaluable.
    With `populationOffset` the baseline is of rates, brought to the present population; else exposure is not used.
    Raises UserError for wrong counts or parameters. Hutwagner et al. 2003.
    """
    return _shewhart("ears_c1", 0, observed, exposure, locals())


def ears_c2(
    observed: npt.ArrayLike,
    exposure: npt.ArrayLike | None = None,
    *,
    baseline: int = 7,
    minSigma: float = 0.0,
    alpha: float = 0.001,
    populationOffset: bool = False,
) -> Detection:
    """EARS C2: as C1, with the baseline ending two steps earlier, so that an outbreak's start does not raise its bound.

    Shapes, units, errors and parameters as `ears_c1`. Hutwagner et al. 2003.
    """
    return _shewhart("ears_c2", _LAG, observed, exposure, locals())


def ears_c3(
    observed: npt.ArrayLike,
    exposure: npt.ArrayLike | None = None,
    *,
    baseline: int = 7,
    minSigma: float = 0.0,
    alpha: float = 0.025,
    populationOffset: bool = False,
    textbook: bool = False,
) -> Detection:
    """EARS C3: the excess of the two steps before, by C2, lowers the bound of the present one.

    With C2(i) = (observed(i) - mean(i)) / sd(i) and excess = Σ max(0, C2(i) - 1) over i = t-1, t-2:

    textbook=True   bound = max(0, mean(t) + sd(t) · (z - excess)); score: (C2(t) + excess) / z
    textbook=False  bound = max(0, observed(t) + sd(t) · (z - excess)); score: excess / z

    The second is what surveillance 1.20.3 computes, found from its output and equal to it: the present count decides
    nothing but that it is above zero. It is the default for comparison with R only. pvalue: the normal tail of
    score · z. A sd of zero in one of the three steps, with the count at the mean, leaves no number (R: NA) and the
    step is not evaluable; a `minSigma` above zero prevents that.
    Shapes, units, errors and the other parameters as `ears_c1`. Fricker et al. 2008.
    """
    given = checked(_PARAMETERS_C3, locals())
    counts, population = matrix(observed, exposure, given["populationOffset"])
    mean, sd = _baseline(counts, population, _LAG, given)
    z = normal.quantile(1 - given["alpha"])
    with np.errstate(all="ignore"):
        c2 = (counts - mean) / sd
        excess = _two_before(np.maximum(0, c2 - 1))
        bound = np.maximum(0, (mean if textbook else counts) + sd * (z - excess))  # keeps NaN
        present = np.where((sd == 0) & (counts == mean), 0.0, c2)  # 0/0: at the mean
        statistic = present + excess if textbook else excess
    whole = ~np.isnan(mean) & ~np.isnan(_two_before(counts + mean))
    reason = _reasons(counts, population, whole, given["baseline"] + 2 * _LAG)
    reason[(reason == Reason.NONE) & np.isnan(bound)] = Reason.NO_SPREAD
    return _judged("ears_c3", given, observed, counts, mean, bound, statistic, z, reason)


def _shewhart(
    name: str, lag: int, observed: npt.ArrayLike, exposure: npt.ArrayLike | None, values: dict[str, Any]
) -> Detection:
    given = checked(_PARAMETERS, values)
    counts, population = matrix(observed, exposure, given["populationOffset"])
    mean, sd = _baseline(counts, population, lag, given)
    z = normal.quantile(1 - given["alpha"])
    bound = mean + z * sd
    with np.errstate(all="ignore"):
        statistic = (counts - mean) / sd
    statistic[(sd == 0) & (counts == mean)] = 0.0  # 0/0: at the mean, and at the bound
    reason = _reasons(counts, population, ~np.isnan(mean), given["baseline"] + lag)
    return _judged(name, given, observed, counts, mean, bound, statistic, z, reason)


def _baseline(counts: Floats, population: Floats | None, lag: int, given: dict[str, Any]) -> tuple[Floats, Floats]:
    """Mean and sd (cases) of the window that ends `lag + 1` steps before each step; NaN where it is not whole."""
    width, length = given["baseline"], counts.shape[1]
    rates = counts if population is None else counts / population
    mean, sd = np.full(counts.shape, np.nan), np.full(counts.shape, np.nan)
    steps = length - width - lag
    if steps <= 0:
        return mean, sd
    # a loop over the window's few places, each for all series at once: exact for counts, unlike running sums;
    # time first, so that a place of the window is one piece of memory
    across = np.ascontiguousarray(rates.T)
    total = across[:steps].copy()
    for place in range(1, width):
        total += across[place : place + steps]
    total /= width
    squares, away = np.zeros_like(total), np.empty_like(total)
    for place in range(width):
        np.subtract(across[place : place + steps], total, out=away)
        away *= away
        squares += away
    squares /= width - 1
    centre, spread = total.T, np.sqrt(squares, out=squares).T
    if population is not None:
        spread[spread < 1e-12 * centre] = 0  # equal rates differ in their last bit
        present = population[:, width + lag :]
        centre, spread = centre * present, spread * present
    mean[:, width + lag :] = centre
    sd[:, width + lag :] = np.maximum(spread, given["minSigma"])
    return mean, sd


def _two_before(values: Floats) -> Floats:
    """The sum of the two steps before each step; NaN at the first two and wherever one of the two is NaN."""
    found = np.full(values.shape, np.nan)
    found[:, 2:] = values[:, 1:-1] + values[:, :-2]
    return found


def _reasons(counts: Floats, population: Floats | None, whole: Bools, back: int) -> npt.NDArray[np.uint8]:
    reason = np.where(whole, np.uint8(Reason.NONE), np.uint8(Reason.MISSING_HISTORY))
    reason[before_history(counts, back)] = Reason.SHORT_HISTORY
    if population is not None:
        reason[np.isnan(population)] = Reason.NO_POPULATION
    reason[np.isnan(counts)] = Reason.NO_COUNT
    return reason


def _judged(
    name: str,
    given: dict[str, Any],
    asked: npt.ArrayLike,
    counts: Floats,
    mean: Floats,
    bound: Floats,
    statistic: Floats,
    z: float,
    reason: npt.NDArray[np.uint8],
) -> Detection:
    evaluable = reason == Reason.NONE
    statistic = np.where(evaluable, statistic, np.nan)
    shape = np.shape(asked)
    return Detection(
        method=name,
        parameters=given,
        observed=counts.copy().reshape(shape),
        expected=mean.reshape(shape),
        upperbound=bound.reshape(shape),
        pvalue=normal.upper_tail(statistic).reshape(shape),
        score=(statistic / z).reshape(shape),
        alarm=(evaluable & (counts > bound)).reshape(shape),
        evaluable=evaluable.reshape(shape),
        reason=reason.reshape(shape),
    )


METHODS = (
    Method("ears_c1", ears_c1, _PARAMETERS),
    Method("ears_c2", ears_c2, _PARAMETERS),
    Method("ears_c3", ears_c3, _PARAMETERS_C3),
)
