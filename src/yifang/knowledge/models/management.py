"""Care programmes: who is enrolled, which visits fall due, what ends it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from yifang.knowledge.models.base import DiseaseId, Entry, Model, Pack


class FirstVisit(Entry):
    """The first visit after enrolment."""

    within_hours: float
    mode: str
    content: tuple[str, ...]
    missed: str


class Phase(Entry):
    """A phase of treatment with its own visits."""

    name: str
    supervisor_family_visit_every_days: int
    supervisor_medical_record_every_days: int
    until: str
    duration_months: dict[str, int] = Field(default_factory=dict)


class Dot(Entry):
    """Observed taking of drugs."""

    mode: str
    drug_calendar: str
    missed_dose_days_alert: int
    missed_dose_days_stop: int


class Test(Entry):
    """A test that falls due: at months, every so many days, or as written."""

    test: str
    at_months: tuple[int, ...] = ()
    every_days: int | None = None
    at: str | None = None
    for_: str | None = Field(None, alias="for")


class ProgrammeIndicator(Entry):
    """A rate of the programme."""

    id: str
    name: str
    num: str | None = None
    den: str | None = None
    target_pct: float | None = None


class ContactAction(Entry):
    """What is done for contacts, partners or those co-exposed."""

    action: str | None = None
    at: str | None = None
    test: tuple[str, ...] = ()
    screen: str | None = None
    at_months: tuple[int, ...] = ()
    age_under_5: str | None = None
    ltbi_offer: str | None = None


class Target(Entry):
    """Control target of an age band: values below both numbers."""

    age_below: int | None = None
    age_from: int | None = None
    below: tuple[float, float]


class Reaction(Model):
    """What a measured value asks for."""

    condition: str
    action: str
    second_time: str | None = None


class CodeWithText(Model):
    """Codes that count only with the words."""

    icd10: tuple[str, ...]
    text: str


class Visit(Entry):
    """A visit by age, week of pregnancy or days after birth."""

    age: str | None = None
    type: str | None = None
    week: str | None = None
    postpartum: str | None = None


class Step(Entry):
    """A step with its time after the anchor."""

    action: str | None = None
    hours: float | None = None
    day: int | None = None
    days: int | None = None
    every_days: int | None = None
    at: str | None = None


class Pmtct(Entry):
    """Prevention of mother-to-child transmission."""

    screen: tuple[str, ...]
    at: str
    positive: str


class SentinelRules(Entry):
    """Weekly duties of a sentinel."""

    weekly: bool
    report_deadline: str
    samples_per_week: tuple[int, int]
    avg_south_per_week: int
    sampling_window_days: int


class Programme(Entry):
    """A programme; each kind of disease uses the parts that fit it."""

    id: str
    name: str
    disease: DiseaseId | None = None
    applies_to: tuple[DiseaseId, ...] = ()
    icd10: tuple[str, ...] = ()
    icd10_with_text: tuple[CodeWithText, ...] = ()
    six_disorders: tuple[str, ...] = ()
    age_min_years: int | None = None
    enroll: str | None = None
    enroll_note: str | None = None
    sensitive: bool = False
    first_visit: FirstVisit | None = None
    phases: tuple[Phase, ...] = ()
    phase_note: str | None = None
    dot: Dot | None = None
    lab_monitoring: tuple[Test, ...] = ()
    monitoring: tuple[Test, ...] = ()
    outcomes: tuple[str, ...] = ()
    indicators: tuple[ProgrammeIndicator, ...] = ()
    contacts: ContactAction | None = None
    contact: ContactAction | None = None
    partner: ContactAction | None = None
    co_exposed: ContactAction | None = None
    visits_per_year: int | None = None
    interval_days: int | None = None
    measures: tuple[str, ...] = ()
    control_target: tuple[Target, ...] = ()
    uncontrolled: Reaction | None = None
    urgent: Reaction | None = None
    annual_exam: str | None = None
    annual: tuple[str, ...] = ()
    visit_rule: dict[str, str] = Field(default_factory=dict)
    visits: tuple[Visit, ...] = ()
    pmtct: Pmtct | None = None
    art_start: str | None = None
    stage_thresholds: dict[str, float] = Field(default_factory=dict)
    cascade: tuple[str, ...] = ()
    follow: tuple[Step, ...] = ()
    treatment: str | None = None
    occupation_info: bool = False
    steps: tuple[Step, ...] = ()
    rule: str | None = None
    rules: SentinelRules | None = None
    team_roles: tuple[str, ...] = ()
    service_pack: str | None = None


class TbFreeTargets(Model):
    """Targets of a community free of tuberculosis."""

    year5_reduction: float
    incidence_per_100k: float


class TbFreeCommunity(Entry):
    """无结核社区."""

    targets: TbFreeTargets
    actions: tuple[str, ...]
    cover_groups: tuple[str, ...]
    metric: tuple[str, ...]


class ContactObservation(Model):
    """How days of observation are counted; `days_from` names the pack and field they stand in."""

    days_from: str
    method: str


class Referral(Entry):
    """Rules of referral."""

    urgent_hours: float
    rules: tuple[str, ...]
    required_fields: tuple[str, ...]


class MissedVisit(Model):
    """What a missed visit leads to, by how many were missed."""

    count: int
    action: str


class ManagementPack(Pack):
    """`management.yaml`."""

    NAME: ClassVar[str] = "management"
    programmes: tuple[Programme, ...]
    tb_free_community: TbFreeCommunity
    contact_observation_default: ContactObservation
    referral: Referral
    follow_up_methods: tuple[str, ...]
    missed_visit_rules: tuple[MissedVisit, ...]
