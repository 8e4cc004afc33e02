"""Responsibility lists, inspection, evaluation, collaboration, duties of departments.

`reconstructed` items are ours and must be replaced by the official text before an inspection uses them.
"""

from __future__ import annotations

from typing import ClassVar

from yifang.knowledge.models.base import DepartmentCode, Entry, Model, Pack


class ListPart(Model):
    """A part of the national list."""

    no: int
    title: str
    title_verified: bool


class ListItem(Entry):
    """A duty of institutions of some levels, with its evidence."""

    id: str
    part: int
    levels: tuple[str, ...]
    text: str
    evidence: tuple[str, ...]
    reconstructed: bool


class NationalList(Entry):
    """医疗机构传染病防控责任清单."""

    parts_total: int
    tasks_total: int
    parts: tuple[ListPart, ...]
    items: tuple[ListItem, ...]
    items_note: str


class NingxiaList(Entry):
    """The provincial list, of which only the numbers are known."""

    duties_total: int
    items_total: int
    headings_proposal: tuple[str, ...]
    headings_reconstructed: bool


class InspectionRole(Model):
    """The supervisor's duties and ways of working."""

    duties: tuple[str, ...]
    modes: tuple[str, ...]
    frequency_days_default: int


class InspectionArea(Entry):
    """An area with its checks."""

    code: str
    name: str
    checks: tuple[str, ...]


class Severity(Model):
    """How grave a finding is, and the days to mend it."""

    id: str
    name: str
    days: int


class Inspection(Entry):
    """督导检查."""

    role: InspectionRole
    areas: tuple[InspectionArea, ...]
    methods: tuple[str, ...]
    finding_severity: tuple[Severity, ...]
    rectification: tuple[str, ...]


class EvaluationIndicator(Entry):
    """An indicator of a dimension."""

    id: str
    name: str
    formula: str | None = None
    lower_is_better: bool = False


class EvaluationDimension(Entry):
    """A dimension and its weight."""

    id: str
    name: str
    weight: float
    indicators: tuple[EvaluationIndicator, ...]


class Evaluation(Entry):
    """Evaluation of hospital and CDC."""

    dimensions: tuple[EvaluationDimension, ...]
    scoring: str


class Scale(Model):
    """How a survey is answered and published."""

    points: int
    anonymous: bool
    min_group: int
    reliability: str


class CollaborationDimension(Model):
    """A dimension and our own wording of its item."""

    id: str
    name: str
    item: str


class Collaboration(Entry):
    """The collaboration survey."""

    instruments_facts: tuple[str, ...]
    scale: Scale
    dimensions: tuple[CollaborationDimension, ...]
    item_wording: str


class DepartmentDuty(Model):
    """What a department does."""

    dept: DepartmentCode
    duty: str


class DepartmentDuties(Entry):
    """Duties by department."""

    items: tuple[DepartmentDuty, ...]


class PlanTask(Entry):
    """A task of the 鹿城 plan."""

    no: int
    group: str
    text: str
    due: str
    owner: str
    co: str | None = None
    due_inferred: bool = False


class TaskList(Entry):
    """The plan's task list."""

    items: tuple[PlanTask, ...]
    due_note: str


class ResponsibilitiesPack(Pack):
    """`responsibilities.yaml`."""

    NAME: ClassVar[str] = "responsibilities"
    institution_levels: dict[str, str]
    national_list: NationalList
    ningxia_list: NingxiaList
    inspection: Inspection
    evaluation: Evaluation
    collaboration: Collaboration
    department_duties: DepartmentDuties
    task_list_lucheng: TaskList
