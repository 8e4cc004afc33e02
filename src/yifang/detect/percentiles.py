"""The moving percentile 移动百分位 of the national automated alert (CIDARS): this block against the same season before.

Yang, Li, Lan et al. (2011), WPSAR 2(1):10-15, doi:10.5365/wpsar.2010.1.1.009; Kuang et al. (2012), BMC Public Health
12:418; Wang et al. (2017), BMC Public Health, doi:10.1186/s12889-017-4488-0 (5 weeks × 5 years).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from yifang.detect import national
from yifang.detect.counts import before_history, matrix
from yifang.detect.method import Method
from yifang.detect.parameters import Parameter, checked
from yifang.detect.result import Detection, Floats, Reason
from yifang.kernel.errors import UserError

_DAYS_OF_YEAR = 365.25
_CELLS_AT_ONCE = 4_000_000  # of the cube series × time × blocks: 32 MB a copy, whatever the batch
_LEAST_SHARE = 0.8  # of the blocks must be known: our choice, so that one gap does not silence a season

_PARAMETERS = (
    Parameter("percentile", "float", 0, 100, open=True, per_series=True),
    Parameter("b", "int", 1, 50),
    Parameter("w", "int", 0, 26),
    Parameter("min_cases", "float", 0, 1e9),
    Parameter("freq", "float", 1, 366),
    Parameter("block", "int", 1, 366),
    Parameter("min_blocks", "int", 1, 10_000),
    Parameter("populationOffset", "bool"),
)


def moving_percentile(
    observed: npt.ArrayLike,
    exposure: npt.ArrayLike | None = None,
    *,
    percentile: float | npt.ArrayLike | None = None,
    b: int | None = None,
    w: int | None = None,
    min_cases: float | None = None,
    freq: float = 52.0,
    block: int | None = None,
    min_blocks: int | None = None,
    populationOffset: bool = False,
) -> Detection:
    """The sum of the present block against a percentile of the blocks of the same season in past years.

    observed: float64 `[series, time]` (or `[time]`), cases a step, NaN missing; exposure: the same shape, persons.
    `freq` steps make a year: 52 (or 365.25/7) weeks, 365.25 days, 12 months. A block is `block` steps, by default the
    pack's 7 days: seven daily steps, one weekly or monthly step. The blocks compared with are, for each of the past
    `b` years (pack: 5), the one that ends round(k · freq) steps before and the `w` (pack: 2) on each side: 25.

    expected: their median. upperbound: their percentile (pack: 80; one value, or one for each series) by linear
    interpolation between the ordered values, at place (n - 1) · P/100 counted from 0: type 7 of Hyndman & Fan (1996),
    Am Stat 50:361-365, NumPy's default and the PERCENTILE of spreadsheets, as Wang et al. (2017) write theirs;
    to nine decimals. pvalue: (1 + blocks at or above the present one) / (1 + blocks). score: observed / upperbound.
    Alarm: observed > upperbound and observed ≥ `min_cases` (pack: 2). Here `observed` is the sum of the block.

    Not evaluable: a step of the present block missing; history that reaches before the series' first known count;
    fewer than `min_blocks` whole blocks (default four fifths, rounded up; missing blocks are left out, never zero).
    With `populationOffset` the blocks are rates, brought to the present population; else exposure is not used.
    Raises UserError for wrong counts or parameters, and for a `w` that reaches the present block.
    """
    given = _complete(checked(_PARAMETERS, locals()))
    counts, population = matrix(observed, exposure, given["populationOffset"])
    each = _each_series(given["percentile"], counts.shape[0])
    offsets = _offsets(given)
    sums = _block_sums(counts, given["block"])
    rates = sums if population is None else _block_sums(counts / population, given["block"])
    expected, bound, pvalue = (np.full(counts.shape, np.nan) for _ in range(3))
    known = np.zeros(counts.shape, dtype=np.intp)
    far = max(offsets)
    length = counts.shape[1] - far
    rows = max(1, _CELLS_AT_ONCE // max(1, length * len(offsets)))
    for start in range(0, counts.shape[0] if length > 0 else 0, rows):
        part = slice(start, start + rows)
        blocks = np.stack([rates[part, far - offset : far - offset + length] for offset in offsets], axis=-1)
        if population is not None:
            blocks *= population[part, far:, np.newaxis]
        blocks.sort(axis=-1)  # NaN last
        known[part, far:] = number = np.count_nonzero(~np.isnan(blocks), axis=-1)
        expected[part, far:] = _percentile(blocks, number, np.array(50.0))
        bound[part, far:] = _percentile(blocks, number, each[part, np.newaxis])
        at_least = np.count_nonzero(blocks >= sums[part, far:, np.newaxis], axis=-1)
        pvalue[part, far:] = (1 + at_least) / (1 + number)
    reason = np.where(known >= given["min_blocks"], np.uint8(Reason.NONE), np.uint8(Reason.MISSING_HISTORY))
    reason[before_history(counts, far + given["block"] - 1)] = Reason.SHORT_HISTORY
    expected[reason != Reason.NONE] = bound[reason != Reason.NONE] = np.nan
    if population is not None:
        reason[np.isnan(population)] = Reason.NO_POPULATION
    reason[np.isnan(sums)] = Reason.NO_COUNT
    evaluable = reason == Reason.NONE
    with np.errstate(all="ignore"):
        score = sums / bound
    score[(sums == 0) & (bound == 0)] = 0.0
    shape = np.shape(observed)
    return Detection(
        method="moving_percentile",
        parameters=given,
        observed=sums.reshape(shape),
        expected=expected.reshape(shape),
        upperbound=bound.reshape(shape),
        pvalue=np.where(evaluable, pvalue, np.nan).reshape(shape),
        score=np.where(evaluable, score, np.nan).reshape(shape),
        alarm=(evaluable & (sums > bound) & (sums >= given["min_cases"])).reshape(shape),
        evaluable=evaluable.reshape(shape),
        reason=reason.reshape(shape),
    )


def _complete(given: dict[str, Any]) -> dict[str, Any]:
    """What was left open, from the pack and from the other parameters."""
    packs = national.shipped()
    defaults: dict[str, Any] = {
        **national.alert(packs),
        "block": max(1, round(national.days_of_block(packs) * given["freq"] / _DAYS_OF_YEAR)),
    }
    full: dict[str, Any] = {name: defaults.get(name) if value is None else value for name, value in given.items()}
    blocks = full["b"] * (2 * full["w"] + 1)
    if full["min_blocks"] is None:
        full["min_blocks"] = math.ceil(_LEAST_SHARE * blocks)
    elif full["min_blocks"] > blocks:
        raise UserError("detect.min_blocks", value=full["min_blocks"], blocks=blocks)
    return full


def _each_series(percentile: float | Floats, series: int) -> Floats:
    several = np.asarray(percentile, dtype=np.float64)
    if several.ndim and several.shape != (series,):
        raise UserError("detect.percentile_shape", given=str(several.shape), series=series)
    return np.broadcast_to(several, (series,))


def _offsets(given: dict[str, Any]) -> list[int]:
    """How many steps before the present block each block of the history ends."""
    block, w = given["block"], given["w"]
    years = [round(k * given["freq"]) for k in range(1, given["b"] + 1)]
    if years[0] - w * block < block:
        raise UserError("detect.window_wide", w=w, block=block, freq=f"{given['freq']:g}")
    return [back - place * block for back in years for place in range(-w, w + 1)]


def _block_sums(counts: Floats, block: int) -> Floats:
    """The sum of the `block` steps that end at each step; NaN where one is missing or before the first."""
    if block == 1:
        return counts.copy()
    sums = np.full(counts.shape, np.nan)
    steps = counts.shape[1] - block + 1
    if steps > 0:
        total = counts[:, :steps].copy()
        for place in range(1, block):
            total += counts[:, place : place + steps]
        sums[:, block - 1 :] = total
    return sums


def _percentile(blocks: Floats, number: npt.NDArray[np.intp], percentile: Floats) -> Floats:
    """Type 7 of the first `number` values along the last axis, which are in order; NaN where there are none."""
    place = np.maximum(number - 1, 0) * percentile / 100
    low = place.astype(np.intp)
    high = np.minimum(low + 1, np.maximum(number - 1, 0))
    below = np.take_along_axis(blocks, low[..., np.newaxis], axis=-1)[..., 0]
    above = np.take_along_axis(blocks, high[..., np.newaxis], axis=-1)[..., 0]
    # rounded: 3 + 0.2 · (8 - 3) must be 4, or a count of 4 would be above it
    found: Floats = np.round(below + (place - low) * (above - below), 9)
    return found


METHODS = (Method("moving_percentile", moving_percentile, _PARAMETERS),)
