"""Late items climb their ladders: the role that the pack names gets a desk too, or whoever is next above it.

A rung is of use only where somebody sits. Asked in this order, the first desk with a seat taken today is told: the
pack's role at the place of the item; the public-health desk of the same organisation; the CDC of the county, then of
each area above it, up to their bureau; the node's administrators. A role that has the item already is reminded where
it sits, never widened: the doctor of a sensitive case stays the only one in the department. Where nobody is found the
ledger says `work.nobody` and `/healthz` is degraded until somebody was told or the item ended.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from yifang.apps.accounts.models import Seat
from yifang.apps.accounts.queries import at_desk
from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.viewers import NODE_SCOPE, department_scope
from yifang.apps.ledger.services import Actor
from yifang.apps.places.models import Organisation, Place
from yifang.apps.work import clocks
from yifang.apps.work.models import Desk, WorkItem, WorkState
from yifang.apps.work.services import DeskAt, say
from yifang.kernel import areas, clock
from yifang.knowledge import load

_AGAIN = timedelta(hours=1)
_DESK_OF_ALL = "hospital_desk"
_AREA_CHAIN = ("duty_officer", "epidemiologist", "bureau")
_LAST = DeskAt(NODE_SCOPE, "administrator")
# The level of area that a role looks from; the others sit in the county.
_LEVELS: dict[str, areas.Level] = {"township": "township"}


def escalate_due(by: Actor, limit: int = 200) -> int:
    """Climb one rung for every open item whose next rung is due. Returns how many climbed."""
    kind_of = load().work.kind
    climbed = 0
    with transaction.atomic():
        due = WorkItem.objects.select_for_update(skip_locked=True).filter(
            state__in=(WorkState.OPEN, WorkState.CLAIMED), next_escalation_at__lte=clock.now()
        )
        for item in due.order_by("next_escalation_at")[:limit]:
            _, ladder = kind_of(item.kind).for_urgency(item.urgent)
            to_role = ladder[item.rung].to_role
            told = next_above(to_role, list(item.desks.order_by("id")))
            for desk in told:
                Desk.objects.get_or_create(
                    item=item, scope=desk.scope, role=desk.role,
                    defaults={"due_at": item.due_at, "since": clock.now(), "escalated": True},
                )  # fmt: skip
            climbed += bool(told)
            _climb(item, to_role, told, clocks.escalation(ladder, item.rung + 1, item.starts_at, item.due_at), by)
    return climbed


def _climb(item: WorkItem, to_role: str, told: Sequence[DeskAt], following: datetime | None, by: Actor) -> None:
    """One rung up; with nobody told the item stays on its rung, says so once and tries again in an hour."""
    facts = {"rung": item.rung + 1, "to_role": to_role, "told": sorted({desk.role for desk in told})}
    if told or not item.unattended:
        say(item, "work.escalated" if told else "work.nobody", by, facts)
    item.unattended = not told
    item.rung += bool(told)
    item.next_escalation_at = following if told else clock.now() + _AGAIN
    item.save(update_fields=["rung", "unattended", "next_escalation_at"])


def unattended() -> int:
    """How many late items are open for which nobody was found: a number for `/healthz`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT yf_unattended()")
        return int(cursor.fetchone()[0])


def next_above(role: str, desks: Sequence[Desk]) -> list[DeskAt]:
    """The desks to tell when `role` is due, all with somebody there; empty where the whole chain is empty."""
    reminded = [DeskAt(desk.scope, desk.role) for desk in desks if desk.role == role]
    if present := [desk for desk in reminded if at_desk(desk.scope, desk.role).exists()]:
        return present
    told = {(desk.scope, desk.role) for desk in desks}
    for candidate in _chain("" if reminded else role, desks):
        # A desk that has the item and let it grow late is no step up.
        if (candidate.scope, candidate.role) not in told and at_desk(candidate.scope, candidate.role).exists():
            return [candidate]
    return []


def _chain(role: str, desks: Sequence[Desk]) -> Iterator[DeskAt]:
    """Who comes into question, nearest first, whether somebody sits there or not; without `role` only who is above."""
    places = [_Where(desk) for desk in desks]
    if role and ROLES[role].scope == "none":
        yield DeskAt(NODE_SCOPE, role)
    for place in places if role else ():
        yield from place.desks_of(role)
    for place in places:
        if place.organisation is not None:
            yield DeskAt(place.organisation.scope, _DESK_OF_ALL)
    for place in places:
        for code in areas.ancestors(place.area) if place.area else ():
            if areas.level(code) in ("county", "city", "province"):
                yield from (DeskAt(f"area:{code}", above) for above in _AREA_CHAIN)
    yield _LAST


class _Where:
    """The organisation, department and area that a desk's scope stands for, as far as it stands for any."""

    def __init__(self, desk: Desk) -> None:
        self.scope, self.organisation, self.department, self.area = desk.scope, None, "", ""
        kind, _, name = desk.scope.partition(":")
        match kind:
            case "area":
                self.area = areas.normalise(name)
            case "place":
                self._of(Place.objects.select_related("organisation").filter(id=name).first())
            case "org" | "dept":
                organisation, _, self.department = name.partition(":")
                self._of(Organisation.objects.filter(id=organisation).first())
            case "user":
                # The seat may have ended since: where it was is still where the item belongs.
                seats = Seat.objects.filter(user_id=int(name), role=desk.role).select_related("organisation", "place")
                self._of(seats.order_by("-since").first())

    def _of(self, found: Organisation | Place | Seat | None) -> None:
        match found:
            case Organisation():
                self.organisation, self.area = found, found.area_code
            case Place():
                self.organisation, self.area = found.organisation, found.area_code
            case Seat():
                self._of(found.place or found.organisation)
                self.department, self.area = found.department, found.area_code or self.area

    def desks_of(self, role: str) -> Iterator[DeskAt]:
        """Where `role` sits in this place."""
        match ROLES[role].scope:
            case "department" if self.organisation is not None and self.department:
                yield DeskAt(department_scope(self.organisation.id, self.department), role)
            case "organisation" if self.organisation is not None:
                yield DeskAt(self.organisation.scope, role)
            case "place" if self.scope.startswith("place:"):
                yield DeskAt(self.scope, role)
            case "area" if self.area:
                own = areas.at_level(self.area, _LEVELS.get(role, "county")) or areas.normalise(self.area)
                yield DeskAt(f"area:{own}", role)
