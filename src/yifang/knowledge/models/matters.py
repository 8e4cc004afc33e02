"""Matters: what a hospital carries through in steps (triage, a fever-clinic visit, a consultation, a whistle).

A kind says which steps there are, who takes each, by which form, which work item waits for it, and what comes next.
Several steps may wait at once; a matter ends when none waits any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import model_validator

from yifang.knowledge.models.base import Entry, Model, Pack, RoleKey, ThresholdId, resolves
from yifang.knowledge.models.forms import Condition, FormId

WorkKindId = Annotated[str, resolves("work_kind")]


class Goes(Model):
    """Where a step leads when `when` holds; the first that holds counts. Without `to` nothing more waits for it.

    `starts` is the kind of another matter that begins then, about the same person; with `carries` its first step is
    taken at once, with the answers of that step of this matter.
    """

    when: Condition | None = None
    to: tuple[str, ...] = ()
    starts: str = ""
    carries: str = ""


class MatterStep(Entry):
    """One step. `by` are the roles that may take it; `work` is the work item that waits for it meanwhile.

    `anytime`: may be taken while the matter is open though nothing waits for it. `again`: may be taken more than once.
    `drops`: steps that need not be taken any more. `outcome`: the question whose answer is what came of the matter.
    `at`: the question that says when it happened. `told`: the reporter reads it too. `desk`: where `work` waits, at the
    matter's own place or with who began it. `inside`: stays in the house where the CDC is told of the matter.
    `since`: whether its clock runs from when the step before was noted, or from when that happened (its `at`).
    """

    id: str
    zh: str
    en: str
    by: tuple[RoleKey, ...]
    form: FormId | None = None
    work: WorkKindId | None = None
    urgent: Condition | None = None
    goes: tuple[Goes, ...] = ()
    drops: tuple[str, ...] = ()
    anytime: bool = False
    again: bool = False
    outcome: str = ""
    at: str = ""
    told: bool = False
    inside: bool = False
    desk: Literal["place", "opener"] = "place"
    since: Literal["noted", "happened"] = "noted"


class MatterKind(Entry):
    """`about`: a person, the institution, or anything. `sees`: roles of the matter's own place that see it all.

    `department` is the question of the first step that names the department it goes to, `disease` the one that names
    a disease: where that is sensitive the department does not see it. `anonymous`: who began it may stay unknown.
    `minutes`: it is printed as a Word document.
    """

    id: str
    zh: str
    en: str
    about: Literal["person", "institution", "event"]
    sees: tuple[RoleKey, ...]
    steps: tuple[MatterStep, ...]
    starts: str
    department: str = ""
    disease: str = ""
    anonymous: bool = False
    minutes: bool = False
    note_zh: str = ""
    note_en: str = ""

    def step(self, id: str) -> MatterStep:
        """The step of that id. Raises KeyError."""
        for step in self.steps:
            if step.id == id:
                return step
        raise KeyError(id)

    @model_validator(mode="after")
    def _steps_exist(self) -> MatterKind:
        known = {step.id for step in self.steps}
        if missing := sorted({*self._named()} - known):
            raise ValueError(f"there is no step {', '.join(missing)}")
        return self

    def _named(self) -> Iterator[str]:
        yield self.starts
        for step in self.steps:
            yield from step.drops
            for goes in step.goes:
                yield from goes.to


class ClinicKind(Entry):
    """A clinic that is led apart: departments that are it, by a word in their name."""

    id: Literal["fever", "enteric"]
    zh: str
    en: str
    departments: tuple[str, ...]


class Promptness(Entry):
    """Within which hours a nucleic-acid result of the fever clinic is due; `good` is the better of the two."""

    tests: tuple[str, ...]
    specimens: tuple[str, ...]
    within_hours: float
    good_hours: float


class Reconciling(Entry):
    """How a triage is found again among visits: by name, the visit so many hours before or after it at most."""

    hours_before: float
    hours_after: float


class Enteric(Entry):
    """逢泻必登、逢疑必检: what counts as diarrhoea in a record, and which tests look for cholera."""

    syndromes: tuple[str, ...]
    icd10: tuple[str, ...]
    tests: tuple[str, ...]


class HospitalInfection(Entry):
    """When a positive culture is a candidate, and when a ward's cluster is looked into; limits are `thresholds`."""

    after_hours: float
    window_days: int
    growth: tuple[str, ...]
    no_growth: tuple[str, ...]
    workup_cases: int
    suspected: ThresholdId
    outbreak: ThresholdId
    major: ThresholdId


class Sentinel(Entry):
    """The weekly sentinel report: what is counted, in which age groups (years, upper ends), and what is sampled."""

    ages: tuple[int, ...]
    groups: tuple[SentinelGroup, ...]
    samples_a_week: int
    due_weekday: int
    due_hour: int


class SentinelGroup(Model):
    """One column of the report: a syndrome, counted among these visits."""

    id: str
    syndrome: Annotated[str, resolves("syndrome")]
    zh: str
    en: str
    visits: tuple[Literal["outpatient", "emergency", "inpatient"], ...]


class Criterion(Entry):
    """One of the criteria of unknown pneumonia, and which evidence of a suspicion speaks for it."""

    id: str
    zh: str
    en: str
    rules: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


class Period(Entry):
    """How often an institution's checklist falls due."""

    kind: str
    every_days: int
    roles: tuple[RoleKey, ...]


class MattersPack(Pack):
    """`matters.yaml`."""

    NAME: ClassVar[str] = "matters"
    kinds: tuple[MatterKind, ...]
    clinics: tuple[ClinicKind, ...]
    promptness: Promptness
    reconciling: Reconciling
    enteric: Enteric
    hospital_infection: HospitalInfection
    sentinel: Sentinel
    unknown_pneumonia: tuple[Criterion, ...]
    periods: tuple[Period, ...]

    def kind(self, id: str) -> MatterKind:
        """The kind of that id. Raises KeyError."""
        for kind in self.kinds:
            if kind.id == id:
                return kind
        raise KeyError(id)

    @model_validator(mode="after")
    def _kinds_exist(self) -> MattersPack:
        known = {kind.id for kind in self.kinds}
        named = {one.kind for one in self.periods}
        named |= {goes.starts for kind in self.kinds for step in kind.steps for goes in step.goes if goes.starts}
        if missing := sorted(named - known):
            raise ValueError(f"there is no kind of matter {', '.join(missing)}")
        return self
