"""Something happened to a card, or its case was ruled out: it is judged anew (`reporting.quality`)."""

from __future__ import annotations

from collections.abc import Sequence

from yifang.apps.ledger.subscriptions import Heard
from yifang.apps.reporting.models import Card
from yifang.apps.reporting.quality import judge_cards

_STEPS = (
    "reported", "returned", "approved", "entered", "entry_corrected", "late_explained", "audited", "audit_undone",
    "corrected", "revision_audited", "deleted", "merged", "unmerged",
)  # fmt: skip
_OF_CASES = ("reporting.case_excluded", "reporting.case_changed")
KINDS = (*(f"reporting.card_{step}" for step in _STEPS), *_OF_CASES)


def on_cards(heard: Sequence[Heard]) -> None:
    """Judge the cards these entries speak of."""
    cases = {entry.subject for entry in heard if entry.kind in _OF_CASES}
    cards = [entry.subject for entry in heard if entry.subject and entry.kind not in _OF_CASES]
    judge_cards([*cards, *Card.objects.filter(case__in=cases).values_list("id", flat=True)] if cases else cards)
