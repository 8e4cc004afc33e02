"""Vaccines: the national schedule, catch-up, adults, risk groups, rabies exposure. Drafts a clinician signs."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from yifang.knowledge.models.base import Entry, Model, Pack, VaccineId, resolves

VaccineTarget = Annotated[str, resolves("vaccine_target")]


class Dose(Entry):
    """One dose: `age` as written (`8m`, `13y6m`), intervals from the dose before."""

    n: int
    vaccine: VaccineId | None = None
    age: str
    window: str | None = None
    min_interval_days: int | None = None
    min_interval_months: int | None = None
    min_interval_days_from_mpsv_a: int | None = None
    interval_days: tuple[int, int] | None = None
    complete_before: str | None = None


class Schedule(Entry):
    """A vaccine of the national programme; a `schedule_id` tells editions of one vaccine apart."""

    vaccine: VaccineId
    schedule_id: str | None = None
    series: str | None = None
    name: str
    disease: VaccineTarget | None = None
    diseases: tuple[VaccineTarget, ...] = ()
    effective_from: str | None = None
    effective_until: str | None = None
    sex: Literal["male", "female"] | None = None
    birth_after: str | None = None
    alternative: VaccineId | None = None
    doses: tuple[Dose, ...]


class OtherVaccine(Model):
    """A vaccine that appears only inside a schedule."""

    vaccine: str
    name: str
    diseases: tuple[VaccineTarget, ...]


class CatchUpLimit(Entry):
    """The age below which missed doses are made up."""

    vaccine: VaccineId
    series: str | None = None
    below: str
    doses_total: int | None = None


class Audience(Model):
    """A group a vaccine is meant for."""

    group: str
    age_min_months: int | None = None
    age_min_years: int | None = None
    note: str | None = None


class ChildDoses(Model):
    """Doses of children vaccinated for the first time."""

    condition: str
    count: int
    min_interval_days: int


class ProductLabel(Model):
    """Ages a product is licensed for."""

    sex: Literal["male", "female"]
    product: str | None = None
    age_years: tuple[float, float]


class AdultVaccine(Entry):
    """A vaccine outside the national programme."""

    vaccine: str
    name: str
    repeat: Literal["yearly", "once"] | None = None
    season: str | None = None
    min_age_days: int | None = None
    age_min_years: int | None = None
    age_years: tuple[float, float] | None = None
    age_months: tuple[int, int] | None = None
    eligible: tuple[Audience, ...] = ()
    priority: tuple[str, ...] = ()
    recommend: tuple[Audience, ...] = ()
    doses_children: ChildDoses | None = None
    doses_other: int | None = None
    doses: int | str | None = None
    schedule: tuple[int | str, ...] = ()
    interval_days: int | tuple[int, int] | None = None
    revaccinate: str | None = None
    contraindications: tuple[str, ...] = ()
    labels: tuple[ProductLabel, ...] = ()
    rule: str | None = None


class RiskGroup(Entry):
    """People for whom vaccines are suggested or to be avoided."""

    id: str
    name: str
    condition: str | None = None
    codes: tuple[str, ...] = ()
    suggest: tuple[VaccineId, ...] = ()
    avoid: tuple[VaccineId | Literal["live_vaccines"], ...] = ()


class ExposureGrade(Model):
    """A grade of rabies exposure and what to do."""

    definition: str
    action: str


class Regimen(Entry):
    """Days of the doses; `0x2` is two doses on day 0."""

    name: str
    days: tuple[int | str, ...]
    only_if: str | None = None


class AfterVaccination(Model):
    """What a former course changes."""

    when: str
    action: str
    doses: int | None = None
    days: tuple[int, ...] = ()


class RabiesExposure(Entry):
    """Post-exposure prophylaxis."""

    grade_I: ExposureGrade
    grade_II: ExposureGrade
    grade_III: ExposureGrade
    regimen: tuple[Regimen, ...]
    previously_vaccinated: tuple[AfterVaccination, ...]


class PrescriptionRule(Entry):
    """How an immunisation prescription is put together."""

    engine: str
    outputs: tuple[str, ...]


class ImmunizationPack(Pack):
    """`immunization.yaml`."""

    NAME: ClassVar[str] = "immunization"
    nip_edition: str
    nip: tuple[Schedule, ...]
    other_vaccine_codes: tuple[OtherVaccine, ...]
    nip_catch_up_rules: tuple[str, ...]
    nip_catch_up_limits: tuple[CatchUpLimit, ...]
    adult: tuple[AdultVaccine, ...]
    risk_groups: tuple[RiskGroup, ...]
    contraindication_defaults: tuple[str, ...] = Field(min_length=1)
    rabies_exposure: RabiesExposure
    prescription_rule: PrescriptionRule
