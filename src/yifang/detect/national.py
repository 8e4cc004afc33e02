"""What the pack of thresholds says of the national automated alert (CIDARS), in the words of `moving_percentile`.

The numbers are the pack's, with their sources; a region with its own hands in its own `Knowledge`.
"""

from __future__ import annotations

from functools import lru_cache

from yifang import knowledge
from yifang.knowledge import Knowledge


@lru_cache(maxsize=1)
def shipped() -> Knowledge:
    """The packs as they are shipped, without a region's overrides."""
    return knowledge.load(())


def alert(packs: Knowledge) -> dict[str, int]:
    """Years back, blocks on each side, percentile and least cases of the national alert."""
    rule = packs.thresholds.cidars
    return {
        "b": rule.history.years,
        "w": rule.history.weeks_each_side,
        "percentile": rule.default_percentile,
        "min_cases": rule.min_cases,
    }


def days_of_block(packs: Knowledge) -> int:
    """The length of a block in days."""
    return packs.thresholds.cidars.current_window_days


def percentile_of(packs: Knowledge, disease: str) -> int:
    """The percentile of a disease, or the general one where it has none. Raises NotFound for an unknown disease."""
    own = packs.disease(disease).alert
    return (own.percentile if own else None) or packs.thresholds.cidars.default_percentile
