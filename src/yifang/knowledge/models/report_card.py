"""The infectious disease report card: fields, options, logic rules, limits, supplements, quality indicators.

Rule texts are the standard's, in a small notation of ours; the reporting app holds the code of each under its id.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from yifang.knowledge.models.base import CodeSetName, DiseaseId, Entry, Model, Pack

FieldType = Literal[
    "string", "integer", "date", "datetime", "code", "phone", "area_code", "org_code", "disease_code", "disease_subtype"
]


class Option(Entry):
    """One choice of a coded field."""

    code: str
    label: str
    checksum: str | None = None


class Field_(Entry):
    """A field of the card. `filled_by: national_system` fields are never typed from memory, only reconciled."""

    id: str
    label: str
    section: str
    type: FieldType
    required: bool = False
    required_when: str | None = None
    max: int | None = None
    range: tuple[int, int] | None = None
    precision: Literal["hour"] | None = None
    codeset: CodeSetName | None = None
    codes: tuple[Option, ...] | tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    sensitive: Literal["identity", "contact", "address"] | None = None
    unique_within: Literal["organisation"] | None = None
    derive: str | None = None
    filled_by: Literal["national_system"] | None = None

    @property
    def options(self) -> tuple[Option, ...]:
        """The choices; a plain word is its own code."""
        return tuple(one if isinstance(one, Option) else Option(code=one, label=one) for one in self.codes)


class Population(Entry):
    """人群分类: the group and the ages that fit it."""

    code: int
    label: str
    age_min: int | None = None
    age_max: int | None = None
    on_paper_card: bool = True
    needs_text: bool = False


class LogicRule(Entry):
    """A check of the whole card; an `error` refuses, a `warn` asks."""

    id: str
    severity: Literal["error", "warn"]
    rule: str
    message: str


class TimeLimit(Entry):
    """What must be done within the hours that its name says, counted from `anchor`."""

    classes: tuple[str, ...] = ()
    managed_as_A: bool = False
    also: tuple[str, ...] = ()
    anchor: str | None = None
    scope: str | None = None
    levels: tuple[str, ...] = ()


class QualityIndicator(Entry):
    """An official measure of report quality."""

    id: str
    name: str
    numerator: str | None = None
    denominator: str | None = None
    formula: str | None = None
    method: str | None = None
    lower_is_better: bool = False


class LegacyTerm(Model):
    """An abolished term and what it became; for import only."""

    label: str
    to: str


class Supplement(Entry):
    """附卡: further questions of some diseases."""

    id: str
    name: str
    diseases: tuple[DiseaseId, ...]
    fields: tuple[str, ...]
    codes: dict[str, tuple[str, ...] | tuple[LegacyTerm, ...]] = Field(default_factory=dict)


class DuplicateRules(Entry):
    """How the same case reported twice is found."""

    keys: tuple[str, ...]
    window: str
    action: str


class ReportCardPack(Pack):
    """`report_card.yaml`."""

    NAME: ClassVar[str] = "report_card"
    card_version: str
    required_mark: str
    sections: tuple[str, ...]
    fields: tuple[Field_, ...]
    population_codes: tuple[Population, ...]
    id_card_types: tuple[Option, ...]
    logic_rules: tuple[LogicRule, ...]
    carrier_reportable_default: tuple[DiseaseId, ...]
    carrier_note: str
    time_limits: dict[str, TimeLimit]
    revision_rules: tuple[str, ...]
    quality_indicators: tuple[QualityIndicator, ...]
    supplements: tuple[Supplement, ...]
    duplicate_rules: DuplicateRules
