"""How long one illness lasts for counting: within it two reports of one person are the same case.

An acute disease has a window in days, the pack's default or its longest incubation where that is longer; what one has
for life, or until an episode is closed, has none.
"""

from __future__ import annotations

import re

from yifang.knowledge import Knowledge


def illness_days(disease: str, knowledge: Knowledge) -> int | None:
    """Days within which a second report is the same illness, None where a person has it once (for life or episode)."""
    rules = knowledge.triggers.rules.already_reported
    if disease in rules.lifetime or any(one.disease == disease for one in rules.per_episode):
        return None
    incubation = knowledge.disease(disease).incubation_days
    return max(_default_days(knowledge), int(incubation.max) if incubation else 0)


def _default_days(knowledge: Knowledge) -> int:
    """`默认30天` of the pack's duplicate rules."""
    found = re.search(r"默认(\d+)天", knowledge.report_card.duplicate_rules.window)
    if found is None:
        raise ValueError("report_card.duplicate_rules.window names no default (默认…天)")
    return int(found[1])
