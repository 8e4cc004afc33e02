"""The answers of a card, read: text as people and programs write it into dates, numbers, codes.

An answer that cannot be read is None here; `fields` says so to people. Dates are civil days in China, times without a
zone are China's own. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from yifang.kernel.clock import CHINA
from yifang.knowledge import Knowledge
from yifang.knowledge.models.diseases import Disease


@dataclass(frozen=True, slots=True)
class Alike:
    """Another card of the same person: what the duplicate rule needs to know of it."""

    card_no: str
    disease: str
    onset: date


@dataclass(frozen=True, slots=True)
class Situation:
    """What stands around the answers: the time, where the report is made, the original of a correction, other cards."""

    knowledge: Knowledge
    now: datetime
    reporter_area: str
    original_card: str = ""
    original_disease: str = ""
    alike: Sequence[Alike] = ()


@dataclass(frozen=True)
class Answers:
    """`raw` maps field ids to what was typed; an answer of blanks is no answer."""

    raw: Mapping[str, Any]
    situation: Situation
    _days: dict[str, date | None] = field(default_factory=dict, repr=False)

    def text(self, id: str) -> str:
        """The answer without surrounding blanks, empty where there is none."""
        value = self.raw.get(id)
        return "" if value is None else str(value).strip()

    def day(self, id: str) -> date | None:
        """The civil day of a date or time field."""
        if id not in self._days:
            moment = read_time(self.text(id))
            self._days[id] = moment.astimezone(CHINA).date() if moment else None
        return self._days[id]

    def moment(self, id: str) -> datetime | None:
        """The aware instant of a time field."""
        return read_time(self.text(id))

    def number(self, id: str) -> int | None:
        """A whole number, None for anything else."""
        text = self.text(id)
        return int(text) if text.isascii() and text.isdigit() else None

    @cached_property
    def disease(self) -> Disease | None:
        """The disease with its subtype's own limits in force."""
        found = self.situation.knowledge.diseases.get(self.text("disease"))
        return found.for_subtype(self.text("disease_subtype")) if found else None

    @cached_property
    def case_class(self) -> str:
        """The class as the packs name it: suspected, clinical, confirmed, carrier, positive_test; empty if unknown."""
        return class_ids(self.situation.knowledge).get(self.text("case_class"), "")

    @cached_property
    def age_days(self) -> int | None:
        """Age on the day of onset (else of diagnosis, else today), from the birth date, else from the age given."""
        birth = self.day("birth_date")
        if birth is not None:
            until = self.day("onset_date") or self.day("diagnosis_datetime")
            days = ((until or self.situation.now.astimezone(CHINA).date()) - birth).days
            return days if days >= 0 else None
        value = self.number("age_value")
        if value is None:
            return None
        return {"02": round(value * 30.44), "03": value}.get(self.text("age_unit"), value * 366)

    @cached_property
    def age_years(self) -> int | None:
        """Completed years, counted by birthdays where the birth date is known."""
        birth = self.day("birth_date")
        if birth is None:
            value = self.number("age_value")
            if value is None:
                return None
            return {"02": value // 12, "03": value // 365}.get(self.text("age_unit"), value)
        until = self.day("onset_date") or self.day("diagnosis_datetime")
        until = until or self.situation.now.astimezone(CHINA).date()
        years = until.year - birth.year - ((until.month, until.day) < (birth.month, birth.day))
        return years if years >= 0 else None


def read_time(text: str) -> datetime | None:
    """An ISO date or time (`2026-11-23`, `2026-11-23T14`, `2026-11-23 14:30`), aware; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


def class_ids(knowledge: Knowledge) -> dict[str, str]:
    """The card's numbers of case classes → the packs' words: `2` → `confirmed`."""
    return {one.code: one.id or "" for one in knowledge.codes.report_case_class.items}
