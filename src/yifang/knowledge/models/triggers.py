"""Triggers: which laboratory result, drug, image or diagnosis points to which disease, and what must not prompt."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from yifang.knowledge.models.base import (
    ConceptId,
    DiseaseId,
    DiseaseTarget,
    Entry,
    Model,
    Pack,
    SyndromeId,
    TriggerId,
    VaccineId,
)
from yifang.knowledge.models.syndromes import Rule

Level = Literal["strong", "moderate", "weak"]
Effect = Literal["suppress", "weak", "route"]


class Reroute(Model):
    """Specimens that point to another disease."""

    specimens: tuple[str, ...]
    disease: DiseaseId


class SpecimenSet(Entry):
    """Which specimens a test counts on."""

    accept: tuple[str, ...]
    reroute: tuple[Reroute, ...] = ()
    reject: tuple[str, ...] = ()
    reject_results: tuple[str, ...] = ()
    unknown_specimen: Level


class VaccineWindow(Model):
    """Days since a dose within which a positive IgM may be the vaccine's."""

    vaccine: VaccineId
    days: tuple[int, int]
    to: Level


class Titre(Model):
    """Titre from which a result counts as `strong`."""

    strong: str
    text: str


class LabTrigger(Entry):
    """A laboratory item by its usual names; `specimens` names a specimen set."""

    id: str
    names: tuple[str, ...]
    disease: DiseaseId | Literal["mycoplasma_pneumoniae", "rsv"]
    level: Level
    case_class: Literal["confirmed"] | None = None
    action: Literal["confirm_worklist"] | None = None
    subtype_hint: str | None = None
    pathogen_hint: str | None = None
    urgent: bool = False
    pair_with: TriggerId | None = None
    next: TriggerId | None = None
    specimens: str | None = None
    specimens_note: str | None = None
    reject_results: tuple[str, ...] = ()
    requires_syndrome: tuple[SyndromeId, ...] = ()
    downgrade_if_vaccinated: VaccineWindow | None = None
    titre: Titre | None = None


class ImagingTrigger(Entry):
    """Words of an imaging report."""

    id: str
    terms: tuple[str, ...]
    disease: DiseaseId
    level: Level
    negation_terms: tuple[str, ...] = ()
    combine_syndrome: tuple[SyndromeId, ...] = ()


class DrugTrigger(Entry):
    """Drugs that point to a disease; `combination_min` of them within `window_days` where given.

    Without one of `anchor_any` they point to `reroute_without_anchor`, unless one of `no_reroute` is among them: then
    to none.
    """

    id: str
    names: tuple[str, ...]
    disease: DiseaseTarget
    level: Level
    combination_min: int | None = None
    combination: tuple[str, ...] = ()
    window_days: int | None = None
    days_min: int | None = None
    exclude_single: tuple[str, ...] = ()
    weak_combinations: tuple[tuple[str, ...], ...] = ()
    anchor_any: tuple[str, ...] = ()
    strong_if: str | None = None
    reroute_without_anchor: DiseaseId | None = None
    no_reroute: tuple[str, ...] = ()
    endemic_only: bool = False
    event: Literal["exposure"] | None = None


class DrugClass(Model):
    """A class of drugs counted for surveillance."""

    name: str = Field(alias="class")
    label: str
    names: tuple[str, ...]


class TextTrigger(Entry):
    """How diagnosis codes and names are read."""

    id: Literal["diag_icd", "diag_name", "diag_uncertain"]
    pattern: str | None = None
    kind: Literal["icd"] | None = None
    match: str | None = None
    pattern_terms: str | None = None
    terms: tuple[str, ...] = ()
    level: Level | None = None
    class_hint: Literal["suspected"] | None = None
    exclude_context: tuple[str, ...] = ()
    exclude_scope: str | None = None


class ToldTrigger(Entry):
    """What people tell that points to a disease while nobody has made a diagnosis; not beside what `unless` lists."""

    id: str
    name: str
    disease: DiseaseId
    level: Level
    rule: Rule
    unless: tuple[ConceptId, ...] = ()
    age_max: int | None = None


class NegativeCondition(Model):
    """When a negative rule holds; every given key must hold."""

    rules: tuple[TriggerId, ...] = ()
    without: tuple[TriggerId, ...] = ()
    icd10: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    pattern: str | None = None
    order_context: tuple[str, ...] = ()
    visit_terms: tuple[str, ...] = ()
    visit_type: tuple[str, ...] = ()
    age_months_max: int | None = None
    already_reported: bool = False
    vaccinated_within: str | None = None


class NegativeRule(Entry):
    """A named reason why evidence does not prompt: suppressed, only counted, or routed to another list."""

    id: str
    name: str
    when: NegativeCondition
    effect: Effect
    to: str | None = None
    unless: str | None = None
    diseases: tuple[DiseaseId, ...] = ()


class EpisodeRule(Model):
    """A disease reported once an episode, and what begins a new one."""

    disease: DiseaseId
    new_episode: str


class AlreadyReported(Entry):
    """What counts as reported before."""

    lifetime: tuple[DiseaseId, ...]
    per_episode: tuple[EpisodeRule, ...]
    changed_diagnosis: str
    cross_org: str


