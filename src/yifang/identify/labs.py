"""Laboratory results → the rules they meet: by name as the laboratory spells it, by LOINC, or by the organism named.

Names are compared after normalisation (full and half width, case, blanks, hyphens, brackets); the longest name wins.
What a positive result means is the triggers pack's; here it is decided which rule, which polarity, which level.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from yifang.formats.canonical import Result
from yifang.identify.codes import CodeBook
from yifang.identify.model import LEVELS, Level
from yifang.identify.specimens import SpecimenWords, Verdict
from yifang.identify.values import Polarity, Value, ValueReader, plain
from yifang.knowledge import Knowledge
from yifang.knowledge.models.code_maps import OrganismMap, TestMap
from yifang.knowledge.models.triggers import LabTrigger

_CACHE_LIMIT = 20_000
_GAP = r"[\s\-_/().·:,\[\]*]*"
_ANTIBODY = re.compile(r"抗体|IGG|IGA|IGM|凝集|ANTIBOD|\bAB\b")
_BRACKETS = re.compile(r"[(\[【][^)\]】]*[)\]】]")
_RESISTANCE = re.compile(r"耐药|RESIST|RIF|RPOB")
# A component that names no pathogen of its own takes its meaning from the panel.
_COMPONENT = re.compile(
    r"(?:检[验测查])?结果|结论|定性|定量|ORF1?[A-B]*/?[AB]?(?:基因)?|[NES]-?(?:GENE|基因)|RESULT|INTERPRETATION|"
)
_NOT_THIS = re.compile(r"(?:\bNOT|\bNON|EXCLUDING|OTHER THAN|\bEXCEPT|非)[- ]*$")
_ORGANISM_TEST = re.compile(r"培养|鉴定|镜检|涂片|CULTURE|IDENTIFIED|ORGANISM|病原|细菌")


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule a result speaks to; a positive one may be refused by its specimen or by a word of its value."""

    rule: LabTrigger
    disease: str
    polarity: Polarity
    level: Level
    value: Value
    refused_specimen: str = ""
    refused_value: str = ""


