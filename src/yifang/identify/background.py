"""What of a record, of its person and of its visit the negative rules look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from yifang.formats.canonical import Record
from yifang.identify.codes import icd_of
from yifang.identify.model import PersonContext
from yifang.identify.text.lexicon import fold

_VISIT_SECTIONS = ("complaint", "plan", "other", "history")


@dataclass(frozen=True)
class Background:
    """What of a record the negative rules look at; each part is gathered when the first rule asks for it."""

    record: Record
    context: PersonContext | None
    age_days: float | None
    vaccinated: Mapping[str, tuple[int, ...]]  # vaccine id → days since each dose

    @cached_property
    def visit(self) -> str:
        """Reason, department and what was written of the visit, folded."""
        encounter = self.record.encounter
        told = [note.text for note in self.record.notes if note.section in _VISIT_SECTIONS]
        return fold(" ".join([encounter.reason, encounter.department, *told]))

    @cached_property
    def reason(self) -> str:
        """Why the person came or the drug was ordered, folded."""
        return fold(self.record.encounter.reason)

    @cached_property
    def notes(self) -> str:
        """All notes but imaging, folded."""
        return fold("\n".join(note.text for note in self.record.notes if note.section != "imaging"))

    @cached_property
    def values(self) -> str:
        """All values of results, folded."""
        return fold("\n".join(one.value for one in self.record.results if one.status != "cancelled"))

    @cached_property
    def entries(self) -> dict[str, tuple[tuple[str, ...], str]]:
        """ICD codes and folded words of each diagnosis not denied, by path."""
        return {
            one.path: (icd_of(one.codes), _folded(" ".join([one.text, *(code.text for code in one.codes)])))
            for one in self.record.diagnoses
            if one.assertion != "absent" and one.status != "cancelled"
        }

    @cached_property
    def panels(self) -> dict[str, str]:
        """Folded panel and name of each result, by path."""
        return {one.path: _folded(f"{one.panel} {one.name}") for one in self.record.results}


@lru_cache(maxsize=20_000)
def _folded(text: str) -> str:
    return fold(text)
