"""Concepts → syndromes, by the rules of the syndromes pack.

A concept holds by words said of the patient, by a vital sign, a code or an admission. A measured temperature is
preferred over words about its height. Unknown age passes an age limit: absence of information is never a negative.

A rule is brought to alternatives of facts that must hold together, each filed under one of its facts, so that only the
alternatives that can hold are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product
from math import inf

from yifang.identify.codes import expand
from yifang.knowledge import Knowledge
from yifang.knowledge.models.syndromes import Rule, Syndrome, Vital

_CACHE_LIMIT = 20_000
_Alternative = frozenset[str]


@dataclass(slots=True)
class Scene:
    """What a record says, as far as syndromes ask: concepts by words, temperatures, vital signs, ICD codes, age."""

    concepts: set[str] = field(default_factory=set)
    excluded: set[str] = field(default_factory=set)
    temperatures: list[float] = field(default_factory=list)
    vitals: dict[str, float] = field(default_factory=dict)
    icd: tuple[str, ...] = ()
    admitted: bool = False
    age_days: float | None = None


class SyndromeBook:
    """The compiled rules of one set of packs."""

    def __init__(self, knowledge: Knowledge) -> None:
        pack = knowledge.syndromes
        self._syndromes = pack.syndromes
        self._limits = {one.id: _Limits.of(one) for one in pack.syndromes}
        self._vitals = [(name, one.vital) for name, one in pack.all_concepts.items() if one.vital]
        self._heights = [(name, vital.temp_c_min) for name, vital in self._vitals if vital.temp_c_min is not None]
        highest = max((height for _, height in self._heights), default=None)
        self._in_degrees = {name for name, height in self._heights if height == highest}
        self._at_event = [name for name, one in pack.all_concepts.items() if one.event == "admission"]
        self._by_age = [(name, (one.age_max + 1) * 365.25) for name, one in pack.all_concepts.items() if one.age_max]
        self._facts_by_icd = [(name, expand(one.icd10)) for name, one in pack.all_concepts.items() if one.icd10]
        self._alternatives: dict[str, list[tuple[_Alternative, int]]] = {}
        for place, one in enumerate(pack.syndromes):
            group = (f"icd:{one.id}",)
            self._facts_by_icd.append((group[0], expand(one.icd10)))
            for alternative in {*self._of(one.rule, one.id), frozenset(group)}:
                self._alternatives.setdefault(min(alternative), []).append((alternative, place))
        self._of_code: dict[str, frozenset[str]] = {}
        self._bars: dict[str, frozenset[str]] = {}
        self._of_facts: dict[frozenset[str], tuple[Syndrome, ...]] = {}

    def alternatives(self, rule: Rule) -> list[frozenset[str]]:
        """A rule as the sets of facts each of which is enough."""
        return list(self._of(rule, ""))

    def _of(self, rule: Rule, name: str) -> Iterable[_Alternative]:
        """The alternatives of a rule; codes named in it become a fact of their own."""
        if rule.icd is not None:
            fact = f"icd:{name}:{'/'.join(rule.icd)}"
            self._facts_by_icd.append((fact, expand(rule.icd)))
            return [frozenset((fact,))]
        parts = rule.all if rule.all is not None else rule.any or ()
        each = [list(self._of(part, name)) if isinstance(part, Rule) else [frozenset((part,))] for part in parts]
        if rule.all is not None:
            return [frozenset().union(*choice) for choice in product(*each)]
        return [alternative for alternatives in each for alternative in alternatives]

    def present(self, scene: Scene) -> list[Syndrome]:
        """The syndromes that hold, in the order of the pack."""
        facts = self.facts(scene)
        if not facts:
            return []
        held = self._of_facts.get(facts)
        if held is None:
            if len(self._of_facts) >= _CACHE_LIMIT:
                self._of_facts.clear()
            places = {
                place
                for fact in facts
                for alternative, place in self._alternatives.get(fact, ())
                if alternative <= facts
            }
            held = self._of_facts[facts] = tuple(self._syndromes[place] for place in sorted(places))
        barred = scene.excluded.union(*map(self._barred_by, scene.icd)) if scene.icd else scene.excluded
        return [one for one in held if one.id not in barred and self._limits[one.id].allow(scene.age_days)]

    def _barred_by(self, code: str) -> frozenset[str]:
        """The syndromes that do not hold beside a code."""
        found = self._bars.get(code)
        if found is None:
            if len(self._bars) >= _CACHE_LIMIT:
                self._bars.clear()
            barred = (name for name, one in self._limits.items() if one.icd and code.startswith(one.icd))
            found = self._bars[code] = frozenset(barred)
        return found

    def facts(self, scene: Scene) -> frozenset[str]:
        """The concepts that hold: by words, measured values, codes, admission and age."""
        facts = set(scene.concepts)
        if scene.temperatures:
            highest = max(scene.temperatures)
            for name, height in self._heights:
                if highest >= height:
                    facts.add(name)
                elif name in self._in_degrees:
                    facts.discard(name)  # 高热 in words, but the thermometer says otherwise
        if scene.vitals:
            facts.update(name for name, limits in self._vitals if _beyond(limits, scene.vitals))
        for code in scene.icd:
            facts |= self._facts_of_code(code)
        if scene.admitted:
            facts.update(self._at_event)
        if facts and scene.age_days is not None:
            facts.update(name for name, below in self._by_age if scene.age_days < below)
            facts.difference_update(name for name, below in self._by_age if scene.age_days >= below)
        return frozenset(facts)

    def _facts_of_code(self, code: str) -> frozenset[str]:
        found = self._of_code.get(code)
        if found is None:
            if len(self._of_code) >= _CACHE_LIMIT:
                self._of_code.clear()
            found = frozenset(fact for fact, prefixes in self._facts_by_icd if code.startswith(prefixes))
            self._of_code[code] = found
        return found


def _beyond(limits: Vital, vitals: dict[str, float]) -> bool:
    """Whether a vital sign lies beyond a limit (`spo2_max`, `rr_min` …)."""
    for name, value in vitals.items():
        lowest, highest = getattr(limits, f"{name}_min", None), getattr(limits, f"{name}_max", None)
        if (lowest is not None and value >= lowest) or (highest is not None and value <= highest):
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Limits:
    """With which codes, and at which ages in days, a syndrome does not hold."""

    icd: tuple[str, ...]
    youngest: float
    below: float

    @classmethod
    def of(cls, one: Syndrome) -> _Limits:
        codes = (*(one.exclude.icd10 if one.exclude else ()), *one.icd10_exclude)
        youngest = max(one.age_min_days or 0, (one.age_min or 0) * 365.25)
        return cls(expand(codes), youngest, inf if one.age_max is None else one.age_max * 365.25)

    def allow(self, age_days: float | None) -> bool:
        return age_days is None or self.youngest <= age_days < self.below
