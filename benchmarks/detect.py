"""How long detection takes on one core: EARS and the moving percentile on a thousand weekly series, made with a seed.

Milliseconds of the process's own time, the median of several runs; inputs differ from run to run.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from yifang.detect import Detection, ears_c1, ears_c2, ears_c3, moving_percentile
from yifang.detect.result import Floats

Figure = tuple[str, float, str, float]

_RUNS = 21


def counts(series: int, weeks: int, seed: int) -> Floats:
    """Weekly counts with a season, float64 `[series, weeks]`; one in five hundred is missing."""
    rng = np.random.default_rng(seed)
    level = rng.uniform(0.5, 30, (series, 1)) * np.exp(0.6 * np.sin(2 * np.pi * np.arange(weeks) / 52))
    drawn = rng.poisson(level).astype(np.float64)
    drawn[rng.random(drawn.shape) < 0.002] = np.nan
    return drawn


def run() -> list[Figure]:
    """Figures as (name, value, unit, target)."""
    year = [counts(1_000, 52, seed) for seed in range(_RUNS)]
    six = [counts(1_000, 6 * 52, seed) for seed in range(5)]
    days = [counts(100, 6 * 365, seed) for seed in range(3)]
    return [
        ("EARS C1, 1,000 series × 52 weeks", _median(ears_c1, year), "ms", 5),
        ("EARS C2, 1,000 series × 52 weeks", _median(ears_c2, year), "ms", 5),
        ("EARS C3, 1,000 series × 52 weeks", _median(ears_c3, year), "ms", 5),
        ("moving percentile, 1,000 series × 312 weeks, 50 judged", _median(moving_percentile, six), "ms", 150),
        ("moving percentile, 100 series × 2,190 days, 344 judged", _median(_daily, days), "ms", 150),
    ]


_daily = partial(moving_percentile, freq=365.25)


def _median(method: Callable[[Floats], Detection], inputs: list[Floats]) -> float:
    method(inputs[0])  # packs and tables are read once in a process
    return 1_000 * statistics.median(_cost(method, one) for one in inputs)


def _cost(method: Callable[[Floats], Detection], one: Floats) -> float:
    started = time.process_time()
    method(one)
    return time.process_time() - started
