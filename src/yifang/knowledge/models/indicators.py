"""Indicators: plan tables with baselines and targets, figures entered by hand, figures the platform computes."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from yifang.knowledge.models.base import Entry, Pack

Direction = Literal["up", "down", "at_least", "at_most"]


class Population(Entry):
    """The population a plan speaks of."""

    residents: int
    urban_share_pct: float
    aged_60_plus: int
    aged_60_plus_share_pct: float


class Indicator(Entry):
    """One indicator. A target may be words (`持续增长`); `suspect` says why a printed number is not scored."""

    id: str
    name: str
    domain: str | None = None
    unit: str | None = None
    value_2020: float | None = None
    comparison: str | None = None
    target_2025: float | str | None = None
    nature: str | None = None
    direction: Direction | None = None
    target: float | None = None
    target_range: tuple[float, float] | None = None
    num: str | None = None
    den: str | None = None
    every: Literal["month", "quarter", "half_year", "unit"] | None = None
    evidence: tuple[str, ...] = ()
    as_printed: bool = False
    suspect: str | None = None
    institutions: int | None = None
    parts: dict[str, int] = Field(default_factory=dict)


class IndicatorsPack(Pack):
    """`indicators.yaml`."""

    NAME: ClassVar[str] = "indicators"
    population_shuozhou_2020: Population
    shuozhou_plan: tuple[Indicator, ...]
    shuozhou_base: tuple[Indicator, ...]
    ems: tuple[Indicator, ...]
    screening_targets: tuple[Indicator, ...]
    workforce: tuple[Indicator, ...]
    manual_2025: tuple[Indicator, ...]
    exchange: tuple[Indicator, ...]
    frequency: tuple[Indicator, ...]
    sentinels: tuple[Indicator, ...]
    computed: tuple[Indicator, ...]
