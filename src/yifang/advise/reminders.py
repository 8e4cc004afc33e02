"""Records of one visit → the reminders that fit, in the order of the pack, each with what it is shown for.

What was done already makes a reminder needless: a test or drug of the visit, or a test of earlier records within the
rule's days. Absence of information shows nothing where a rule asks for it: no age, no reminder with an age limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from yifang import identify
from yifang.formats.canonical import Record
from yifang.identify.codes import expand, icd_of
from yifang.identify.record_facts import age_in_days, day_of
from yifang.identify.values import plain
from yifang.knowledge import Knowledge, built_once
from yifang.knowledge.models.reminders import CareReminder
from yifang.knowledge.models.syndromes import Rule

_MARKS = "，,。；;\n"
_LONGEST = 40  # characters of a quoted clause
_FIRST = re.compile("初诊|首诊|first")


@dataclass(frozen=True, slots=True)
class Advice:
    """A reminder that fits the visit, the words of its records that it is shown for, the age where it asks for one."""

    reminder: CareReminder
    because: tuple[str, ...]
    age: int | None = None


@dataclass(frozen=True, slots=True)
class _Scene:
    """What the records of a visit say: concepts, codes and triggers, each with the words that say it."""

    concepts: dict[str, str]
    icd: dict[str, str]
    triggers: dict[str, str]
    tests: tuple[str, ...]
    drugs: tuple[str, ...]
    notes: str
    kinds: frozenset[str]
    first: bool
    sex: str
    age: float | None  # years


class ReminderBook:
    """The reminders of one set of packs, ready for any number of visits."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._identifier = identify.compiled(knowledge)
        self._reminders = knowledge.reminders.reminders
        self._by_icd = [
            (name, expand(one.icd10)) for name, one in knowledge.syndromes.all_concepts.items() if one.icd10
        ]
        self._tests = {one.id: tuple(map(plain, (*one.unless.tests, *one.unless.drugs))) for one in self._reminders}
        self.advised = frozenset(disease for one in self._reminders for disease in one.when.advised)
        """Diseases of which it matters whether the CDC has told doctors lately."""

    def remind(
        self, visit: Sequence[Record], earlier: Sequence[Record] = (), *, advised: frozenset[str] = frozenset()
    ) -> list[Advice]:
        """The reminders for a visit. `earlier`: other records of the person, of any day up to the visit's."""
        visit = [one for one in visit if one.status != "cancelled"]
        if not visit:
            return []
        scene = self._scene(visit)
        found = []
        for one in self._reminders:
            because = self._fits(one, scene, advised)
            if because is not None and not self._needless(one, scene, visit, earlier):
                age = int(scene.age) if _asks_age(one) and scene.age is not None else None
                found.append(Advice(one, tuple(dict.fromkeys(word for word in because if word)), age))
        return found

    def _scene(self, visit: Sequence[Record]) -> _Scene:
        concepts: dict[str, str] = {}
        icd: dict[str, str] = {}
        triggers: dict[str, str] = {}
        for record, outcome in zip(visit, self._identifier.identify(visit), strict=True):
            notes = {note.path: note.text for note in record.notes}
            for finding in outcome.findings:
                if finding.assertion in ("present", "uncertain"):
                    concepts.setdefault(finding.concept, _clause(finding, notes))
            met = [*(one for found in outcome.suspicions for one in found.evidence)]
            for evidence in (*met, *(one.evidence for one in outcome.withheld)):
                triggers.setdefault(evidence.rule, evidence.text)
        for record in visit:
            for diagnosis in record.diagnoses:
                if diagnosis.status != "cancelled" and diagnosis.assertion in ("present", "uncertain"):
                    icd |= {code: diagnosis.text or code for code in icd_of(diagnosis.codes)}
        for code, text in icd.items():
            for name, prefixes in self._by_icd:
                if code.startswith(prefixes):
                    concepts.setdefault(name, text)
        begun = visit[0]
        days = next((age for one in visit if (age := age_in_days(one, day_of(one))) is not None), None)
        return _Scene(
            concepts, icd, triggers, tuple(_tested(visit)),
            tuple(plain(drug.name) for one in visit for drug in one.drugs if drug.status != "cancelled"),
            "\n".join(note.text for one in visit for note in one.notes),
            frozenset(one.encounter.kind for one in visit),
            any(_FIRST.search(one.encounter.order) for one in visit),
            begun.person.sex, None if days is None else days / 365.25,
        )  # fmt: skip

    def _fits(self, one: CareReminder, scene: _Scene, advised: frozenset[str]) -> list[str] | None:
        """The words that it is shown for, None where it does not fit."""
        when, because = one.when, []
        if when.visits and scene.kinds.isdisjoint(when.visits):
            return None
        if (when.first and not scene.first) or (when.sex and when.sex != scene.sex):
            return None
        if _asks_age(one) and (scene.age is None or not (when.age_min or 0) <= scene.age < (when.age_max or 200) + 1):
            return None
        if when.advised and advised.isdisjoint(when.advised):
            return None
        if when.triggers:
            met = [scene.triggers[name] for name in when.triggers if name in scene.triggers]
            if not met:
                return None
            because += met
        if when.rule is not None:
            held = _held(when.rule, scene)
            if held is None:
                return None
            because += held
        return because

    def _needless(self, one: CareReminder, scene: _Scene, visit: Sequence[Record], earlier: Sequence[Record]) -> bool:
        unless, names = one.unless, self._tests[one.id]
        if any(code.startswith(expand(unless.icd10)) for code in scene.icd):
            return True
        if any(word in scene.notes for word in unless.words):
            return True
        if any(name in done for name in names for done in (*scene.tests, *scene.drugs)):
            return True
        days = [day for record in visit if (day := day_of(record))]
        if not names or not days:
            return False
        since = max(days) - timedelta(days=unless.within_days)
        lately = [record for record in earlier if (day := day_of(record)) and since <= day <= max(days)]
        return any(name in done for done in _tested(lately) for name in names)


