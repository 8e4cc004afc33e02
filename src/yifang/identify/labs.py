"""Laboratory results → the rules they meet: by name as the laboratory spells it, by LOINC, or by the organism named.

Names are compared after normalisation (full and half width, case, blanks, hyphens, brackets); the longest name wins.
What a positive result means is the triggers pack's; here it is decided which rule, which polarity, which level.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import permutations

from yifang.formats.canonical import Result
from yifang.identify import english
from yifang.identify.codes import CodeBook
from yifang.identify.model import LEVELS, Level
from yifang.identify.specimens import SpecimenWords, Verdict
from yifang.identify.values import Polarity, Value, ValueReader, plain
from yifang.knowledge import Knowledge
from yifang.knowledge.models.code_maps import OrganismMap, TestMap
from yifang.knowledge.models.triggers import LabTrigger

_CACHE_LIMIT = 20_000
_NARRATIVE = 400  # longer values are narratives
_GAP = r"[\s\-_/().·:,\[\]*]*"
_ANTIBODY = re.compile(r"抗体|(?<![A-Z])IG[GAM]|凝集|ANTIBOD|\bAB\b")
_ANTIBODY_OF_CLASS = re.compile(r"抗体[-_ ]*(?=\(?IG[GMA])|(?<=IG[GMA])[-_ ]*抗体")
# An antibody by its method: a spelling that names the method holds for names that say antibody as well.
_ANTIGEN = re.compile(r"抗原|ANTIGEN|\bAG\b")
_BY_METHOD = re.compile(r"BLOT|WB|DIFFERENTIATION|确[证认]|印迹|补充试验|FTA|AGGLUTINATION|TP-?[PH]A")
_BRACKETS = re.compile(r"[(\[【][^)\]】]*[)\]】]")
_RESISTANCE = re.compile(r"耐药|RESIST|RIF|RPOB")
# A component that names no pathogen of its own takes its meaning from the panel.
_COMPONENT = re.compile(
    r"(?:检[验测查])?结果|结论|定性|定量|ORF1?[A-B]*/?[AB]?(?:基因)?|[NES]-?(?:GENE|基因)|"
    r"(?:(?:TEST|FINAL) )?RESULTS?|INTERPRETATION|(?:FINAL )?REPORT|ORGANISM|ISOLATE|"
)
# Between two names of one test: CT/NG, Salmonella and Shigella.
_JOINED = re.compile(r"\s*(?:\([^)]*\)|VIRUS(?:ES)?|病毒|菌|SPP\.?|SPECIES)?\s*(?:[/+&、,和及与]|AND\b)\s*")
_NOT_THIS = re.compile(r"(?:\bNOT|\bNON|EXCLUDING|OTHER THAN|\bEXCEPT|非)[- ]*$")
# Names an organism without testing for it today.
_NO_TEST = re.compile(r"IMMUN(?:E|ITY)\b|VACCIN|EXPOS|CONTACT|HISTORY|疫苗|接种|接触|既往")
_ORGANISM_TEST = re.compile(
    r"培养|鉴定|镜检|涂片|病原|细菌|寄生虫|虫卵|CULTURE|联检|多重|IDENTIFIED|ORGANISM|ISOLATE|PARASIT|SMEAR|\bPANEL\b"
)


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
            (_pattern(name), _weight(name), rule, _is_of_antibody(plain(name)), english.words(plain(name)))
            for rule in knowledge.triggers.lab
            for name in (*rule.names, *knowledge.spelled.get(rule.id, ()))
        ]
        longest_first = sorted(self._names, key=lambda entry: -entry[1])
        self._organism_names = [
            (pattern, rule) for pattern, _, rule, of_antibody, _ in longest_first if not of_antibody
        ]
        self._antigens = {
            rule.disease: rule
            for rule in knowledge.triggers.lab
            if all(_ANTIGEN.search(plain(name)) for name in rule.names)
        }
        self._tests = {one.code: one for one in knowledge.code_maps.tests}
        self._organisms = {one.code: one for one in knowledge.code_maps.organisms}
        self._conditions = {one.code: one.disease for one in knowledge.code_maps.conditions}
        spelled = ((name, one) for one in knowledge.code_maps.organisms for name in (one.text, *one.names) if name)
        self._spelled = [(_pattern(name), one) for name, one in sorted(spelled, key=lambda pair: -len(pair[0]))]
        self._by_name: dict[str, LabTrigger | None] = {}
        self._combined: dict[str, tuple[LabTrigger, ...]] = {}
        self._by_value: dict[str, tuple[LabTrigger | None, ...]] = {}

    def read(self, result: Result, age_days: float | None) -> list[Hit]:
        """The rules the result speaks to, with polarity. A cancelled result speaks to none."""
        if result.status == "cancelled":
            return []
        rule, reads = self._rule_of(result)
        if len(both := self._combined_in(result.name)) > 1 and (rule is None or rule.id in self._triggers):
            return [self._judge(one, value, result, age_days) for one, value in self._of_combined(both, result)]
        if rule is not None and reads != "organism" and not self._names_another(rule.disease, result):
            return [self._judge(rule, self._polarity(rule, result), result, age_days)]
        found = self._organisms_of(result, tested=rule is not None or reads == "organism")
        if not found and reads == "presence":
            found = self._organism_tested(result)
        if _ANTIGEN.search(plain(f"{result.name} {result.panel}")):
            # The rule that an organism's name stands for may be of nucleic acid.
            found = [(self._antigens.get(one.disease, one), value) for one, value in found]
        return [self._judge(one, value, result, age_days) for one, value in found]

    def _rule_of(self, result: Result) -> tuple[LabTrigger | None, str]:
        for code in result.codes:
            if code.system in ("loinc", "", "local") and (test := self._tests.get(code.code)):
                rule = self._of_test(test)
                return rule, "known" if rule is None and test.reads == "presence" else test.reads
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
        whole = _as_compared(name)
        forms = {whole, _BRACKETS.sub("", whole)}
        best: LabTrigger | None = None
        length = 0
        for form in forms:
            antibody, latin = bool(_ANTIBODY.search(form)), english.words(form)
            for pattern, size, rule, of_antibody, spelled in self._names:
                if size <= length or (antibody and not of_antibody):
                    continue
                if pattern.search(form) or (len(spelled) > 1 and english.means(spelled, latin)):
                    best, length = rule, size
        self._by_name[name] = best
        return best

    def _combined_in(self, name: str) -> tuple[LabTrigger, ...]:
        """The rules of the organisms that one test looks for together (`CT/NG`), one for each disease; else none."""
        if name not in self._combined:
            if len(self._combined) >= _CACHE_LIMIT:
                self._combined.clear()
            self._combined[name] = self._joined_in(plain(name))
        return self._combined[name]

    def _joined_in(self, text: str) -> tuple[LabTrigger, ...]:
        organisms = ((pattern, self._of_organism(one)) for pattern, one in self._spelled)
        spans = [
            (*match.span(), rule)
            for pattern, rule in (*organisms, *self._organism_names)
            if rule is not None and (match := pattern.search(text))
        ]
        joined: dict[str, LabTrigger] = {}
        whole = [one for one in spans if not any(_is_part(one[:2], other[:2]) for other in spans)]
        for one, other in permutations(whole, 2):
            if one[2].disease != other[2].disease and _is_joined(text, one[:2], other[:2]):
                joined[one[2].disease] = one[2]
        return tuple(joined.values())

    def _of_combined(self, both: tuple[LabTrigger, ...], result: Result) -> list[tuple[LabTrigger, Value]]:
        """What a test for several organisms says: of those its value names, else of each and at most moderately."""
        named = self._organisms_of(result, tested=True) if self._spelled_in(result.value) else []
        if named:
            return named
        value = self._values.read(result)
        parts = {self._values.of_words(part) for part in re.split(r"[,;\n]", plain(result.value))}
        if {"positive", "negative"} <= parts:
            value = Value("uncertain")  # one of them is, and nobody says which
        return [(rule.model_copy(update={"level": _at_most(rule.level, "moderate")}), value) for rule in both]

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
        return any(rule and rule.disease == disease for rule in self._spelled_in(result.value))

    def _names_another(self, disease: str, result: Result) -> bool:
        """Whether the answer names other organisms than the one asked for (`Salmonella culture`: Shigella sonnei)."""
        if len(result.value) > _NARRATIVE:
            return False
        named = self._spelled_in(result.value)
        return bool(named) and all(rule is None or rule.disease != disease for rule in named) and any(named)

    def _organisms_of(self, result: Result, tested: bool) -> list[tuple[LabTrigger, Value]]:
        found: dict[str, tuple[LabTrigger, Value]] = {}
        for code in result.value_codes:
            if (one := self._organisms.get(code.code)) and (rule := self._of_organism(one)):
                found[rule.disease] = rule, self._organism_value(result)
        if found or not result.value:
            return list(found.values())
        asked = tested or bool(_ORGANISM_TEST.search(plain(f"{result.name} {result.panel}")))
        if asked or (_COMPONENT.fullmatch(plain(result.name)) and len(result.value) < _NARRATIVE):
            parts = self._parts(plain(result.value))
            for part in parts:
                word = self._values.of_words(part)
                value = self._organism_value(result) if len(parts) == 1 else Value(_affirmed(word))
                for rule in filter(None, self._spelled_in(part)):
                    if (asked or word == "positive") and (
                        rule.disease not in found or found[rule.disease][1].polarity != "positive"
                    ):
                        found[rule.disease] = rule, value
        if not found and tested and self._values.read(result).polarity == "positive":
            # "COVID-19: Detected" under the code of a test for several viruses
            return self._organism_tested(result)
        return list(found.values())

    def _parts(self, value: str) -> list[str]:
        """The parts of a value that speak each for itself; between commas only where every one does."""
        parts: list[str] = []
        for sentence in english.sentences(value):
            pieces = [piece for piece in sentence.split(",") if piece.strip()]
            alone = len(pieces) > 1 and all(self._values.of_words(piece.strip()) != "unknown" for piece in pieces)
            parts += pieces if alone else [sentence]
        return parts

    def _organism_tested(self, result: Result) -> list[tuple[LabTrigger, Value]]:
        """The one organism in the name of a test that the packs do not list (`Campylobacter species by PCR`).

        An antibody of unnamed class says nothing of a disease of today. IgM is at most moderate, and weak where the
        organism has a rule of its own, which lists the antibodies that count (not those of respiratory IgM panels).
        """
        value = self._values.read(result)
        if value.polarity not in ("positive", "negative", "uncertain"):
            return []
        name = result.name if result.name and not _COMPONENT.fullmatch(plain(result.name)) else result.panel
        named = self._spelled_in(name)
        if len(named) != 1 or named[0] is None or _NO_TEST.search(plain(name)):
            return []
        rule = named[0]
        if _ANTIBODY.search(plain(name)):
            if "IGM" not in plain(name):
                return []
            most: Level = "weak" if rule.id in self._triggers else "moderate"
            rule = rule.model_copy(update={"level": _at_most(rule.level, most)})
        return [(rule, value)]

    def _spelled_in(self, value: str) -> tuple[LabTrigger | None, ...]:
        """The rules of the organisms a text names, one for each disease; None stands for those of no concern."""
        if value in self._by_value:
            return self._by_value[value]
        if not any(map(str.isalpha, value)):
            return ()  # a figure, of which there are endlessly many
        if len(self._by_value) >= _CACHE_LIMIT:
            self._by_value.clear()
        text, found = plain(value), dict[str, LabTrigger | None]()
        for pattern, one in self._spelled:
            match = pattern.search(text)
            if match:
                if not _NOT_THIS.search(text[: match.start()]):
                    rule = self._of_organism(one)
                    found.setdefault(rule.disease if rule else "", rule)
                text = pattern.sub("#", text)  # the longest name wins: 副伤寒沙门菌 holds no 伤寒沙门菌
        for pattern, rule in self._organism_names:
            if pattern.search(text):
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
        return replace(value, polarity=_affirmed(value.polarity))

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


def _weight(name: str) -> int:
    """How much a name says, by which the longest wins; filling words do not count."""
    return sum(map(len, english.words(plain(name)))) or len(name)


def _is_of_antibody(name: str) -> bool:
    return bool(_ANTIBODY.search(name) or _BY_METHOD.search(name))


def _is_part(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether a span lies in another, longer one: 沙门菌 of 副伤寒沙门菌."""
    return one != other and other[0] <= one[0] and one[1] <= other[1]


