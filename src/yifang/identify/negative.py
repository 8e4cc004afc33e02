"""The negative rules of the triggers pack: which positive evidence does not prompt, and by which rule.

They run after all positive evidence is known and before anything is combined. First the rules about the evidence itself
(its rule, its own diagnosis entry, its own clause), then the ones about the whole record, which a surviving diagnosis
or a confirmed result overrules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from yifang.identify.background import Background
from yifang.identify.codes import bare, expand
from yifang.identify.model import Evidence, PersonContext, Withheld
from yifang.identify.text.lexicon import ACTIVE, fold
from yifang.knowledge import Knowledge
from yifang.knowledge.models.triggers import NegativeRule

_CACHE_LIMIT = 20_000
_DENIED = re.compile(r"(?:无|否认|没有|未见|排除)[^,，。;；]{0,6}$")
# 体检发现肝功能异常, 1月前体检正常: the check-up was before, this is another visit.
_AFTER_CHECKUP = re.compile(
    r"(?:[天日周月年]前|去年)(?:[^,，。;；]{0,4})体检|体检(?:时|中|后|结果|报告)?(?:发现|提示|示|查出|检出|见|异常|阳性)"
)
_NAMED = ("diagnosis_code", "diagnosis_text")


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: NegativeRule
    diseases: frozenset[str]
    icd: tuple[str, ...]
    terms: tuple[str, ...]
    immune: tuple[str, ...]  # names of covered diseases that hold a term (诺如病毒肠炎 is no mere 肠炎)
    visit: tuple[str, ...]  # words of the order, the visit or its kind
    about: Literal["order", "refill", "visit", "history"]  # where the record is looked at

    def says(self, text: str) -> bool:
        """Whether a folded text holds one of the terms, not denied and not as part of an immune name."""
        for name in self.immune:
            text = text.replace(name, "#")
        return _says(text, self.terms)

    @property
    def beside(self) -> bool:
        """Whether what the rule names may stand beside the disease: 肺结核并淋巴结结核 is 肺结核."""
        return (self.rule.unless or "").startswith("同时有")

    def covers(self, disease: str) -> bool:
        return not self.diseases or disease in self.diseases


class _Candidates(NamedTuple):
    """The rules that can speak to a kind of evidence: by itself, and by the record it stands in."""

    itself: tuple[_Compiled, ...]
    record: tuple[_Compiled, ...]
    entry: bool  # whether a diagnosis entry stands behind the evidence


class NegativeRules:
    """The compiled negative rules of one set of packs."""

    def __init__(self, knowledge: Knowledge) -> None:
        triggers = knowledge.triggers
        of_rule = {rule.id: rule.disease for rule in triggers.lab}
        names = {
            fold(name): disease.id for disease in knowledge.diseases.values() for name in knowledge.names_of(disease)
        }
        reported = triggers.rules.already_reported
        self._chronic = frozenset(reported.lifetime) | {one.disease for one in reported.per_episode}
        self._unlisted = {disease.id for disease in knowledge.diseases.values() if not disease.icd10}
        self._windows = {rule.id: rule.downgrade_if_vaccinated for rule in triggers.lab if rule.downgrade_if_vaccinated}
        rules = [_compile(rule, of_rule, names, knowledge.spelled.get(rule.id, ())) for rule in triggers.negative_rules]
        # The narrower condition explains better: a baby's antibody is the mother's before it is a lone antibody.
        self._rules = sorted(rules, key=lambda one: one.rule.when.age_months_max is None)
        self._entries: dict[tuple[str, str, str, tuple[str, ...], str, bool], tuple[_Compiled, ...]] = {}
        self._candidates: dict[tuple[str, str, str], _Candidates] = {}

    def for_word(self, word: str, clause: str, disease: str) -> NegativeRule | None:
        """The rule behind an excluding word next to a disease's name (`陈旧` → nr_old_tb); None: the name's own."""
        fitting = [one for one in self._rules if one.covers(disease) or not (one.icd or one.terms)]
        for one in fitting:
            if any(term in clause for term in one.terms):
                return one.rule
        for one in fitting:
            when = one.rule.when
            if when.pattern and word and word in when.pattern:
                return one.rule
            if word and one.covers(disease) and any(word in term for term in (*one.terms, *one.visit)):
                return one.rule
        return None

    def in_clause(self, clause: str, disease: str) -> NegativeRule | None:
        """The rule about this disease one of whose terms stands in the clause (`肺结核治愈5年` → nr_old_tb)."""
        for one in self._rules:
            if disease in one.diseases and not one.beside and one.says(clause) and not _lifted(one.rule, clause):
                return one.rule
        return None

    def apply(self, evidence: list[Evidence], background: Background) -> tuple[list[Evidence], list[Withheld]]:
        """Evidence that stands, and what is withheld by the first rule that holds for it."""
        positive = {one.rule for one in evidence}
        coded = {(one.path, one.disease) for one in evidence if one.kind == "diagnosis_code"}
        candidates = [self._for(one) for one in evidence]
        withheld: list[Withheld] = []
        standing: list[tuple[Evidence, _Candidates]] = []
        for one, rules in zip(evidence, candidates, strict=True):
            for compiled in self._of_entry(rules, one, coded, background) if rules.entry else rules.itself:
                if self._itself(compiled, one, positive, background):
                    withheld.append(hold(one, compiled.rule))
                    break
            else:
                standing.append((one, rules))
        kept: list[Evidence] = []
        named = {one.disease for one, _ in standing if one.kind in _NAMED and one.case_class != "suspected"}
        elsewhere = {(one.disease, one.rule) for one, _ in standing}
        holds: dict[str, bool] = {}
        for one, rules in standing:
            for compiled in rules.record:
                holding = holds.get(compiled.rule.id)
                if holding is False or not self._by_record(compiled, one, named, elsewhere, background):
                    continue
                if holding is None:
                    holding = holds[compiled.rule.id] = self._about_record(compiled, background)
                if holding:
                    withheld.append(hold(one, compiled.rule))
                    break
            else:
                kept.append(one)
        return kept, withheld

    def _for(self, one: Evidence) -> _Candidates:
        key = (one.rule, one.disease, one.kind)
        found = self._candidates.get(key)
        if found is None:
            itself = tuple(rule for rule in self._rules if _about_itself(rule, one))
            record = tuple(rule for rule in self._rules if _about_visit_or_history(rule, one))
            found = self._candidates[key] = _Candidates(itself, record, one.kind in _NAMED)
        return found

    def _of_entry(
        self, rules: _Candidates, one: Evidence, coded: set[tuple[str, str]], background: Background
    ) -> tuple[_Compiled, ...]:
        """The rules that the diagnosis entry behind the evidence calls up; entries repeat, so the answer is kept."""
        icd, text = background.entries.get(one.path, ((), ""))
        own = one.text if one.kind == "diagnosis_code" else ""
        beside_code = (one.path, one.disease) in coded or one.disease in self._unlisted
        key = (one.rule, one.disease, own, icd, text, beside_code)
        found = self._entries.get(key)
        if found is None:
            if len(self._entries) >= _CACHE_LIMIT:
                self._entries.clear()
            found = self._entries[key] = tuple(
                rule for rule in rules.itself if rule.rule.when.rules or _takes_back(rule, own, icd, text, beside_code)
            )
        return found

    def _itself(self, compiled: _Compiled, one: Evidence, positive: set[str], background: Background) -> bool:
        """Whether a rule that can speak to the evidence does, given the rest of the record."""
        when = compiled.rule.when
        if when.without and not positive.isdisjoint(when.without):
            return False
        if when.age_months_max is not None:
            return background.age_days is not None and background.age_days <= when.age_months_max * 30.44
        if when.vaccinated_within:
            return self._recently_vaccinated(one.rule, background)
        if one.kind == "imaging":
            return any(term in fold(one.text) for term in compiled.terms)
        return True

    def _about_record(self, compiled: _Compiled, background: Background) -> bool:
        """Whether the rule's condition holds for the record as a whole."""
        if compiled.about == "order":
            return True  # asked result by result
        if compiled.about == "refill":
            return _says(background.visit, compiled.visit)
        if compiled.about == "visit":
            visit = _AFTER_CHECKUP.sub("", background.visit)
            return background.record.encounter.kind == "checkup" or _says(visit, compiled.visit)
        codes = (code for icd, _ in background.entries.values() for code in icd)
        if compiled.icd and any(code.startswith(compiled.icd) for code in codes):
            return True
        told = [*(text for _, text in background.entries.values()), background.notes, background.reason]
        if not compiled.rule.unless:
            told.append(background.values)
        return any(compiled.says(text) for text in told)

    def _by_record(
        self,
        compiled: _Compiled,
        one: Evidence,
        named: set[str],
        elsewhere: set[tuple[str, str]],
        background: Background,
    ) -> bool:
        """Whether the rule, should its condition hold, withholds this evidence."""
        if compiled.about == "order":
            where = background.panels.get(one.path, "") + " " + background.visit
            restored = any(
                disease == one.disease and name not in compiled.rule.when.rules for disease, name in elsewhere
            )
            return not restored and _says(where, compiled.visit)
        if compiled.about == "refill":
            return self._is_refill(one.disease, background.context)
        if one.disease in named or one.case_class == "confirmed":
            return False
        if compiled.about == "visit" or one.kind == "drug":
            return True
        return one.level != "strong" or not compiled.rule.unless

    def _is_refill(self, disease: str, context: PersonContext | None) -> bool:
        # A look-up that found no earlier card must be shown, not silenced; without any look-up a refill of a long
        # course is taken for what it says it is.
        if context is None:
            return disease in self._chronic
        return any(card.disease == disease for card in context.reported)

    def _recently_vaccinated(self, rule: str, background: Background) -> bool:
        window = self._windows.get(rule)
        if window is None:
            return False
        first, last = window.days
        return any(first <= days <= last for days in background.vaccinated.get(window.vaccine, ()))


