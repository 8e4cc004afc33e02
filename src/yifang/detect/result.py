"""What every method returns: one frozen set of arrays, and why a week could not be judged.

Not for how a bound is found; each method is a module of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]


class Reason(IntEnum):
    """Why a cell is not evaluable; its words are `detect.reason.<name in lower case>`."""

    NONE = 0  # it is evaluable
    NO_COUNT = 1  # the present count (or a day of the present block) is missing
    SHORT_HISTORY = 2  # the method looks back beyond the first known count of the series
    MISSING_HISTORY = 3  # counts within the history that the method needs are missing
    NO_POPULATION = 4  # the present population is missing or not above zero
    NO_SPREAD = 5  # the history does not vary, and the method divides by its spread


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """Arrays of one shape, that of the counts given: `[series, time]`, or `[time]` where one series was given.

    observed    float64, cases: what was compared. The count itself, or with a block of several steps its sum.
    expected    float64, cases: what the history lets one expect.
    upperbound  float64, cases: the bound of the ordinary.
    pvalue      float64, 0…1: how rare so high a count is by the method's own reckoning; each method says which.
    score       float64: how far towards the bound and beyond, 1 at the bound; each method says which. May be infinite.
    alarm       bool: evaluable and observed > upperbound (and what more the method asks for). Never in another cell.
    evaluable   bool: the method had all it needs.
    reason      uint8, values of `Reason`; 0 exactly where evaluable.

    NaN is a number that is not known. Where only the present count is missing, expected and upperbound are given all
    the same. `parameters` are the values that were used, the defaults among them.
    """

    method: str
    parameters: Mapping[str, Any]
    observed: Floats
    expected: Floats
    upperbound: Floats
    pvalue: Floats
    score: Floats
    alarm: Bools
    evaluable: Bools
    reason: Codes
