"""How the columns of a source changed since reading began. Pure.

Order does not matter. A dropped and an added column of one kind and like names are told as one that was renamed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from yifang.apps.intake.connectors.protocol import Column

_LIKE = 0.45  # of two names; `更新时间` and `修改时间` are 0.5
Kept = list[list[str]]  # [name, kind] of each column


@dataclass(frozen=True, slots=True)
class Difference:
    """What is no longer as it was; each name once."""

    renamed: list[tuple[str, str]] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    retyped: list[tuple[str, str, str]] = field(default_factory=list)  # name, was, is

    def __bool__(self) -> bool:
        return bool(self.renamed or self.dropped or self.added or self.retyped)

    def params(self) -> dict[str, Any]:
        """As the parameters of message `intake.columns_changed`: lists of texts."""
        return {
            "renamed": ", ".join(f"{was} → {now}" for was, now in self.renamed) or "—",
            "dropped": ", ".join(self.dropped) or "—",
            "added": ", ".join(self.added) or "—",
            "retyped": ", ".join(f"{name} ({was} → {now})" for name, was, now in self.retyped) or "—",
        }


def kept(columns: Sequence[Column]) -> Kept:
    """Columns as they are kept."""
    return [[one.name, one.kind] for one in columns]


def between(was: Kept, now: Sequence[Column]) -> Difference:
    """What differs; nothing where nothing was kept yet."""
    if not was:
        return Difference()
    before = {name.casefold(): (name, kind) for name, kind in was}
    after = {one.name.casefold(): one for one in now}
    gone = [before[key] for key in before if key not in after]
    fresh = [after[key] for key in after if key not in before]
    renamed: list[tuple[str, str]] = []
    for name, kind in list(gone):
        alike = [(SequenceMatcher(None, name, one.name).ratio(), one) for one in fresh if one.kind == kind]
        # one gone and one new of the same kind are the same column under another name, however unlike
        best = max(alike, key=lambda pair: pair[0], default=None)
        if best and (best[0] >= _LIKE or (len(gone) == 1 and len(fresh) == 1)):
            renamed.append((name, best[1].name))
            gone.remove((name, kind))
            fresh.remove(best[1])
    retyped = [
        (before[key][0], before[key][1], after[key].kind)
        for key in before
        if key in after and after[key].kind != before[key][1]
    ]
    return Difference(renamed, [name for name, _kind in gone], [one.name for one in fresh], retyped)
