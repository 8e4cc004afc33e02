"""Notes → findings and evidence: symptoms, names of diseases, words of imaging, results told.

Everything positive is gathered with its rule and level. A name beside a word that takes it back (陈旧, 筛查) is
withheld at once, with the rule behind the word; rules about the whole record and combination come after.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from operator import itemgetter

from yifang.formats.canonical import Moment, Note, Section
from yifang.identify.gathered import Gathered
from yifang.identify.model import Assertion, Evidence, Finding, FindingKind, Withheld
from yifang.identify.negative import NegativeRules, hold
from yifang.identify.text.mentions import Mention
from yifang.identify.text.scan import ERUPTION, Scanner, Told
from yifang.knowledge import Knowledge

DENIALS = ("absent", "historical", "other_person")
_SAID = ("present", "uncertain")
_SILENT_SECTIONS = ("plan", "laboratory", "epidemiology")  # name diseases without saying that the patient has them
# Headings within a note; the first group are those under which nothing is of today.
_HEADINGS_OR_STOP = re.compile(
    r"[。\n]|(?:"
    r"(既往史|过去史|既往病史|个人史|婚育史|家族史|传染病史|past medical history|past history|PMH|family history)"
    r"|现病史|主诉|体格检查|查体|辅助检查|诊断|印象|处理"
    r"|history of present illness|assessment|impression|diagnosis|plan)"
    r"\s*[:：]",
    re.IGNORECASE,
)
# What somebody tells; reports and plans are not.
_TOLD: dict[Section, Told] = {"complaint": "record", "history": "record", "past_history": "record", "other": "line"}
_TITRE = re.compile(r"[^,;\d]{0,6}1:(\d+)")
_KINDS: dict[str, FindingKind] = {
    "symptom": "symptom", "disease": "disease", "imaging": "imaging", "laboratory": "laboratory",
}  # fmt: skip


class NoteGatherer:
    """Reads notes by one set of packs."""

    def __init__(self, knowledge: Knowledge, scanner: Scanner, negative: NegativeRules) -> None:
        self._scanner = scanner
        self._negative = negative
        self._tests = {rule.id: rule for rule in knowledge.triggers.lab}
        self._imaging = {rule.id: rule for rule in knowledge.triggers.imaging}
        self._report_as = {one.id: one.report_as for one in knowledge.diseases.values() if one.report_as}
        # 养羊 and 住院 are told like symptoms and are none.
        self._no_symptoms: dict[str, FindingKind | None] = {
            name: None if one.context == "silent" else "event" if one.event else "exposure"
            for name, one in knowledge.syndromes.all_concepts.items()
            if one.event or one.context
        }
        self._contacts = {one.contact: name for name, one in knowledge.syndromes.all_concepts.items() if one.contact}
        self._text_rules = {rule.id: rule for rule in knowledge.triggers.diagnosis_text}

    def reported_as(self, disease: str) -> str:
        """The disease whose card is written for `disease` (诺如 → 其他感染性腹泻)."""
        return self._report_as.get(disease) or disease

    def note(self, note: Note, into: Gathered) -> None:
        """What a note says of the patient and of others; in `past_history` what is present is historical."""
        scene, text, section = into.scene, note.text, note.section
        seen: set[tuple[str, Assertion]] = set()
        told: set[str] = set()  # results and words of imaging: the same one said again is no more evidence
        # Most notes have no such heading; these looks cost a tenth of the search.
        headed = _headed(text) if "史：" in text or "史:" in text or "istory" in text or "PMH" in text else ()
        for offset, reading in self._scanner.clauses(text, told=_TOLD.get(note.section, "no")):
            if headed:
                section = _under(headed, offset, note.section)
            if reading.temperatures:
                scene.temperatures += reading.temperatures
            if reading.vitals:
                scene.vitals.update(reading.vitals)
            if scene.age_days is None:
                scene.age_days = reading.age_days
            for mention in reading.mentions:
                if section == "past_history" and mention.assertion in _SAID:
                    mention = mention._replace(assertion="historical")
                kind, concept, start, end, assertion, _, _ = mention
                if kind == "exclude":
                    if assertion != "absent":
                        scene.excluded.add(concept)
                    continue
                if kind == "symptom":
                    if assertion in _SAID:
                        scene.concepts.add(concept)
                    if reading.told is not None and concept not in self._no_symptoms:
                        continue
                elif kind == "disease":
                    concept = self.reported_as(concept)
                    if section == "imaging" and _inside_image(mention, reading.mentions):
                        continue  # 浸润性肺结核 in a report of imaging is one piece of evidence, not two
                    if assertion == "other_person" and section != "past_history" and concept in self._contacts:
                        scene.concepts.add(self._contacts[concept])
                    if section not in _SILENT_SECTIONS and (concept, assertion) not in seen:
                        seen.add((concept, assertion))
                        self.named(mention, concept, note, offset, into)
                elif kind == "laboratory":
                    concept = self._told_result(mention, note, offset, into, told)
                elif section == "imaging":
                    self._image(mention, note, offset, into, told)
                else:
                    continue
                start, end = start + offset, end + offset
                told_as = self._no_symptoms.get(concept, "symptom") if kind == "symptom" else _KINDS[kind]
                if told_as is None:
                    continue
                into.findings.append(
                    Finding(concept, text[start:end], start, end, note.path, assertion, told_as, section)
                )
            for _, concept, start, end, assertion, _, _ in reading.told or ():
                if assertion in _SAID:
                    if section == "past_history":
                        assertion = "historical"
                    else:
                        scene.concepts.add(concept)
                start, end = start + offset, end + offset
                if concept not in self._no_symptoms:
                    into.findings.append(
                        Finding(concept, text[start:end], start, end, note.path, assertion, "symptom", section)
                    )

    def named(self, mention: Mention, disease: str, note: Note, offset: int | None, into: Gathered) -> None:
        """Evidence of a disease's name, or its refusal by the word beside it; no `offset`: the words of a diagnosis."""
        unsure = mention.assertion == "uncertain" and (
            is_doubt(mention) or (offset is None and mention.context == ERUPTION)
        )
        rule = self._text_rules["diag_uncertain" if unsure else "diag_name"]
        shift = offset or 0
        text = note.text[mention.start + shift : mention.end + shift]
        evidence = Evidence(
            disease,
            "diagnosis_text" if offset is None else "note_text",
            rule.id,
            rule.level or "moderate",
            text,
            note.path,
            None if offset is None else mention.start + offset,
            None if offset is None else mention.end + offset,
            "identify.evidence.name_uncertain" if unsure else "identify.evidence.name",
            (("text", text),),
            case_class=rule.class_hint,
            at=day(note.at),
        )
        if unsure or (mention.assertion == "present" and not mention.context):
            behind = self._negative.in_clause(mention.clause, disease)
            if behind:
                into.withheld.append(hold(evidence, behind))
            else:
                into.evidence.append(evidence)
        elif mention.context:
            into.withheld.append(self.refused(evidence, mention.context, mention.clause))

    def refused(self, evidence: Evidence, word: str, clause: str) -> Withheld:
        """The evidence, withheld by the rule behind a word beside it, else by its own rule."""
        behind = self._negative.for_word(word, clause, evidence.disease)
        return (
            hold(evidence, behind) if behind else Withheld(evidence.disease, evidence.rule, "suppress", evidence, word)
        )

    def _image(self, mention: Mention, note: Note, offset: int, into: Gathered, told: set[str]) -> None:
        rule = self._imaging[mention.concept]
        start, end = mention.start + offset, mention.end + offset
        text = note.text[start:end]
        evidence = Evidence(
            rule.disease, "imaging", rule.id, rule.level, text, note.path, start, end,
            "identify.evidence.imaging", (("text", text),), at=day(note.at),
        )  # fmt: skip
        denial = next((word for word in rule.negation_terms if word in mention.clause), None)
        if denial:
            into.withheld.append(self.refused(evidence, denial, mention.clause))
        elif mention.assertion not in DENIALS and rule.id not in told:
            told.add(rule.id)
            into.evidence.append(evidence)

    def _told_result(self, mention: Mention, note: Note, offset: int, into: Gathered, told: set[str]) -> str:
        """A positive result told in a note is at most moderate: nobody has seen the report. Gives the disease."""
        rule = self._tests[mention.concept]
        disease = self.reported_as(rule.disease)
        titre = _TITRE.match(mention.clause, mention.end) if rule.titre else None
        below = rule.titre and titre and int(titre.group(1)) < int(rule.titre.strong.split(":")[-1])
        refused = any(word in mention.clause for word in rule.reject_results)
        if mention.assertion == "present" and not refused and not below and rule.id not in told:
            told.add(rule.id)
            start, end = mention.start + offset, mention.end + offset
            into.evidence.append(
                Evidence(
                    disease,
                    "laboratory",
                    rule.id,
                    "weak" if rule.level == "weak" else "moderate",
                    note.text[start:end],
                    note.path,
                    start,
                    end,
                    "identify.evidence.told",
                    (("text", mention.clause),),
                    urgent=rule.urgent,
                    at=day(note.at),
                )
            )
        return disease


