"""Identification itself: a batch of canonical records → findings, suspicions, and what is withheld with its reason.

Pure: no clock, no database, no state beyond caches of what was compiled. The order is the pack's: positive evidence,
negative rules, already reported, combination. A suspicion reports nothing; a clinician confirms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from yifang.formats.canonical import Record
from yifang.identify.background import Background
from yifang.identify.case_classes import ClassBook
from yifang.identify.coded import CodedGatherer
from yifang.identify.codes import icd_of
from yifang.identify.episodes import EpisodePolicy
from yifang.identify.gathered import Gathered
from yifang.identify.model import LEVELS, Evidence, Finding, Identified, Level, PersonContext, Suspicion, Withheld
from yifang.identify.negative import NegativeRules
from yifang.identify.notes import NoteGatherer, day
from yifang.identify.pneumonia import ALL, Criteria
from yifang.identify.record_facts import FactReader, age_in_days, day_of
from yifang.identify.syndromes import SyndromeBook
from yifang.identify.text import spans
from yifang.identify.text.scan import Scanner
from yifang.knowledge import Knowledge, built_once

_NAMED = ("diagnosis_code", "diagnosis_text", "note_text")
_REFUTED = frozenset(("hl7.not_a_case",))  # the sender classed the reported case as none
_NOTHING = Identified()


class Identifier:
    """The compiled packs, ready for any number of records. Build it once per set of packs (`identify.compiled`).

    `trained=False` leaves the trained reader of symptoms out: the dictionary and its rules alone; another reader takes
    the place of the one that comes with the program.
    """

    def __init__(self, knowledge: Knowledge, *, trained: bool | spans.SpanReader = True) -> None:
        self.digest = knowledge.digest
        self.episodes = EpisodePolicy.of(knowledge)
        self.facts = FactReader(knowledge)
        self._diseases = knowledge.diseases
        self._negative = NegativeRules(knowledge)
        reader = trained if isinstance(trained, spans.SpanReader) else spans.shipped() if trained else None
        scanner = Scanner(knowledge, reader)
        self._notes = NoteGatherer(knowledge, scanner, self._negative)
        self._coded = CodedGatherer(knowledge, scanner, self._notes)
        self._syndromes = SyndromeBook(knowledge)
        self._due: dict[tuple[str, str | None], bool] = {}
        self.case_classes = ClassBook(knowledge)
        self._told = [(rule, self._syndromes.alternatives(rule.rule)) for rule in knowledge.triggers.told]
        self._pneumonia = Criteria(knowledge)
        self._needs: dict[str, tuple[str, ...]] = {
            **{rule.id: rule.requires_syndrome for rule in knowledge.triggers.lab},
            **{rule.id: rule.combine_syndrome for rule in knowledge.triggers.imaging},
        }

    def identify(
        self, records: Sequence[Record], *, context: Mapping[str, PersonContext] | PersonContext | None = None
    ) -> list[Identified]:
        """One outcome for each record, in order. `context` is one person's, or a mapping by `Record.key`."""
        if context is None or isinstance(context, PersonContext):
            return [self._one(record, context) for record in records]
        return [self._one(record, context.get(record.key)) for record in records]

    def _one(self, record: Record, context: PersonContext | None) -> Identified:
        if record.status == "cancelled":
            return _NOTHING
        gathered = Gathered()
        scene = gathered.scene
        day = day_of(record)
        scene.age_days = age_in_days(record, day)
        scene.admitted = record.encounter.kind == "inpatient"
        self.facts.vital_signs(record, scene)
        for note in record.notes:
            self._notes.note(note, gathered)
        refuted = bool(record.issues) and any(issue.code in _REFUTED for issue in record.issues)
        for diagnosis in record.diagnoses:
            if refuted and diagnosis.role == "reported":
                diagnosis = replace(diagnosis, assertion="absent")
            elif diagnosis.at is not None and self._is_of_another_visit(diagnosis.at.day, record):
                diagnosis = replace(diagnosis, assertion="historical")
            self._coded.diagnosis(diagnosis, gathered)
        for result in record.results:
            self._coded.result(result, gathered)
        if record.drugs or record.immunizations:
            self._coded.drugs(record, gathered)
        present = self._syndromes_of(record, gathered)
        if scene.concepts and not record.diagnoses:
            self._before_diagnosis(record, gathered)
        criteria = self._pneumonia.of(record, scene, gathered.evidence)
        if not gathered.evidence:
            return Identified(tuple(gathered.findings), (), tuple(gathered.withheld), tuple(gathered.issues), criteria)
        background = Background(record, context, scene.age_days, self.facts.doses(record, day, context))
        evidence = self._with_syndromes(gathered.evidence, present, scene.age_days)
        kept, withheld = self._negative.apply(evidence, background)
        kept, reported = self._not_reported(kept, day, context)
        kept += self._earlier(kept, day, context)
        suspicions, counted = self._combine(kept)
        if len(criteria) >= len(ALL) and (unknown := self.unexplained(criteria, suspicions)):
            suspicions = (*suspicions, unknown)
        return Identified(
            tuple(gathered.findings),
            suspicions,
            (*gathered.withheld, *withheld, *reported, *counted),
            tuple(gathered.issues),
            criteria,
        )

    def unexplained(self, criteria: Sequence[Evidence], others: Iterable[Suspicion] = ()) -> Suspicion | None:
        """Pneumonia of unknown cause by its four criteria; None while one is missing or another disease explains it."""
        together = self._pneumonia.together(criteria)
        if not together or any(one.disease != together[0].disease for one in others):
            return None
        return self._suspicion(together[0].disease, "strong", together[0].rule, list(together))

    def _is_of_another_visit(self, day: str | None, record: Record) -> bool:
        """Whether a diagnosis was made so long before the visit that it is another's, carried on by a problem list."""
        began = record.encounter.start or record.at
        if day is None or began is None or began.day is None or day >= began.day:
            return False
        try:
            return (date.fromisoformat(began.day) - date.fromisoformat(day)).days > self.episodes.window_days
        except ValueError:
            return False

    def _syndromes_of(self, record: Record, gathered: Gathered) -> set[str]:
        scene = gathered.scene
        for one in record.diagnoses:
            if one.status != "cancelled" and one.assertion in ("present", "uncertain"):
                scene.icd += icd_of(one.codes)
        path = record.notes[0].path if record.notes else record.diagnoses[0].path if record.diagnoses else ""
        present = set()
        for syndrome in self._syndromes.present(scene):
            present.add(syndrome.id)
            gathered.findings.append(Finding(syndrome.id, syndrome.name, None, None, path, "present", "syndrome"))
        return present

    def _before_diagnosis(self, record: Record, gathered: Gathered) -> None:
        """Diseases that what is told points to while nobody has made a diagnosis: a parent's report, a triage form."""
        facts, age = self._syndromes.facts(gathered.scene), gathered.scene.age_days
        for rule, alternatives in self._told:
            too_old = rule.age_max is not None and age is not None and age >= (rule.age_max + 1) * 365.25
            if too_old or not facts.isdisjoint(rule.unless) or not any(one <= facts for one in alternatives):
                continue
            path = record.notes[0].path if record.notes else ""
            gathered.evidence.append(
                Evidence(
                    rule.disease, "told", rule.id, rule.level, rule.name, path,
                    message="identify.evidence.symptoms", params=(("text", rule.name),), at=day(record.at),
                )
            )  # fmt: skip

    def _with_syndromes(self, evidence: list[Evidence], present: set[str], age: float | None) -> list[Evidence]:
        """Evidence that needs a syndrome beside it is only counted without one; a code that needs one gains by it."""
        named = {one.disease for one in evidence if one.kind in _NAMED and one.level != "weak"}
        judged: list[Evidence] = []
        for one in evidence:
            disease = self._diseases.get(one.disease)
            limit = disease.age_max_years if disease else None
            if limit is not None and age is not None and age >= (limit + 1) * 365.25:
                one = replace(one, level="weak")
            elif one.kind == "diagnosis_code" and one.level == "weak":
                if disease and present.intersection(disease.syndromes):
                    one = replace(one, level="moderate")
            elif (needs := self._needs.get(one.rule)) and not present.intersection(needs) and one.disease not in named:
                one = replace(one, level="weak")
            judged.append(one)
        return judged

    def _not_reported(
        self, kept: list[Evidence], day: date | None, context: PersonContext | None
    ) -> tuple[list[Evidence], list[Withheld]]:
        if context is None or not (context.reported or context.excluded) or not kept:
            return kept, []
        standing: list[Evidence] = []
        withheld: list[Withheld] = []
        for one in kept:
            at = date.fromisoformat(one.at) if one.at else day
            if one.disease in context.excluded:
                withheld.append(Withheld(one.disease, "excluded", "suppress", one, "医生已排除"))
            elif any(
                known.disease == one.disease and (at is None or self.episodes.same_episode(one.disease, known, at))
                for known in context.reported
            ):
                withheld.append(Withheld(one.disease, "already_reported", "suppress", one, "本病程已有报告卡"))
            else:
                standing.append(one)
        return standing, withheld

    def _earlier(self, kept: list[Evidence], day: date | None, context: PersonContext | None) -> list[Evidence]:
        """Earlier evidence, within the pack's window, of diseases that this record speaks of as well."""
        if context is None or day is None or not context.earlier:
            return []
        diseases, window = {one.disease for one in kept}, self.episodes.window_days
        return [
            one
            for one in context.earlier
            if one.disease in diseases and one.at and 0 <= (day - date.fromisoformat(one.at)).days <= window
        ]

    def _combine(self, kept: list[Evidence]) -> tuple[tuple[Suspicion, ...], list[Withheld]]:
        by_disease: dict[str, list[Evidence]] = {}
        for one in kept:
            by_disease.setdefault(one.disease, []).append(one)
        suspicions: list[Suspicion] = []
        counted: list[Withheld] = []
        for disease, group in by_disease.items():
            group.sort(key=lambda one: -LEVELS[one.level])
            if group[0].level == "weak":
                counted += [Withheld(disease, one.rule, "weak", one, "弱证据") for one in group]
                continue
            confidence, rule = self._confidence(group)
            suspicions.append(self._suspicion(disease, confidence, rule, group))
        return tuple(suspicions), counted

    def _confidence(self, group: list[Evidence]) -> tuple[Level, str]:
        if group[0].level == "strong":
            return "strong", group[0].rule
        # Several names of one disease are one piece of evidence, however often written. What is told makes nothing
        # surer: a result that needs the symptoms beside it has counted them already.
        sources = {
            "named" if one.kind in _NAMED else one.rule
            for one in group
            if one.level == "moderate" and one.kind != "told"
        }
        return ("strong", "combine") if len(sources) > 1 else ("moderate", group[0].rule)

    def _suspicion(self, disease: str, confidence: Level, rule: str, group: list[Evidence]) -> Suspicion:
        subtype = next((one.subtype_hint for one in group if one.subtype_hint), None)
        return Suspicion(
            disease=disease,
            confidence=confidence,
            rule=rule,
            evidence=tuple(group),
            case_class=self.case_classes.of(disease, group),
            urgent=any(one.urgent for one in group) or self._is_due_at_once(disease, subtype),
            subtype_hint=subtype,
            pack_digest=self.digest,
        )

    def _is_due_at_once(self, disease: str, subtype: str | None) -> bool:
        """Whether a case is to be reported within two hours; a subtype may be more urgent than its disease (肺炭疽)."""
        key = (disease, subtype)
        due = self._due.get(key)
        if due is None:
            pack = self._diseases.get(disease)
            due = self._due[key] = pack is not None and pack.for_subtype(subtype).is_urgent
        return due


@built_once
def compiled(knowledge: Knowledge) -> Identifier:
    """The Identifier of these packs."""
    return Identifier(knowledge)