def _is_joined(text: str, one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two names stand joined; SARS-CoV+SARS-CoV-2 are ways to write one."""
    if one == other:
        return True
    if one > other:
        one, other = other, one
    if _JOINED.fullmatch(text, one[1], other[0]) is None:
        return False
    first, second = text[slice(*one)], text[slice(*other)]
    return not (first.startswith(second) or second.startswith(first))


def _at_most(level: Level, most: Level) -> Level:
    return min(level, most, key=lambda one: LEVELS[one])


def _affirmed(polarity: Polarity) -> Polarity:
    return "positive" if polarity == "unknown" else polarity


def _as_compared(name: str) -> str:
    """`plain`, the word 抗体 left out beside the class it belongs to: 抗体IgM, IgM抗体 and IgM are one."""
    return _ANTIBODY_OF_CLASS.sub("", plain(name))


def _pattern(name: str) -> re.Pattern[str]:
    chars = [re.escape(char) for char in _as_compared(name) if char.isalnum()]
    body = _GAP.join(chars)
    first, last = plain(name)[0], plain(name)[-1]
    before = (
        r"(?<![A-Z0-9])" if first.isascii() else "(?<!非结核)(?<![副鼠])" if name.startswith(("伤寒", "流感")) else ""
    )
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
        if at >= 0 and not value[:at].endswith(("未检出", "未见", "排除", "无", "鼠")):  # 鼠伤寒 is no 伤寒
            return word
    return ""
