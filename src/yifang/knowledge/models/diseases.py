"""Diseases: what is reported, within which hours, under which codes, and which case stands out by itself."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from yifang.knowledge.models.base import DiseaseId, Entry, Model, Pack, ProgrammeId, SyndromeId, VaccineId

CaseClass = Literal["suspected", "clinical", "confirmed", "carrier", "positive_test"]
StatutoryClass = Literal["A", "B", "C", "O"]
AlertMode = Literal["single", "series", "report_all", "school_cluster", "none"]


class EachCase(Model):
    """A programme that starts for every suspected case, besides the series."""

    programme: ProgrammeId
    hours: int


class Alert(Model):
    """How a disease raises a signal; `response_hours` is the time to answer one, not to report a case."""

    mode: AlertMode
    threshold: int | None = None
    response_hours: int | None = None
    window_days: int | None = None
    percentile: int | None = Field(None, ge=1, le=100)
    each_case: EachCase | None = None


class NationalCodes(Model):
    """Numbers of the disease in the national system and on the card."""

    nidrs_id: int | None = None
    card_code: str | None = None


class Days(Model):
    """A span of days."""

    min: float
    typical: float
    max: float


class Subtype(Entry):
    """A subtype the card asks for; a value here wins over the disease's."""

    id: str
    name: str
    icd10: tuple[str, ...] = ()
    codes: NationalCodes = NationalCodes()
    managed_as_A: bool | None = None
    report_hours: int | None = None
    alert: Alert | None = None


class Pathogen(Model):
    """A pathogen noted beside the disease; the name on the card does not change."""

    pathogen: str
    name: str
    icd10: tuple[str, ...]


class HospitalConsultation(Model):
    """The consultation that must come before a report of an unexplained illness."""

    hospital_hours: int
    cluster: str
    cluster_rule: str
    next: str


class Disease(Entry):
    """One reportable or watched disease. ICD lists match by prefix, the longest wins, `icd10_exclude` wins over all."""

    id: str
    name: str
    statutory_name: str | None
    en: str
    aliases: tuple[str, ...]
    aliases_search: tuple[str, ...] = ()
    statutory_class: StatutoryClass
    managed_as_A: bool
    report_hours: int
    report_hours_note: str | None = None
    report_anchor: str | None = None
    case_classes: tuple[CaseClass, ...]
    case_classes_legacy: tuple[CaseClass, ...] = ()
    acute_chronic: Literal["required", "optional", "not_applicable"]
    icd10: tuple[str, ...]
    icd10_weak: tuple[str, ...] = ()
    icd10_exclude: tuple[str, ...] = ()
    icd10_stage_unknown: tuple[str, ...] = ()
    evidence_rule: str | None = None
    codes: NationalCodes
    subtypes: tuple[Subtype, ...] = ()
    subtype_optional: bool = False
    pathogens: tuple[Pathogen, ...] = ()
    categories: tuple[str, ...] = ()
    age_max_years: int | None = None
    criteria_all: tuple[str, ...] = ()
    criteria_note: str | None = None
    consultation: HospitalConsultation | None = None
    incubation_days: Days | None
    infectious_period: str | None
    case_isolation: str | None
    contact_observation_days: int | None
    contact_note: str | None = None
    transmission: tuple[str, ...]
    syndromes: tuple[SyndromeId, ...]
    alert: Alert
    programme: ProgrammeId | None = None
    vaccines: tuple[VaccineId, ...] = ()
    diagnosis_standard: str | None = None
    severity_field: str | None = None
    report_as: DiseaseId | None = None
    pathogen_of: DiseaseId | None = None

    @property
    def is_statutory(self) -> bool:
        """Whether the law names it (class A, B or C)."""
        return self.statutory_class != "O"

    @property
    def is_watched_singly(self) -> bool:
        """Whether one case by itself raises a signal."""
        return self.alert.mode == "single"

    @property
    def is_class_a_like(self) -> bool:
        """Class A, or class B managed as class A."""
        return self.statutory_class == "A" or self.managed_as_A

    @property
    def is_urgent(self) -> bool:
        """Whether a case is due within two hours."""
        return self.report_hours <= 2

    def subtype(self, id: str | None) -> Subtype | None:
        """The subtype of that id, None where there is none."""
        return next((one for one in self.subtypes if one.id == id), None)

    def for_subtype(self, id: str | None) -> Disease:
        """The disease with the subtype's own limits and alert in force (肺炭疽: two hours, as class A)."""
        found = self.subtype(id)
        if found is None:
            return self
        changed = {name: getattr(found, name) for name in ("managed_as_A", "report_hours", "alert")}
        return self.model_copy(update={name: value for name, value in changed.items() if value is not None})


class Law(Model):
    """The law behind the list; `classes` counts the statutory names of each class."""

    name: str
    effective: str
    classes: dict[Literal["A", "B", "C"], int]


class DiseasesPack(Pack):
    """`diseases.yaml`."""

    NAME: ClassVar[str] = "diseases"
    law: Law
    case_classes: dict[CaseClass, str]
    transmission_terms: dict[str, str]
    alert_modes: dict[AlertMode, str]
    statutory_summary: str
    diseases: tuple[Disease, ...]
