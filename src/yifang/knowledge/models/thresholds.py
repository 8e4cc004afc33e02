"""Limits: events to report, hospital infection, clusters, school signals, series, vectors, warnings, grading."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from yifang.knowledge.models.base import DiseaseId, DiseaseTarget, Entry, Model, Pack, SyndromeId

Unit = Literal[
    "any", "any_collective", "class", "dormitory", "grade", "school", "kindergarten", "community", "village",
    "worksite", "enterprise", "township", "county", "city", "institution", "household", "medical_institution",
    "pupil", "vaccination_site", "major_event",
]  # fmt: skip
OneOrMore = Unit | tuple[Unit, ...]


class EventThreshold(Entry):
    """When a public health event must be reported."""

    id: str
    disease: DiseaseTarget | tuple[DiseaseTarget, ...] | None = None
    subtype: str | None = None
    syndrome: SyndromeId | None = None
    category: str | None = None
    unit: OneOrMore
    window_days: int | None = None
    cases: int | None = None
    cases_high_endemic: int | None = None
    hospitalised: int | None = None
    deaths: int | None = None
    include: tuple[str, ...] = ()
    condition: str | None = None
    or_: str | None = Field(None, alias="or")
    anchor: str | None = None
    report_hours: float | None = None


class HospitalInfection(Entry):
    """When a hospital infection must be reported, to whom."""

    id: str
    kind: Literal["outbreak", "suspected_outbreak"]
    unit: OneOrMore
    cases: int
    definition: str | None = None
    or_: str | None = Field(None, alias="or")
    report_hours: float | None = None
    to: tuple[str, ...] = ()
    action: str | None = None


class ClusterThreshold(Entry):
    """Cases that make a cluster, an outbreak or an event in one unit."""

    id: str
    disease: DiseaseTarget
    kind: Literal["cluster", "outbreak", "event"]
    unit: OneOrMore
    window_days: int
    cases: int


class SchoolSignal(Entry):
    """A signal of morning checks and absence."""

    id: str
    unit: OneOrMore
    window_days: int | None = None
    same_symptom_cases: int | None = None
    any_of: tuple[str, ...] = ()
    condition: str | None = None
    report_hours: float | None = None
    enabled: bool = True
    metric: str | None = None
    ratio_over_baseline: float | None = None
    min_absent: int | None = None
    hours: float | None = None


class AbsenceBaseline(Entry):
    """Rates for calibration and the synthetic county."""

    rates: dict[str, float]
    ili_absence_rates: dict[str, float]
    symptom_share: dict[str, float]
    symptom_share_note: str


class History(Model):
    """The historical blocks of the moving percentile."""

    years: int
    weeks_each_side: int
    blocks: int
    note: str


class Cidars(Entry):
    """Parameters of the national automated alert."""

    unit: Unit
    current_window_days: int
    history: History
    default_percentile: int
    signal: str
    min_cases: int
    single_case_response_hours: float
    series_response_hours: float
    workflow: tuple[str, ...]
    conclusions: tuple[str, ...]
    alternatives: tuple[str, ...]
    ears_note: str


class Band(Model):
    """Values up to `max` (None: above all others) have this level."""

    max: float | None
    level: str


class VectorBands(Entry):
    """A vector index and its bands."""

    index: str
    method: str
    unit: str
    bands: tuple[Band, ...]


class DrugSales(Entry):
    """When sales of drugs stand out."""

    method: str
    categories: tuple[str, ...]


class WarningType(Entry):
    """A kind of warning, to whom and by whom."""

    id: str
    name: str
    to: str
    issued_by: str
    trigger: str


class GradeRule(Entry):
    """A condition of an event's grade."""

    id: str
    disease: DiseaseTarget | tuple[DiseaseId, ...] | None = None
    subtype: str | tuple[str, ...] | None = None
    case_class: tuple[str, ...] = ()
    category: str | None = None
    unit: OneOrMore | None = None
    window_days: int | None = None
    windows: str | None = None
    cases: int | None = None
    cases_range: tuple[int, int] | None = None
    cases_max: int | None = None
    counties_min: int | None = None
    ratio: float | None = None
    excess: float | None = None
    min_cases: int | None = None
    hint_only: bool = False
    condition: str | None = None
    or_: str | None = Field(None, alias="or")


class Grade(Entry):
    """A grade of events: conditions in words, or rules."""

    level: int
    name: str
    conditions: tuple[str, ...] = ()
    rules: tuple[GradeRule, ...] = ()


class ThresholdsPack(Pack):
    """`thresholds.yaml`."""

    NAME: ClassVar[str] = "thresholds"
    evaluate: str
    event_report: tuple[EventThreshold, ...]
    hospital_infection: tuple[HospitalInfection, ...]
    event_report_note: str
    cluster: tuple[ClusterThreshold, ...]
    school_syndrome: tuple[SchoolSignal, ...]
    absence_baseline: AbsenceBaseline
    cidars: Cidars
    vector_bands: tuple[VectorBands, ...]
    vector_rule: str
    drug_sales: DrugSales
    risk_levels: tuple[str, ...]
    risk_matrix_note: str
    warning_types: tuple[WarningType, ...]
    warning_rule_note: str
    grading: tuple[Grade, ...]
    grading_note: str