def _headed(text: str) -> list[tuple[int, int, Section]]:
    """The stretches of a note that stand under a heading of past history: to the full stop, or the next heading."""
    stretches: list[tuple[int, int, Section]] = []
    begun: int | None = None
    for match in _HEADINGS_OR_STOP.finditer(text):
        if begun is not None:
            stretches.append((begun, match.start(), "past_history"))
        begun = match.start() if match.group(1) else None
    if begun is not None:
        stretches.append((begun, len(text), "past_history"))
    return stretches


def _under(stretches: list[tuple[int, int, Section]], offset: int, otherwise: Section) -> Section:
    """The section of what stands at `offset`."""
    place = bisect_right(stretches, offset, key=itemgetter(0)) - 1
    return stretches[place][2] if place >= 0 and offset < stretches[place][1] else otherwise


def _inside_image(mention: Mention, others: tuple[Mention, ...]) -> bool:
    return any(one.kind == "imaging" and one.start <= mention.start and mention.end <= one.end for one in others)


def is_doubt(mention: Mention) -> bool:
    """Uncertain because the writer doubts (考虑, 待排), not because of the word beside it (疫苗, 筛查)."""
    return mention.context in ("", "待排")


def day(moment: Moment | None) -> str | None:
    """The civil day of a moment, None where it is not known to the day."""
    return moment.day if moment else None
