"""The matrix of counts as the methods want it, and what of each series is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yifang.detect.result import Bools, Floats
from yifang.kernel.errors import UserError


def matrix(observed: npt.ArrayLike, exposure: npt.ArrayLike | None, wanted: bool) -> tuple[Floats, Floats | None]:
    """`(counts, population)`, float64 `[series, time]`; population is None unless it is `wanted`.

    Raises UserError for another number of dimensions, a negative or infinite count, a population of another shape,
    and where a population is wanted and none is given.
    """
    counts = _floats(observed)
    if bool((counts < 0).any()) or bool(np.isinf(counts).any()):
        raise UserError("detect.counts_wrong")
    if not wanted:
        return counts, None
    if exposure is None:
        raise UserError("detect.population_absent")
    population = _floats(exposure)
    if population.shape != counts.shape:
        raise UserError("detect.population_shape", counts=str(counts.shape), population=str(population.shape))
    # nobody there, or nobody knows: either way there is no rate
    return counts, np.where(np.isfinite(population) & (population > 0), population, np.nan)


def _floats(values: npt.ArrayLike) -> Floats:
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise UserError("detect.counts_wrong") from None
    if found.ndim == 1:
        found = found[np.newaxis, :]
    if found.ndim != 2:
        raise UserError("detect.counts_shape", shape=str(found.shape))
    return found


def before_history(counts: Floats, back: int) -> Bools:
    """`[series, time]`: looking `back` steps reaches before the first known count of the series."""
    known = ~np.isnan(counts)
    length = counts.shape[1]
    if length == 0:
        return known
    first = np.where(known.any(axis=1), known.argmax(axis=1), length)
    reaches: Bools = np.arange(length)[np.newaxis, :] - back < first[:, np.newaxis]
    return reaches