class EvidenceRules(Model):
    """How evidence is put together."""

    combine: str
    order: tuple[str, ...]
    suppress: tuple[str, ...]
    already_reported: AlreadyReported
    followup: str
    explain: str


class InterruptionPolicy(Entry):
    """When a doctor may be interrupted: at which moments of a visit, how often, and by what certainty.

    `kinds`: evidence that the doctor wrote down; with it moderate confidence is enough.
    """

    moments: tuple[Literal["diagnosis", "closed"], ...]
    once_in_days: int = Field(ge=1)
    confidences: tuple[Level, ...]
    kinds: tuple[str, ...]


class NoRule(Model):
    """Why a case class is never proposed."""

    none: str


ClassRule = tuple[str, ...] | NoRule


class CaseClassRules(Entry):
    """By what each case class of a disease is proposed; `id` is the disease.

    Any of the alternatives is enough, `+` joins what must hold together: ids of triggers (`:strong` for one that
    reached that level), `laboratory`, `diagnosis`, `doubt`, `criteria`.
    """

    id: DiseaseId
    confirmed: ClassRule | None = None
    clinical: ClassRule | None = None
    suspected: ClassRule | None = None
    carrier: ClassRule | None = None
    positive_test: ClassRule | None = None

    @property
    def rules(self) -> dict[str, tuple[frozenset[str], ...]]:
        """The alternatives of each class that has some, the surest class first."""
        found = {}
        for name in ("confirmed", "clinical", "suspected", "carrier", "positive_test"):
            rule = getattr(self, name)
            if isinstance(rule, tuple):
                found[name] = tuple(frozenset(one.split("+")) for one in rule)
        return found

    @property
    def reasons(self) -> dict[str, str]:
        """Why the other classes are never proposed."""
        classes = ("confirmed", "clinical", "suspected", "carrier", "positive_test")
        return {name: rule.none for name in classes if isinstance(rule := getattr(self, name), NoRule)}


CLASS_FACTS = frozenset(("laboratory", "diagnosis", "doubt", "criteria"))


class ClusterRule(Model):
    """So many patients with a syndrome in one department."""

    syndrome: SyndromeId
    patients: int = Field(ge=2)


class ClinicClusters(Entry):
    """What is an unusual cluster in one clinic, within how many days; older visits are history."""

    window_days: int = Field(ge=1)
    news_days: int = Field(ge=1)
    rules: tuple[ClusterRule, ...]


class FollowUp(Entry):
    """After how many days a suspected case should have been confirmed or excluded."""

    suspected_days: int = Field(ge=1)


class ExplainedPneumonia(Entry):
    """Codes and words of a diagnosis that names what causes a pneumonia."""

    icd10: tuple[str, ...]
    terms: tuple[str, ...]


class PneumoniaCriteria(Entry):
    """How the four criteria of pneumonia of unknown cause are found: imaging by rules, the rest by names and words."""

    temperature_min: float
    imaging: tuple[TriggerId, ...]
    leucocytes: tuple[str, ...]
    leucocytes_max: float
    lymphocytes: tuple[str, ...]
    lymphocytes_below: float
    not_blood: tuple[str, ...]
    units: tuple[str, ...]
    treatment: tuple[str, ...]
    treatment_days_min: int = Field(ge=1)
    failed: tuple[str, ...]
    better: tuple[str, ...]
    explained: ExplainedPneumonia


class CriticalResults(Entry):
    """By which flags and words a laboratory marks a critical value; when the desk hears that nobody confirmed it."""

    flags: frozenset[str]
    words: tuple[str, ...]
    remind_hours: int = Field(ge=1)


class TriggersPack(Pack):
    """`triggers.yaml`."""

    NAME: ClassVar[str] = "triggers"
    positive_values: tuple[str, ...]
    negative_values: tuple[str, ...]
    uncertain_values: tuple[str, ...]
    specimen_sets: dict[str, SpecimenSet]
    lab: tuple[LabTrigger, ...]
    respiratory_panel_13: tuple[str, ...]
    imaging: tuple[ImagingTrigger, ...]
    drug: tuple[DrugTrigger, ...]
    surveillance_drug_classes: tuple[DrugClass, ...]
    diagnosis_text: tuple[TextTrigger, ...]
    told: tuple[ToldTrigger, ...]
    negative_rules: tuple[NegativeRule, ...]
    rules: EvidenceRules
    interruption: InterruptionPolicy
    critical_results: CriticalResults
    follow_up: FollowUp
    pneumonia_criteria: PneumoniaCriteria
    clinic_clusters: ClinicClusters
    case_classes: tuple[CaseClassRules, ...]

    @model_validator(mode="after")
    def _class_rules_name_triggers(self) -> TriggersPack:
        triggers: tuple[LabTrigger | ImagingTrigger | DrugTrigger, ...] = (*self.lab, *self.imaging, *self.drug)
        known = {one.id for one in triggers} | CLASS_FACTS
        for one in self.case_classes:
            for alternatives in one.rules.values():
                for fact in (fact for alternative in alternatives for fact in alternative):
                    if fact.removesuffix(":strong") not in known:
                        raise ValueError(f"case_classes.{one.id}: no trigger or fact named {fact}")
        return self
