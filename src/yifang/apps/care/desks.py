"""Who takes part in a matter: seats (`role@scope`) and desks, from where it happens and who began it.

A matter shows to the roles that its kind names, at its own place; to whoever began it; and to a role from the moment
that one of its steps waits there, or was escalated to it (`subscribers`).
"""

from __future__ import annotations

from collections.abc import Iterable

from yifang.apps.accounts.models import Seat
from yifang.apps.accounts.queries import at_desk, valid_seats
from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.viewers import department_scope
from yifang.apps.care.models import Matter
from yifang.apps.places.models import Organisation
from yifang.apps.work.services import DeskAt
from yifang.kernel import areas
from yifang.knowledge import load
from yifang.knowledge.models.matters import MatterKind, MatterStep

FALLBACK = "hospital_desk"


def seats_of(matter: Matter, kind: MatterKind) -> list[str]:
    """The seats that a matter has from its beginning."""
    seats = [seat(desk) for role in kind.sees for desk in _at(matter, role)]
    if matter.opened_by_id is not None:
        seats.append(f"{matter.opener_role}@user:{matter.opened_by_id}")
    if matter.department and any("clinician" in step.by for step in kind.steps):
        seats += [seat(desk) for desk in _at(matter, "clinician")]
    return list(dict.fromkeys(seats))


def desks_of(matter: Matter, step: MatterStep) -> list[DeskAt]:
    """Where the work item of a step waits: its role's desk, with the one who began it, or the desk of all."""
    role = load().work.kind(step.work or "").role
    if step.desk == "opener" and matter.opened_by_id is not None:
        return [DeskAt(f"user:{matter.opened_by_id}", matter.opener_role)]
    found = _at(matter, role)
    if not found and matter.organisation_id is not None:
        found = _at(matter, FALLBACK)
    return found


def admitted(matter: Matter, step: MatterStep) -> list[str]:
    """The seats that may take a step when it waits, at the matter's own place."""
    desks = desks_of(matter, step) if step.work else []
    return [seat(desk) for desk in [*desks, *(desk for role in step.by for desk in _at(matter, role))]]


def seat(desk: DeskAt) -> str:
    return f"{desk.role}@{desk.scope}"


def county(area_code: str) -> str:
    """The county that an area lies in, the area itself above counties."""
    return areas.at_level(area_code, "county") or areas.normalise(area_code)


def clinic_department(organisation: Organisation, clinic: str) -> str:
    """The department of an institution that is its fever or enteric clinic: where a clinician sits, in pack order."""
    words = next(one.departments for one in load().matters.clinics if one.id == clinic)
    departments = _departments(valid_seats().filter(organisation=organisation, role="clinician"))
    return next((name for word in words for name in departments if word in name), "")


def clinic_of(department: str) -> str:
    """Which clinic a department is, "" for none; the earlier word of the pack decides."""
    for clinic in load().matters.clinics:
        if any(word in department for word in clinic.departments):
            return clinic.id
    return ""


def departments_of(organisation: Organisation) -> list[str]:
    """The departments of an institution in which a clinician sits."""
    return _departments(valid_seats().filter(organisation=organisation, role="clinician"))


def _departments(seats: Iterable[Seat]) -> list[str]:
    return sorted({one.department for one in seats if one.department})


def _at(matter: Matter, role: str) -> list[DeskAt]:
    match ROLES[role].scope:
        case "department" if matter.organisation_id and matter.department:
            desk = DeskAt(department_scope(matter.organisation_id, matter.department), role)
            return [desk] if at_desk(desk.scope, role).exists() else []
        case "organisation" if matter.organisation_id:
            return [DeskAt(f"org:{matter.organisation_id}", role)]
        case "area":
            return [DeskAt(f"area:{county(matter.area_code)}", role)]
        case _:
            return []
