"""Where a value of a pack comes from: the deepest rule that speaks of it, or the entry itself.

A rule is a dotted path with `*` for any one step. The deepest that fits wins; at equal depth an exact step over `*` and
an entry's own `source` and `confidence` over a rule. A rule without a confidence leaves the entry's, else its source's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yifang.knowledge.reading import identity


@dataclass(frozen=True, slots=True)
class Provenance:
    """`source` is the id within the pack, `text` what it is, `confidence` as given (VERIFIED … UNVERIFIED)."""

    source: str
    text: str
    confidence: str


class Provenances:
    """The rules of one raw pack, made ready to be asked often."""

    def __init__(self, pack: Mapping[str, Any]) -> None:
        self._pack = pack
        self._sources = {source["id"]: source for source in pack["meta"]["sources"]}
        # By depth, the most exact first, so that the first that fits is the one.
        self._rules: dict[int, list[tuple[list[str], Mapping[str, Any]]]] = {}
        for pattern, rule in pack["provenance"].items():
            steps = pattern.split(".")
            self._rules.setdefault(len(steps), []).append((steps, rule))
        for rules in self._rules.values():
            rules.sort(key=lambda one: one[0].count("*"))

    def of(self, place: Sequence[str]) -> Provenance:
        """The provenance of the value at `place` (keys, list entries by id). Raises LookupError where there is none."""
        source: str | None = None
        confidence: str | None = None
        value: Any = self._pack
        for depth in range(1, len(place) + 1):
            value = _child(value, place[depth - 1])
            for claim in (self._rule(place[:depth]), value if isinstance(value, Mapping) else {}):
                if claim.get("source"):
                    source = claim["source"]
                confidence = claim.get("confidence") or confidence
        if source is None:
            raise LookupError(f"no source for {'.'.join(place)}")
        return Provenance(source, self._sources[source]["text"], confidence or self._sources[source]["confidence"])

    def _rule(self, place: Sequence[str]) -> Mapping[str, Any]:
        for steps, rule in self._rules.get(len(place), ()):
            if all(step in ("*", own) for step, own in zip(steps, place, strict=True)):
                return rule
        return {}


def _child(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(step)
    if isinstance(value, list):
        return next((item for item in value if identity(item) == step), None)
    return None
