"""Reminders of care for a clinician (诊疗提醒): when one is shown, what makes it needless, why it is closed."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from yifang.knowledge.models.base import DiseaseId, Entry, Model, Pack, TriggerId
from yifang.knowledge.models.syndromes import Rule

Hook = Literal["patient-view", "order-sign", "encounter-discharge"]


class ReminderWhen(Model):
    """When it is shown; every key that is given must hold, one entry of a list is enough.

    `rule`: concepts and codes; `triggers`: rules of the triggers pack that the visit's records met; `advised`: diseases
    of which the CDC has told doctors lately; `first`: the source says that it is a first visit.
    """

    rule: Rule | None = None
    triggers: tuple[TriggerId, ...] = ()
    advised: tuple[DiseaseId, ...] = ()
    visits: tuple[Literal["outpatient", "emergency", "inpatient", "checkup"], ...] = ()
    first: bool = False
    sex: Literal["male", "female"] | None = None
    age_min: int | None = None
    age_max: int | None = None


class ReminderUnless(Model):
    """What makes it needless; one entry of any list is enough.

    `tests` and `drugs` are parts of the names of what was tested or ordered, `words` stand in the visit's notes,
    `icd10` are prefixes of its diagnoses. A test counts for `within_days`, the rest in this visit.
    """

    tests: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    icd10: tuple[str, ...] = ()
    within_days: int = Field(default=1, ge=1)


class CareReminder(Entry):
    """A reminder. `hooks`: at which moments a CDS Hooks client is told it too; never so that it stops anybody."""

    id: str
    zh: str
    en: str
    says: str
    says_en: str
    when: ReminderWhen
    unless: ReminderUnless = ReminderUnless()
    hooks: tuple[Hook, ...] = ()


class ClosingReason(Entry):
    """Why a reminder is closed. `needless` ones tire; `words` must be added where asked for."""

    id: str
    zh: str
    en: str
    kind: Literal["followed", "declined", "needless"]
    words: bool = False


class Quiet(Entry):
    """How little is shown: so many at once, not again within so many days.

    `tiresome`: from which share of needless and unanswered ones, of at least `of` shown, a rule should be looked at.
    """

    at_once: int = Field(ge=1)
    again_days: int = Field(ge=1)
    tiresome: float = Field(gt=0, le=1)
    of: int = Field(ge=1)


class RemindersPack(Pack):
    """`reminders.yaml`."""

    NAME: ClassVar[str] = "reminders"
    quiet: Quiet
    reasons: tuple[ClosingReason, ...]
    reminders: tuple[CareReminder, ...]

    @model_validator(mode="after")
    def _each_has_a_condition(self) -> RemindersPack:
        for one in self.reminders:
            if one.when == ReminderWhen():
                raise ValueError(f"reminders.{one.id}: without a condition it would be shown to everybody")
        return self

    def reason(self, id: str) -> ClosingReason | None:
        """The reason of that id."""
        return next((one for one in self.reasons if one.id == id), None)

    def reminder(self, id: str) -> CareReminder | None:
        """The reminder of that id; None for one that is no longer in the pack."""
        return next((one for one in self.reminders if one.id == id), None)
