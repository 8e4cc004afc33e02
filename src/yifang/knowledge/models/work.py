"""Kinds of work items: who must do what, by which clock, who is told when it is late, and what proves it done."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import model_validator

from yifang.knowledge.models.base import Entry, Model, Pack, RoleKey, UserRole


class RoleName(Model):
    """A role of the house; `sees_as` is its row of the visibility matrix."""

    id: str
    zh: str
    en: str
    sees_as: UserRole | None = None


class Clock(Model):
    """How long: `hours` run on every day, `working_days` stop on days off. A legal clock is always hours."""

    hours: float | None = None
    working_days: int | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Clock:
        if (self.hours is None) == (self.working_days is None):
            raise ValueError("give either hours or working_days")
        return self


class Rung(Model):
    """A step of the ladder: after that fraction of the clock, or that many hours, it also waits at `to_role`."""

    after_fraction: float | None = None
    after_hours: float | None = None
    to_role: RoleKey

    @model_validator(mode="after")
    def _one_of_them(self) -> Rung:
        if (self.after_fraction is None) == (self.after_hours is None):
            raise ValueError("give either after_fraction or after_hours")
        return self


class Variant(Model):
    """The clock and ladder of urgent items, where they differ."""

    clock: Clock
    escalation: tuple[Rung, ...] = ()


class WorkKind(Entry):
    """A kind of work item. `legal` clocks never stop for holidays; `starts` names the event the clock runs from."""

    id: str
    zh: str
    en: str
    role: RoleKey
    starts: str
    clock: Clock
    legal: bool
    escalation: tuple[Rung, ...] = ()
    urgent: Variant | None = None
    proof: Literal["none", "outcome", "reason", "document", "number_and_time"]
    outcomes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _legal_clocks_count_hours(self) -> WorkKind:
        clocks = [self.clock, *([self.urgent.clock] if self.urgent else [])]
        if self.legal and any(clock.hours is None for clock in clocks):
            raise ValueError("a legal clock counts hours: it never stops for holidays")
        return self

    def for_urgency(self, urgent: bool) -> tuple[Clock, tuple[Rung, ...]]:
        """The clock and ladder that apply."""
        if urgent and self.urgent:
            return self.urgent.clock, self.urgent.escalation
        return self.clock, self.escalation


class WorkPack(Pack):
    """`work.yaml`."""

    NAME: ClassVar[str] = "work"
    roles: tuple[RoleName, ...]
    kinds: tuple[WorkKind, ...]

    def kind(self, id: str) -> WorkKind:
        """The kind of that id. Raises KeyError: a kind is named by code, not by people."""
        for kind in self.kinds:
            if kind.id == id:
                return kind
        raise KeyError(id)
