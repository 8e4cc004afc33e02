"""Which case class the evidence of a disease proposes, by the rules of the triggers pack; the surest that holds.

A class is a proposal for the card: the clinician confirms. What no rule reaches stays open.
"""

from __future__ import annotations

from collections.abc import Iterable

from yifang.identify.model import Evidence
from yifang.knowledge import Knowledge

_NAMED = ("diagnosis_code", "diagnosis_text")
_FALLBACK = ("confirmed", "clinical", "suspected")


class ClassBook:
    """The compiled rules of one set of packs."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._rules = {one.id: tuple(one.rules.items()) for one in knowledge.triggers.case_classes}
        self._allowed = {one.id: frozenset(one.case_classes) for one in knowledge.diseases.values()}

    def of(self, disease: str, evidence: Iterable[Evidence]) -> str | None:
        """The class, None where nothing decides it."""
        group = list(evidence)
        facts = self._facts(group)
        allowed = self._allowed.get(disease)
        for name, alternatives in self._rules.get(disease, ()):
            if (allowed is None or name in allowed) and any(one <= facts for one in alternatives):
                return name
        said = {one.case_class for one in group}
        return next((one for one in _FALLBACK if one in said and (allowed is None or one in allowed)), None)

    def _facts(self, group: list[Evidence]) -> set[str]:
        facts: set[str] = set()
        for one in group:
            if one.level == "weak":
                continue
            facts.add(one.rule)
            if one.level == "strong":
                facts.add(f"{one.rule}:strong")
                if one.kind == "laboratory":
                    facts.add("laboratory")
            if one.case_class == "suspected":
                facts.add("doubt")
            elif one.kind in _NAMED:
                facts.add("diagnosis")
        return facts