def _takes_back(compiled: _Compiled, own: str, icd: tuple[str, ...], text: str, beside_code: bool) -> bool:
    """Whether a rule takes back evidence of a diagnosis entry with these codes and words.

    `own` is the code that is the evidence, empty where it is the doctor's words. Those stand beside a code that is
    itself evidence (A09 感染性腹泻), not beside one that denies them (B90 肺结核), unless the disease has no code.
    """
    if _lifted(compiled.rule, text):
        return False
    if compiled.says(text) and not compiled.beside:
        return True
    if not compiled.icd:
        return False
    if own:
        return bare(own.split(" ")[0]).startswith(compiled.icd)
    return not beside_code and any(code.startswith(compiled.icd) for code in icd)


def _about_itself(compiled: _Compiled, one: Evidence) -> bool:
    when = compiled.rule.when
    if compiled.visit or when.pattern:
        return False
    if when.rules:
        return one.rule in when.rules
    return compiled.covers(one.disease) and (one.kind in _NAMED or (one.kind == "imaging" and bool(compiled.diseases)))


def _about_visit_or_history(compiled: _Compiled, one: Evidence) -> bool:
    when = compiled.rule.when
    if when.order_context:
        return one.rule in when.rules
    if when.visit_terms:
        return True
    if one.kind in _NAMED:
        return False
    if when.visit_type:
        return True
    if when.rules or when.pattern or when.without:
        return False
    if not compiled.diseases:
        return compiled.rule.effect == "route" and one.kind == "drug"
    return one.disease in compiled.diseases and one.kind in ("drug", "laboratory")


