"""How cases are counted beside the general rule, and which series are watched by which method."""

from __future__ import annotations

from typing import ClassVar, Literal

from yifang.knowledge.models.base import DiseaseId, Entry, Pack


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


class WatchedSeries(Entry):
    """Series of one sort at one level, tested daily by `method` over windows of `window_days`, answered in `hours`."""

    id: str
    sort: Literal["disease", "syndrome"]
    level: Literal["county", "township"]
    method: str
    day: Literal["onset", "diagnosis", "entry", "audit"]
    place: Literal["residence", "reporting"]
    window_days: int
    history_days: int
    hours: float


class SurveillancePack(Pack):
    """`surveillance.yaml`."""

    NAME: ClassVar[str] = "surveillance"
    exceptions: tuple[CountException, ...]
    names: tuple[SubtypeNames, ...]
    series: tuple[WatchedSeries, ...]
