"""How cases are counted beside the general rule, and which series are watched by which method."""

from __future__ import annotations

from typing import ClassVar, Literal

from yifang.knowledge.models.base import DiseaseId, Entry, Pack, SyndromeId


class CountException(Entry):
    """A disease of which the official figure counts only some `classes`, or not these subtypes."""

    id: str
    disease: DiseaseId
    classes: tuple[str, ...] = ()
    without_subtypes: tuple[str, ...] = ()


class SubtypeNames(Entry):
    """What the export writes as the name of a disease and is a subtype of one."""

    disease: DiseaseId
    subtype: str
    names: tuple[str, ...]


class SyndromeName(Entry):
    """A syndrome in English."""

    id: SyndromeId
    en: str


class WatchedSeries(Entry):
    """Series of one sort at one level, judged by `method` over windows of `window_days`, answered in `hours`.

    `fallback` judges where there is too little history for `method`.
    """

    id: str
    sort: Literal["disease", "syndrome"]
    level: Literal["county", "township"]
    method: str
    fallback: str | None = None
    day: Literal["onset", "diagnosis", "entry", "audit"]
    place: Literal["residence", "reporting"]
    window_days: int
    history_days: int
    hours: float


class Rare(Entry):
    """The first case in `years` raises a signal, where what is known of the place goes back `history_days`."""

    years: int
    history_days: int


class SurveillancePack(Pack):
    """`surveillance.yaml`. `final_audit`: columns of the export, the first that says a time is the final audit.

    A case entered more than `news_days` ago raises no signal.
    """

    NAME: ClassVar[str] = "surveillance"
    exceptions: tuple[CountException, ...]
    names: tuple[SubtypeNames, ...]
    syndrome_names: tuple[SyndromeName, ...]
    final_audit: tuple[str, ...]
    news_days: int
    rare: Rare
    series: tuple[WatchedSeries, ...]
