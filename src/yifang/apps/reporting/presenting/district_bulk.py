"""What a bulk audit would leave aside, and why, in words."""

from __future__ import annotations

from collections import Counter

from yifang.apps.accounts.words import message_language
from yifang.apps.reporting.services import BulkPreview


def blocked(preview: BulkPreview) -> list[tuple[str, list[str]]]:
    """Each reason with the numbers of its cards, the commonest first."""
    found: dict[str, list[str]] = {}
    for verdict in preview.blocked:
        found.setdefault(verdict.says(message_language()), []).append(verdict.card_no)
    return sorted(found.items(), key=lambda one: -len(one[1]))


def reasons(outcome: BulkPreview) -> str:
    """Every reason once, with its count."""
    counted = Counter(verdict.says(message_language()) for verdict in outcome.blocked)
    return "；".join(f"{reason} ({count})" for reason, count in counted.most_common())