class LabReader:
    """Reads results by one set of packs."""

    def __init__(self, knowledge: Knowledge, codes: CodeBook) -> None:
        self._triggers = {rule.id: rule for rule in knowledge.triggers.lab}
        self._sets = knowledge.triggers.specimen_sets
        self._specimens = SpecimenWords(knowledge)
        self._values = ValueReader(knowledge.triggers, codes.qualifiers)
        self._names = [
            (_pattern(name), len(name), rule, bool(_ANTIBODY.search(plain(name))))
            for rule in knowledge.triggers.lab
            for name in (*rule.names, *knowledge.spelled.get(rule.id, ()))
        ]
        self._tests = {one.code: one for one in knowledge.code_maps.tests}
        self._organisms = {one.code: one for one in knowledge.code_maps.organisms}
        self._conditions = {one.code: one.disease for one in knowledge.code_maps.conditions}
        self._spelled = sorted(
            ((plain(name), one) for one in knowledge.code_maps.organisms for name in (one.text, *one.names) if name),
            key=lambda pair: -len(pair[0]),
        )
        self._by_name: dict[str, LabTrigger | None] = {}
        self._by_value: dict[str, tuple[LabTrigger, ...]] = {}

    def read(self, result: Result, age_days: float | None) -> list[Hit]:
        """The rules the result speaks to, with polarity. A cancelled result speaks to none."""
        if result.status == "cancelled":
            return []
        rule, reads = self._rule_of(result)
        if rule is not None and reads != "organism":
            return [self._judge(rule, self._polarity(rule, result), result, age_days)]
        return [
            self._judge(one, self._organism_value(result), result, age_days)
            for one in self._organisms_of(result, tested=rule is not None or reads == "organism")
        ]

    def _rule_of(self, result: Result) -> tuple[LabTrigger | None, str]:
        for code in result.codes:
            if code.system in ("loinc", "", "local") and (test := self._tests.get(code.code)):
                return self._of_test(test), test.reads
        named = self._named(result.name)
        if named is None:
            for code in result.codes:
                if code.text and code.text != result.name and (named := self._named(code.text)):
                    break
        if named is None and result.panel and _COMPONENT.fullmatch(plain(result.name)):
            named = self._named(result.panel)
        return named, "presence"

    def _of_test(self, test: TestMap) -> LabTrigger | None:
        if test.trigger:
            return self._triggers[test.trigger]
        return (
            None if test.disease is None else _as_rule(f"loinc_{test.code}", test.text, test.disease, test.level, test)
        )

    def _named(self, name: str) -> LabTrigger | None:
        if name in self._by_name:
            return self._by_name[name]
        if len(self._by_name) >= _CACHE_LIMIT:
            self._by_name.clear()
        whole = plain(name)
        forms = {whole, _BRACKETS.sub("", whole)}
        best: LabTrigger | None = None
        length = 0
        for form in forms:
            antibody = bool(_ANTIBODY.search(form))
            for pattern, size, rule, of_antibody in self._names:
                if size > length and (of_antibody or not antibody) and pattern.search(form):
                    best, length = rule, size
        self._by_name[name] = best
        return best

    def _polarity(self, rule: LabTrigger, result: Result) -> Value:
        value = self._values.read(result)
        if value.polarity == "unknown" and self._names_disease(rule.disease, result):
            return replace(value, polarity="positive")
        if value.polarity in ("positive", "negative") and any(mark in result.value for mark in ",，;；\n"):
            # MTB检出,利福平耐药未检出: a part about resistance says nothing about the pathogen, nor the reverse.
            wants = any(_RESISTANCE.search(plain(name)) and "MTB" not in plain(name) for name in rule.names)
            for part in re.split(r"[,;\n]", plain(result.value)):
                if bool(_RESISTANCE.search(part)) == wants and (word := self._values.of_words(part)) != "unknown":
                    return Value(word, value.titre)
        return value

    def _names_disease(self, disease: str, result: Result) -> bool:
        """Whether the answer, neither positive nor negative, is the name of what was looked for."""
        for code in result.value_codes:
            organism = self._organisms.get(code.code)
            if disease in (organism and organism.disease, self._conditions.get(code.code)):
                return True
        return any(rule.disease == disease for rule in self._spelled_in(result.value))

    def _organisms_of(self, result: Result, tested: bool) -> Iterable[LabTrigger]:
        found: dict[str, LabTrigger] = {}
        for code in result.value_codes:
            if (one := self._organisms.get(code.code)) and (rule := self._of_organism(one)):
                found[rule.disease] = rule
        if not found and result.value and (tested or _ORGANISM_TEST.search(plain(result.name + result.panel))):
            for rule in self._spelled_in(result.value):
                found.setdefault(rule.disease, rule)
        if not found and tested and self._values.read(result).polarity == "positive":
            named = self._spelled_in(result.name)  # "COVID-19: Detected" under the code of a test for several viruses
            found |= {rule.disease: rule for rule in named} if len(named) == 1 else {}
        return found.values()

    def _spelled_in(self, value: str) -> tuple[LabTrigger, ...]:
        if value in self._by_value:
            return self._by_value[value]
        if len(self._by_value) >= _CACHE_LIMIT:
            self._by_value.clear()
        text, found = plain(value), dict[str, LabTrigger]()
        for spelled, one in self._spelled:
            if spelled in text:
                denied = _NOT_THIS.search(text[: text.find(spelled)])
                if not denied and (rule := self._of_organism(one)):
                    found.setdefault(rule.disease, rule)
                text = text.replace(spelled, "#")  # the longest name wins: 副伤寒沙门菌 holds no 伤寒沙门菌
        for pattern, _, rule, of_antibody in sorted(self._names, key=lambda entry: -entry[1]):
            if not of_antibody and pattern.search(text):
                found.setdefault(rule.disease, rule)
                text = pattern.sub("#", text)
        self._by_value[value] = tuple(found.values())
        return self._by_value[value]

    def _of_organism(self, one: OrganismMap) -> LabTrigger | None:
        if one.trigger:
            rule = self._triggers[one.trigger]
        elif one.disease is not None:
            rule = _as_rule(f"snomed_{one.code}", one.text, one.disease, one.level, one)
        else:
            return None
        return rule.model_copy(update={"specimens_note": "仅" + "/".join(one.specimens)}) if one.specimens else rule

    def _organism_value(self, result: Result) -> Value:
        value = self._values.read(result)
        # A culture whose value is the organism's name is positive by naming it.
        return value if value.polarity in ("negative", "uncertain", "positive") else replace(value, polarity="positive")

    def _judge(self, rule: LabTrigger, value: Value, result: Result, age_days: float | None) -> Hit:
        level, disease = rule.level, rule.disease
        if value.polarity != "positive":
            return Hit(rule, disease, value.polarity, level, value)
        if rule.titre and value.titre is not None:
            least = int(rule.titre.strong.split(":")[-1])
            if value.titre < least and not plain(result.value).startswith(("阳", "POS", "+")):
                return Hit(rule, disease, "uncertain", level, value)
            level = "strong" if value.titre >= least else level
        rejects: tuple[str, ...] = rule.reject_results
        verdict = Verdict()
        specimen = plain(result.specimen)
        if rule.specimens:
            group = self._sets[rule.specimens]
            specimen = specimen or self._specimens.named_in(result)
            rejects += group.reject_results
            verdict = self._specimens.judge(group, specimen, age_days)
        elif rule.specimens_note and rule.specimens_note.startswith("仅"):
            verdict = self._specimens.only(
                tuple(rule.specimens_note[1:].split("/")), f"{specimen} {self._specimens.named_in(result)}"
            )
        if verdict.level and LEVELS[verdict.level] < LEVELS[level]:
            level = verdict.level
        return Hit(
            rule,
            verdict.disease or disease,
            "positive",
            level,
            value,
            specimen if verdict.reject else "",
            _rejecting(rejects, plain(result.value)) if rejects else "",
        )


def _pattern(name: str) -> re.Pattern[str]:
    chars = [re.escape(char) for char in plain(name) if char.isalnum()]
    body = _GAP.join(chars)
    first, last = plain(name)[0], plain(name)[-1]
    before = r"(?<![A-Z0-9])" if first.isascii() else "(?<!非结核)(?<!副)" if name.startswith(("伤寒", "流感")) else ""
    after = r"(?![A-Z0-9])" if last.isascii() else ""
    return re.compile(before + body + after)


def _as_rule(id: str, text: str, disease: str, level: Level, entry: TestMap | OrganismMap) -> LabTrigger:
    """A code-map entry without a trigger of its own, in the shape of one."""
    return LabTrigger.model_construct(
        id=id, names=(text,), disease=disease, level=level, subtype_hint=entry.subtype, pathogen_hint=entry.pathogen
    )


def _rejecting(words: Iterable[str], value: str) -> str:
    """The first rejecting word that the value names and does not deny (`未检出非结核分枝杆菌`), empty if none."""
    for word in words:
        at = value.find(plain(word))
        if at >= 0 and not value[:at].endswith(("未检出", "未见", "排除", "无")):
            return word
    return ""