def _compile(
    rule: NegativeRule, of_rule: Mapping[str, str], names: Mapping[str, str], spelled: tuple[str, ...]
) -> _Compiled:
    when = rule.when
    terms = tuple(map(fold, when.terms))
    diseases = frozenset(rule.diseases) or frozenset(of_rule[one] for one in when.rules) or _meant(rule, names)
    immune = [name for name, disease in names.items() if disease in diseases and any(term in name for term in terms)]
    visit = tuple(map(fold, (*when.order_context, *spelled, *when.visit_terms, *when.visit_type)))
    about: Literal["order", "refill", "visit", "history"] = (
        "order" if when.order_context else "refill" if when.visit_terms else "visit" if when.visit_type else "history"
    )
    longest = tuple(sorted(immune, key=len, reverse=True))
    return _Compiled(rule, diseases, expand(when.icd10), terms, longest, visit, about)


def _meant(rule: NegativeRule, names: Mapping[str, str]) -> frozenset[str]:
    """The diseases a rule's terms name; a term that is part of another (后遗症) makes the rule a general one."""
    terms = [fold(term) for term in rule.when.terms]
    if any(one in other for one in terms for other in terms if one != other):
        return frozenset()
    return frozenset(disease for term in terms for name, disease in names.items() if name in term)


def hold(one: Evidence, rule: NegativeRule) -> Withheld:
    """The evidence, withheld by a negative rule."""
    return Withheld(one.disease, rule.id, rule.effect, one, rule.name, rule.to)


def _lifted(rule: NegativeRule, text: str) -> bool:
    """Whether the text has a word that the rule's `unless` names (复发, 活动性)."""
    return any(word in (rule.unless or "") and word in text for word in ACTIVE)


def _says(text: str, terms: Iterable[str]) -> bool:
    """Whether the text holds a term (both folded) that is not denied right before it."""
    for term in terms:
        at = text.find(term)
        while at >= 0:
            if not _DENIED.search(text, max(0, at - 10), at):
                return True
            at = text.find(term, at + 1)
    return False
