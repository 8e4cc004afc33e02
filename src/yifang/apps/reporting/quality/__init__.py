"""How well cards are reported: what each measure says of a card, and its sums by unit, department, disease and month.

A card is judged anew whenever something happens to it, from its versions, its clocks and the ledger; sums are kept for
each key, so that a page adds up a few hundred rows however many cards there are. A card that was deleted, or whose case
was ruled out, is judged no more: a report made in good faith counts against nobody.
"""

from yifang.apps.reporting.quality.keeping import judge_cards, judge_overdue

__all__ = ["judge_cards", "judge_overdue"]
