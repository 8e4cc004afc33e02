"""Resources: beds, laboratories, teams, drills, stock. Every number is a default to be set per region."""

from __future__ import annotations

from typing import ClassVar

from yifang.knowledge.models.base import AreaCode, DepartmentCode, Entry, Model, Pack, ThresholdId


class BedTarget(Entry):
    """Beds an area or a level of hospital must have."""

    area: AreaCode | None = None
    name: str | None = None
    min_beds: int
    min_icu_beds: int | None = None
    share_pct: tuple[float, float] | None = None
    negative_pressure_and_icu_share_pct: tuple[float, float] | None = None


class Beds(Entry):
    """The 朔州 bed plan."""

    city_level: BedTarget
    other_L2_general: BedTarget
    county: tuple[BedTarget, ...]
    rule: str


class Conversion(Entry):
    """Turning ordinary beds into beds for infection."""

    fields: tuple[str, ...]
    clock: str


class Labs(Entry):
    """Laboratory commitments."""

    p2_min_area_m2: float
    nat_turnaround_hours: tuple[float, float]
    full_population_days: float
    capacity_tubes_per_day_now: int
    pooling: tuple[int, ...]


class Team(Entry):
    """An emergency team."""

    id: str
    name: str
    size: int | None = None
    competencies: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    specialties: tuple[str, ...] = ()


class Drills(Entry):
    """How often drills are held and how they are scored."""

    joint_per_half_year: int
    kinds: tuple[str, ...]
    scoring: tuple[str, ...]


class Scenario(Entry):
    """A drill scenario and the thresholds it must reach."""

    id: str
    name: str
    seeds: tuple[str, ...] = ()
    expect: tuple[ThresholdId, ...] = ()
    steps: tuple[str, ...] = ()
    depts: tuple[DepartmentCode, ...] = ()
    index: str | None = None


class Named(Model):
    """An id and its name."""

    id: str
    name: str


class StockClass(Entry):
    """A class of supplies and the days they should last."""

    id: str
    name: str
    items: tuple[str, ...]
    days_default: int


class Requisition(Entry):
    """Premises that may be requisitioned."""

    unit: str
    fields: tuple[str, ...]


class ResourcesPack(Pack):
    """`resources.yaml`."""

    NAME: ClassVar[str] = "resources"
    beds_shuozhou: Beds
    bed_states: tuple[str, ...]
    conversion: Conversion
    labs: Labs
    nat_capacity_formula: str
    teams: tuple[Team, ...]
    team_states: tuple[str, ...]
    drills: Drills
    scenarios: tuple[Scenario, ...]
    storage_modes: tuple[Named, ...]
    stock_classes: tuple[StockClass, ...]
    stock_formula: str
    requisition: Requisition