@built_once
def book(knowledge: Knowledge) -> ReminderBook:
    """The reminders of these packs."""
    return ReminderBook(knowledge)


def _asks_age(one: CareReminder) -> bool:
    return one.when.age_min is not None or one.when.age_max is not None


def _clause(finding: identify.Finding, notes: dict[str, str]) -> str:
    """The words around a finding, for “咳嗽” alone does not say that it was for three weeks."""
    text = notes.get(finding.path)
    if text is None or finding.start is None or finding.end is None:
        return finding.text
    before = max((text.rfind(mark, 0, finding.start) for mark in _MARKS), default=-1) + 1
    ends = [at for mark in _MARKS if (at := text.find(mark, finding.end)) >= 0]
    clause = text[before : min(ends, default=len(text))].strip()
    return clause if len(clause) <= _LONGEST else finding.text


def _tested(records: Iterable[Record]) -> Iterable[str]:
    """Names of what was tested or ordered, as compared."""
    for record in records:
        for result in record.results:
            if result.status != "cancelled":
                yield plain(f"{result.panel} {result.name}")


def _held(rule: Rule, scene: _Scene) -> list[str] | None:
    """The words by which a rule holds, None where it does not."""
    if rule.icd is not None:
        prefixes = expand(rule.icd)
        return next(([text] for code, text in scene.icd.items() if code.startswith(prefixes)), None)
    parts = [
        _held(part, scene) if isinstance(part, Rule) else [scene.concepts[part]] if part in scene.concepts else None
        for part in (rule.all if rule.all is not None else rule.any or ())
    ]
    met = [words for words in parts if words is not None]
    if not met or (rule.all is not None and len(met) < len(parts)):
        return None
    return [word for words in met for word in words]
