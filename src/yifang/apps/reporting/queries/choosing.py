"""What a page of numbers looks at: a span of days, or of months by their first days, and what narrows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Chosen:
    """From `since` to `until`, both included; `department` None is every department, `` those that name none."""

    since: date
    until: date
    organisation: UUID | None = None
    department: str | None = None
    disease: str = ""
