"""Missed-report audit: what a hospital's records say, held against what was reported; samples; rates with intervals.

    verdicts = compare(said, told, dismissed, rules_of(knowledge), now)

Pure: no database, no web framework, no clock but the one it is handed.
"""

from yifang.audit.comparing import Rules, audited, compare, rules_of
from yifang.audit.intervals import Interval, clopper_pearson, ratio, stratified, wilson
from yifang.audit.model import Dismissed, Kind, Said, Source, Told, Verdict
from yifang.audit.sampling import Stratum, allocate, draw, size_for

__all__ = [
    "Dismissed",
    "Interval",
    "Kind",
    "Rules",
    "Said",
    "Source",
    "Stratum",
    "Told",
    "Verdict",
    "allocate",
    "audited",
    "clopper_pearson",
    "compare",
    "draw",
    "ratio",
    "rules_of",
    "size_for",
    "stratified",
    "wilson",
]
