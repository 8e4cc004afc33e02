"""The registers that a hospital keeps and an inspector asks for: their columns, which are obligatory, what is picked.

A column's id says which value stands in it; what that is of a record is decided by `apps.records.registers`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from yifang.knowledge.models.base import Entry, Pack

ColumnId = Literal[
    "visited_at", "admitted_at", "discharged_at", "reported_at", "visit_no", "name", "sex", "age", "guardian",
    "occupation", "address", "phone", "diagnosis", "onset", "visit_order", "department", "clinician", "outcome",
    "specimen", "test", "result", "range", "meaning", "finding", "word",
]  # fmt: skip
RegisterId = Literal["outpatient", "admissions", "discharges", "laboratory", "imaging"]


class RegisterColumn(Entry):
    """A column; `required_below` makes it obligatory for who is younger."""

    id: ColumnId
    zh: str
    en: str
    required: bool = False
    required_below: int | None = Field(default=None, ge=1, le=120)


class Register(Entry):
    """One register."""

    id: RegisterId
    zh: str
    en: str
    columns: tuple[RegisterColumn, ...] = Field(min_length=1)


class HospitalDepartment(Entry):
    """A department of hospitals under its usual name; `names` are others that mean it."""

    code: str
    zh: str
    en: str
    names: tuple[str, ...] = ()


class RegistersPack(Pack):
    """`registers.yaml`."""

    NAME: ClassVar[str] = "registers"
    return_visit_days: int = Field(ge=1, le=365)
    """A visit with the diagnosis of one so many days before is a return visit, where its source does not say."""
    registers: tuple[Register, ...]
    imaging_words: tuple[str, ...]
    """Words by which an imaging report is picked out."""
    not_before: tuple[str, ...]
    """Words that, standing before one in the same clause, take it back."""
    departments: tuple[HospitalDepartment, ...]
