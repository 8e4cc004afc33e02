"""Who may see what of sensitive diseases. A region may only make it stricter without a written legal basis."""

from __future__ import annotations

from typing import ClassVar, Literal

from yifang.knowledge.models.base import DiseaseId, Entry, Model, Pack, ProgrammeId, UserRole

SeeLevel = Literal["full", "case", "task", "count", "none"]


class SensitiveGroup(Entry):
    """Diseases and programmes guarded alike; `rest` is everything else."""

    diseases: tuple[DiseaseId, ...] = ()
    programmes: tuple[ProgrammeId, ...] = ()
    level: str | None = None
    own_store: bool = False
    rest: bool = False


class RoleRow(Entry):
    """What a role sees of each group, within its scope."""

    role: UserRole
    hiv: SeeLevel
    std: SeeLevel
    bloodborne_hepatitis: SeeLevel
    mental: SeeLevel
    tb: SeeLevel
    leprosy: SeeLevel
    scope: str | None = None
    rules: Literal["grid", "school"] | None = None


class SmallCells(Model):
    """Numbers below `min` are not shown."""

    min: int
    apply_to: tuple[str, ...]
    also: str


class BreakGlass(Model):
    """Who may open a closed record in need, for how long."""

    allowed: tuple[UserRole, ...]
    reasons: tuple[str, ...]
    duration_h: float
    notify: str
    audit: bool


class HivOfficer(Model):
    """The named people who work with HIV cases."""

    who: str
    named_list: bool
    mfa: bool
    review_months: int


class VisibilityRules(Model):
    """Rules beside the matrix."""

    grid: tuple[str, ...]
    school: tuple[str, ...]
    employer: str
    screens: tuple[str, ...]
    small_cells: SmallCells
    break_glass: BreakGlass
    hiv_officer: HivOfficer
    name_policy: str
    logs: str


class VisibilityPack(Pack):
    """`visibility.yaml`."""

    NAME: ClassVar[str] = "visibility"
    groups: dict[str, SensitiveGroup]
    matrix: tuple[RoleRow, ...]
    rules: VisibilityRules

    def group_of(self, disease: str) -> str:
        """The sensitive group of a disease, `ordinary` where it is in none."""
        return next((name for name, group in self.groups.items() if disease in group.diseases), "ordinary")

    def level(self, role: str, group: str) -> SeeLevel | None:
        """What `role` (as in `codes.user_roles`) may see of `group`: `none` for a role the matrix does not name.

        None for `ordinary`: there the general rights of role and area decide.
        """
        if group == "ordinary":
            return None
        row = next((row for row in self.matrix if row.role == role), None)
        found: SeeLevel = getattr(row, group) if row else "none"
        return found
