"""Suspicions, cards, cases (`cards`), and the cards of the national system (`national`)."""

from yifang.apps.reporting.models.cards import (
    CARD_TRANSITIONS,
    DUPLICATE_TRANSITIONS,
    GONE,
    NO_REPORT,
    SUSPICION_TRANSITIONS,
    Card,
    CardKey,
    CardState,
    CardVersion,
    Case,
    DismissReason,
    Duplicate,
    DuplicateState,
    EntrySource,
    Reconciliation,
    Said,
    SavedView,
    Suspicion,
    SuspicionState,
)
from yifang.apps.reporting.models.interruptions import (
    INTERRUPTION_TRANSITIONS,
    Interruption,
    InterruptionMoment,
    InterruptionState,
)
from yifang.apps.reporting.models.national import NationalCard, Standing
from yifang.apps.reporting.models.quality import CardQuality, QualityTally
from yifang.apps.reporting.models.revisions import Revision, RevisionKind

__all__ = [
    "CARD_TRANSITIONS",
    "DUPLICATE_TRANSITIONS",
    "GONE",
    "INTERRUPTION_TRANSITIONS",
    "NO_REPORT",
    "SUSPICION_TRANSITIONS",
    "Card",
    "CardKey",
    "CardQuality",
    "CardState",
    "CardVersion",
    "Case",
    "DismissReason",
    "Duplicate",
    "DuplicateState",
    "EntrySource",
    "Interruption",
    "InterruptionMoment",
    "InterruptionState",
    "NationalCard",
    "QualityTally",
    "Reconciliation",
    "Revision",
    "RevisionKind",
    "Said",
    "SavedView",
    "Standing",
    "Suspicion",
    "SuspicionState",
]
