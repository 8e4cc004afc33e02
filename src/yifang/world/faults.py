"""What goes wrong when records are sent: which visits are struck, and what should become of each.

The names here are those of `truth/errors.jsonl`. A record that is refused takes its evidence with it: the truth then
expects no suspicion from it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

# name → per ten thousand records
_RECORD = {
    "missing_birth": 40, "wrong_id_check": 25, "swapped_sex": 15, "no_id": 60, "repeated": 25, "broken": 18,
    "wrong_encoding": 8, "cancelled": 10,
}  # fmt: skip
_LAB = {"truncated": 20, "repeated": 40, "corrected": 60, "withdrawn": 25, "wrong_encoding": 12}


@dataclass(frozen=True, slots=True)
class Fault:
    """One planted error: `place` is the index of the item in its file, `expect` read or refused, `why` what to see."""

    file: str
    place: int
    kind: str
    expect: str
    why: str
    visit: str


def drawn(chance: random.Random, has_results: bool, is_plain: bool) -> tuple[str, str]:
    """What is wrong with a visit's record and with its laboratory report; `` for nothing.

    Only records of nobody's case are cancelled or withdrawn: what a real case loses must not hang on a mistyped visit.
    """
    record, lab = _one(chance, _RECORD), _one(chance, _LAB) if has_results else ""
    if not is_plain:
        record = "" if record == "cancelled" else record
        lab = "" if lab == "withdrawn" else lab
    return record, lab


def _one(chance: random.Random, rates: dict[str, int]) -> str:
    left = chance.random() * 10_000
    for name, rate in rates.items():
        left -= rate
        if left < 0:
            return name
    return ""
