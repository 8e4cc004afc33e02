"""Coded and structured parts of a record → findings and evidence: diagnoses, laboratory results, drugs.

Everything positive is gathered with its rule and level, and nothing is judged: negative rules and combination come
after (`negative`, `engine`).
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from yifang.formats.canonical import Diagnosis, Drug, Issue, Note, Record, Result
from yifang.identify.codes import CodeBook
from yifang.identify.drugs import hits as drug_hits
from yifang.identify.drugs import named as drugs_named
from yifang.identify.gathered import Gathered
from yifang.identify.labs import Hit, LabReader
from yifang.identify.model import Assertion, Evidence, Finding, Withheld
from yifang.identify.notes import DENIALS, NoteGatherer, day, is_doubt
from yifang.identify.text.mentions import Mention
from yifang.identify.text.scan import Scanner
from yifang.identify.values import Polarity, plain
from yifang.knowledge import Knowledge

_CACHE_LIMIT = 20_000
_IMAGE_TESTS = ("CT", "DR", "X线", "胸片", "影像", "超声", "B超", "MRI", "放射")
_DENIED_AS: dict[Assertion, str] = {"absent": "排除", "historical": "病史", "other_person": "他人"}
_ASSERTIONS: dict[Polarity, Assertion] = {"positive": "present", "negative": "absent", "uncertain": "uncertain"}


class CodedGatherer:
    """Reads diagnoses, results and drugs by one set of packs."""

    def __init__(self, knowledge: Knowledge, scanner: Scanner, notes: NoteGatherer) -> None:
        self._scanner = scanner
        self._notes = notes
        self._said: dict[str, dict[str, Mention]] = {}
        self._codes = CodeBook(knowledge)
        self._labs = LabReader(knowledge, self._codes)
        self._knowledge = knowledge
        self._exposures = [rule for rule in knowledge.triggers.drug if rule.event == "exposure"]

    def diagnosis(self, one: Diagnosis, into: Gathered) -> None:
        """Codes and words of one diagnosis; its own words (`排除`, `?`, `病史`) rule its codes too."""
        if one.status == "cancelled":
            return
        said = self._diseases_in(one.text)
        at = day(one.at)
        for code, meaning in self._codes.meanings(one.codes):
            disease = self._notes.reported_as(meaning.disease)
            of_code = said.get(disease)
            assertion: Assertion = one.assertion
            if assertion == "present" and of_code and (of_code.assertion != "uncertain" or is_doubt(of_code)):
                assertion = of_code.assertion
            label = code.text or one.text
            text = f"{code.code} {label}".strip()
            into.findings.append(Finding(disease, text, None, None, one.path, assertion, "disease", "diagnosis"))
            evidence = Evidence(
                disease,
                "diagnosis_code",
                meaning.rule,
                "moderate" if assertion == "uncertain" else meaning.level,
                text,
                one.path,
                message="identify.evidence.event" if meaning.rule == "map_event" else "identify.evidence.code",
                params=(("code", code.code), ("text", label)),
                case_class="suspected" if assertion == "uncertain" else None,
                subtype_hint=meaning.subtype,
                at=at,
            )
            if assertion in DENIALS:
                word = (of_code.context if of_code else "") or _DENIED_AS[assertion]
                into.withheld.append(self._notes.refused(evidence, word, of_code.clause if of_code else ""))
            else:
                into.evidence.append(replace(evidence, level="weak") if meaning.needs_syndrome else evidence)
        for disease, mention in said.items():
            if one.assertion != "present" and mention.assertion == "present":
                mention = mention._replace(assertion=one.assertion)
            text = one.text[mention.start : mention.end]
            into.findings.append(
                Finding(disease, text, None, None, one.path, mention.assertion, "disease", "diagnosis")
            )
            self._notes.named(mention, disease, Note("diagnosis", one.text, one.path, one.at), None, into)

    def _diseases_in(self, text: str) -> dict[str, Mention]:
        """The diseases a diagnosis names in words; diagnoses repeat, so their texts are kept."""
        said = self._said.get(text)
        if said is None:
            if len(self._said) >= _CACHE_LIMIT:
                self._said.clear()
            said = self._said[text] = {}
            for mention in self._scanner.read(text).mentions:
                if mention.kind == "disease":
                    said.setdefault(self._notes.reported_as(mention.concept), mention)
        return said

    def result(self, one: Result, into: Gathered) -> None:
        """The rules a laboratory result speaks to; an imaging report sent as a result is read as imaging."""
        found = self._labs.read(one, into.scene.age_days)
        for hit in found:
            self._hit(hit, one, into)
        if not found and one.path.endswith(".conclusionCode"):  # a report may conclude with the disease itself
            self.diagnosis(Diagnosis(one.value_codes, one.value, one.path, "other", one.at, status=one.status), into)
        if not found and len(one.value) > 8 and _is_image(one.name + one.panel):
            self._notes.note(Note("imaging", one.value, one.path, one.at), into)

    def _hit(self, hit: Hit, one: Result, into: Gathered) -> None:
        disease = self._notes.reported_as(hit.disease)
        text = f"{one.name} {one.value}".strip()
        if hit.polarity in ("unknown", "no_result"):
            if hit.polarity == "unknown" and one.value.strip():
                into.issues.append(Issue("identify.value_unread", one.path, (("name", one.name), ("value", one.value))))
            return
        assertion = _ASSERTIONS[hit.polarity]
        into.findings.append(Finding(disease, text, None, None, one.path, assertion, "laboratory", "laboratory"))
        if hit.polarity == "negative":
            return
        rule = hit.rule
        evidence = Evidence(
            disease, "laboratory", rule.id, hit.level if hit.polarity == "positive" else "weak", text, one.path,
            message="identify.evidence.result", params=(("name", one.name), ("value", one.value)),
            case_class=rule.case_class if hit.level == "strong" and hit.polarity == "positive" else None,
            subtype_hint=rule.subtype_hint,
            urgent=rule.urgent, at=day(one.at) or day(one.issued),
        )  # fmt: skip
        if hit.refused_specimen:
            into.withheld.append(
                Withheld(disease, rule.specimens or rule.id, "suppress", evidence, hit.refused_specimen)
            )
        elif hit.refused_value:
            into.withheld.append(self._notes.refused(evidence, hit.refused_value, plain(one.value)))
        else:
            into.evidence.append(evidence)

    def drugs(self, record: Record, into: Gathered) -> None:
        """Drug rules met by the record's drugs; doses against an exposure (rabies) are findings, never a disease."""
        diagnosed = frozenset(
            one.disease
            for one in into.evidence
            if one.kind in ("diagnosis_code", "diagnosis_text") or one.case_class == "confirmed"
        )
        given = [
            *record.drugs,
            *(Drug(one.codes, one.name, one.path, one.at, one.status) for one in record.immunizations),
        ]
        for rule in self._exposures:
            for drug in drugs_named(rule, given, self._knowledge.spellings.products).values():
                into.findings.append(
                    Finding(rule.disease, drug.name, None, None, drug.path, "present", "exposure", "plan")
                )
        for hit in drug_hits(self._knowledge, record.drugs, diagnosed):
            if hit.rule.event:
                continue
            names = "、".join(drug.name for drug in hit.drugs)
            disease = self._notes.reported_as(hit.disease)
            path = hit.drugs[0].path
            into.findings.append(Finding(disease, names, None, None, path, "present", "drug", "plan"))
            into.evidence.append(
                Evidence(
                    disease,
                    "drug",
                    hit.rule.id,
                    hit.level,
                    names,
                    path,
                    message="identify.evidence.drug",
                    params=(("names", names),),
                    at=day(hit.drugs[0].at),
                )
            )


@lru_cache(maxsize=_CACHE_LIMIT)
def _is_image(name: str) -> bool:
    return any(word in plain(name) for word in _IMAGE_TESTS)
