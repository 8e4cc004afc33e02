"""What is counted, and what stands out in it."""

from yifang.apps.surveillance.models.counts import Count, Counted, CountState, DayKind, PlaceKind, SubjectSort
from yifang.apps.surveillance.models.signals import (
    TRANSITIONS,
    Conclusion,
    Feedback,
    FeedbackReceipt,
    SeriesDue,
    Signal,
    SignalCase,
    SignalState,
    SignalStep,
    SuspectedElsewhere,
)
from yifang.apps.surveillance.models.tallies import TallyNumber, TallySeries

__all__ = [
    "TRANSITIONS",
    "Conclusion",
    "Count",
    "CountState",
    "Counted",
    "DayKind",
    "Feedback",
    "FeedbackReceipt",
    "PlaceKind",
    "SeriesDue",
    "Signal",
    "SignalCase",
    "SignalState",
    "SignalStep",
    "SubjectSort",
    "SuspectedElsewhere",
    "TallyNumber",
    "TallySeries",
]
