"""EARS against what R's surveillance 1.20.3 wrote down; skipped where the shared material is not there."""

import csv
import gzip
import math
from collections import defaultdict

import numpy as np
import pytest

from yifang.detect import ears_c1, ears_c2, ears_c3

CALLS = {
    "C1": (ears_c1, {}),
    "C2": (ears_c2, {}),
    "C3": (ears_c3, {}),
    "C1b14": (ears_c1, {"baseline": 14, "minSigma": 0.5, "alpha": 0.01}),
    "C2b14": (ears_c2, {"baseline": 14, "minSigma": 1, "alpha": 0.01}),
}


def number(text):
    return math.nan if text in ("", "NA", "NaN") else float(text)


def rows_of(path):
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(data.decode().splitlines()))


def agree(found, rows, digits):
    """Bounds equal where R has one, alarms where R has one; where R has none, nor have we."""
    steps = np.array([int(row["t"]) for row in rows]) - 1
    bounds = np.array([number(row["upperbound"]) for row in rows])
    alarms = np.array([number(row["alarm"]) for row in rows])
    np.testing.assert_allclose(found.upperbound[steps], bounds, rtol=1e-6, atol=digits)
    np.testing.assert_array_equal(found.evaluable[steps], ~np.isnan(alarms))
    np.testing.assert_array_equal(found.alarm[steps], alarms == 1)
    return len(rows)


@pytest.mark.parametrize("config", CALLS)
def test_bounds_and_alarms_are_those_of_r(shared, config):
    folder = shared / "reference" / "surveillance-r"
    series = defaultdict(list)
    for row in rows_of(folder / "series.csv.gz"):
        series[row["series"]].append(number(row["observed"]))
    wanted = defaultdict(list)
    for row in rows_of(folder / "earsC.csv.gz"):
        if row["config"] == config:
            wanted[row["series"]].append(row)
    method, parameters = CALLS[config]
    names = list(wanted)
    longest = max(len(series[name]) for name in names)
    counts = np.array([series[name] + [math.nan] * (longest - len(series[name])) for name in names])
    batch = method(counts, **parameters)
    for place, name in enumerate(names):
        alone = method(series[name], **parameters)
        agree(alone, wanted[name], digits=0)
        np.testing.assert_array_equal(batch.upperbound[place, : len(series[name])], alone.upperbound)
    assert sum(map(len, wanted.values())) > 3_000


@pytest.mark.parametrize("config", ["C1", "C2", "C3"])
def test_the_oracle_series_agree_from_their_first_week(shared, config):
    folder = shared / "fixtures" / "surveillance-series"
    files = sorted((folder / "oracle").glob("*.csv"))
    compared = 0
    for path in files:
        counts = [number(row["observed"]) for row in rows_of(folder / "r-surveillance" / path.name)]
        rows = [row for row in rows_of(path) if row["method"] == f"EARS-{config}"]
        compared += agree(CALLS[config][0](counts), rows, digits=5e-7)  # written with six decimals
    assert compared > 2_000
