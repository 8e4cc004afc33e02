"""Detection: counts → which weeks are out of the ordinary, with the bound, the reason and the strength of each.

    from yifang.detect import ears_c1
    found = ears_c1([[3, 2, 4, 3, 2, 3, 4, 12]])
    found.alarm, found.upperbound, found.evaluable

Pure and batched: `[series, time]` arrays in, arrays of the same shape out; no database, no web framework, no clock.
It computes and explains; a person decides. The methods there are: `registry.METHODS`; what each does: docs/detect.md.
"""

from yifang.detect.ears import ears_c1, ears_c2, ears_c3
from yifang.detect.method import Method
from yifang.detect.percentiles import moving_percentile
from yifang.detect.registry import METHODS, method_named
from yifang.detect.result import Detection, Reason

__all__ = [
    "METHODS",
    "Detection",
    "Method",
    "Reason",
    "ears_c1",
    "ears_c2",
    "ears_c3",
    "method_named",
    "moving_percentile",
]
