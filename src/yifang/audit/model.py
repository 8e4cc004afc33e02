"""What goes into the audit and what comes out: what records say, what was reported, what a doctor answered, verdicts.

Persons and records are opaque keys. Times are aware.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Source = Literal["his", "lis", "imaging", "pharmacy", "death"]
Kind = Literal["missed", "late", "wrong_class", "reported_elsewhere", "not_a_case", "waiting", "reported"]
SOURCES: tuple[Source, ...] = ("his", "lis", "imaging", "pharmacy", "death")


@dataclass(frozen=True, slots=True)
class Said:
    """One piece of evidence for a disease. `withheld` is the rule by which it prompts nobody, empty where it does.

    `named`: a diagnosis, not a result. `by_visit`: `at` is when it was written, not when a long stay began.
    """

    person: str
    record: str
    disease: str
    at: datetime
    source: Source
    level: str
    rule: str
    text: str = ""
    department: str = ""
    case_class: str = ""
    subtype: str = ""
    named: bool = False
    by_visit: bool = True
    withheld: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One card, the hospital's own or of the national export. `own`: this hospital reported it.

    `in_time` is what is known of its clock already, None where it must be worked out. `stands`: not deleted.
    """

    id: str
    person: str
    disease: str
    own: bool
    stands: bool
    diagnosed_at: datetime
    entered_at: datetime | None
    case_class: str = ""
    subtype: str = ""
    in_time: bool | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Dismissed:
    """A doctor said: not this disease, for a reason."""

    person: str
    disease: str
    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the audit makes of one episode of one person and disease.

    `reason` is a rule or a code beside the kind: for not_a_case the withholding rule or the doctor's reason, for
    wrong_class `class_too_low`, `class_since` (by a result that came after the card), `class_without_result`,
    `subtype` or `disease`, for reported_elsewhere `first_here`
    where the patient came here first. `minutes` is how late. `also` are further kinds that hold.
    """

    person: str
    disease: str
    kind: Kind
    reason: str
    since: datetime
    due_at: datetime
    source: Source
    department: str
    minutes: int | None = None
    said: tuple[Said, ...] = ()
    told: tuple[str, ...] = ()
    also: tuple[Kind, ...] = field(default=())
