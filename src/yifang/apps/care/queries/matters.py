"""Matters as the viewer sees them: lists by kind, one with its steps, and what is due of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.care.models import Matter, MatterState, Step
from yifang.apps.ledger.services import looked
from yifang.apps.work.models import WorkItem, WorkState
from yifang.kernel import areas
from yifang.kernel.errors import NotFound
from yifang.knowledge import load
from yifang.knowledge.models.matters import MatterKind

# Whose the boards of the clinics are.
BOARDS = frozenset({"clinician", "triage_nurse", "hospital_desk", "infection_control", "hospital_lab"})


@dataclass(frozen=True, slots=True)
class Opened:
    """A matter with its steps in the order they happened, what is due by step, and what followed from it."""

    matter: Matter
    steps: Sequence[Step]
    due: Mapping[str, datetime]
    children: Sequence[Matter]


def kinds(viewer: Viewer) -> list[MatterKind]:
    """The kinds of matters that the viewer's role ever takes part in."""
    if not viewer.can("matter.list"):
        return []
    return [
        kind
        for kind in load().matters.kinds
        if viewer.role in kind.sees or any(viewer.role in step.by for step in kind.steps)
    ]


def of_kind(viewer: Viewer, kind: str) -> QuerySet[Matter]:
    """The matters of a kind at the viewer's own place; the policies say which of them are seen."""
    viewer.check("matter.list")
    rows = Matter.objects.filter(kind=kind)
    scope = ROLES[viewer.role].scope if viewer.role in ROLES else "none"
    if scope in ("department", "organisation"):
        return rows.filter(Q(organisation_id=viewer.organisation_id) | Q(organisation=None))
    if scope == "area" and areas.level(viewer.area_code) == "county":
        return rows.filter(area_code=viewer.area_code)
    return rows


def matter_list(
    viewer: Viewer,
    kind: str,
    *,
    state: str = MatterState.OPEN,
    after: tuple[date, UUID] | None = None,
    backwards: bool = False,
    limit: int = 50,
) -> list[Matter]:
    """Up to `limit` + 1 matters of a kind, the newest first, from `after` on (nearest first when `backwards`)."""
    rows = of_kind(viewer, kind).filter(state=state).select_related("organisation")
    if after is not None:
        day, key = after
        later = Q(day__gt=day) | Q(day=day, id__gt=key)
        earlier = Q(day__lt=day) | Q(day=day, id__lt=key)
        rows = rows.filter(later if backwards else earlier)
    order = ("day", "id") if backwards else ("-day", "-id")
    return list(rows.order_by(*order)[: limit + 1])


def open_counts(viewer: Viewer, most: int = 1000) -> dict[str, int]:
    """How many matters of each of the viewer's kinds are open, counted up to one beyond `most`."""
    return {
        kind.id: of_kind(viewer, kind.id).filter(state=MatterState.OPEN)[: most + 1].count() for kind in kinds(viewer)
    }


def matter(matter_id: UUID, viewer: Viewer) -> Opened:
    """One matter with its steps. Raises NotFound `care.no_matter`; leaves an access entry."""
    viewer.check("matter.list")
    with transaction.atomic():
        found = Matter.objects.select_related("organisation", "person", "parent").filter(id=matter_id).first()
        if found is None:
            raise NotFound("care.no_matter")
        looked("care.viewed", "matter", matter_id, viewer)
    return Opened(found, steps_of([found])[found.id], due_of([found])[found.id], list(found.children.order_by("id")))


def steps_of(matters: Sequence[Matter]) -> dict[UUID, list[Step]]:
    """The steps of matters, by matter, as they happened."""
    found: dict[UUID, list[Step]] = {one.id: [] for one in matters}
    rows = Step.objects.filter(matter__in=found).select_related("by", "response__form", "record")
    for step in rows.order_by("at", "noted_at"):
        found[step.matter_id].append(step)
    return found


def due_of(matters: Sequence[Matter]) -> dict[UUID, dict[str, datetime]]:
    """When the waiting steps of matters fall due, by matter and step, as far as the viewer has the work item."""
    items = WorkItem.objects.filter(
        subject__in=[one.id for one in matters], state__in=(WorkState.OPEN, WorkState.CLAIMED)
    )
    due = {(item.subject, item.kind): item.due_at for item in items}
    return {
        one.id: {
            step.id: due[one.id, step.work]
            for step in load().matters.kind(one.kind).steps
            if step.work and step.id in one.waiting and (one.id, step.work) in due
        }
        for one in matters
    }


def names(viewer: Viewer, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Whom matters are about, masked."""
    if not viewer.can("matter.list"):
        return {}
    return dict(Matter.objects.filter(id__in=ids).exclude(masked_name="").values_list("id", "masked_name"))
