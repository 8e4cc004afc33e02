"""How well cards are reported: each measure with its words and weight; specialist systems that want a number too."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import model_validator

from yifang.knowledge.models.base import DiseaseId, Entry, Pack


class QualityIndicator(Entry):
    """A measure: numerator over denominator, in words; `official` names its like in the report_card pack.

    What a card says of it is decided in `reporting.quality.judging` under its id.
    """

    id: str
    official: str | None = None
    zh: str
    en: str
    whose: Literal["hospital", "district"]
    direction: Literal["up", "down"]
    weight: float
    num: str
    num_en: str
    den: str
    den_en: str
    without: str
    without_en: str


class Register(Entry):
    """A specialist system in which a card of these diseases gets a number of its own within `hours` of its entry."""

    id: str
    zh: str
    en: str
    diseases: tuple[DiseaseId, ...]
    hours: int


class QualityPack(Pack):
    """`quality.yaml`."""

    NAME: ClassVar[str] = "quality"
    suspected_days: int
    indicators: tuple[QualityIndicator, ...]
    registers: tuple[Register, ...]

    @model_validator(mode="after")
    def _weights_make_one(self) -> QualityPack:
        total = sum(one.weight for one in self.indicators)
        if abs(total - 1) > 1e-6:
            raise ValueError(f"the weights of the composite add up to {total:g}, not to 1")
        return self

    def registers_of(self, disease: str) -> tuple[Register, ...]:
        """The specialist systems that want to know of the disease."""
        return tuple(one for one in self.registers if disease in one.diseases)
