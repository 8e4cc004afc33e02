"""Reads about people and their seats: which seats one may take, who sits at a desk."""

from uuid import UUID

from django.db.models import Q, QuerySet

from yifang.apps.accounts.models import BreakGlass, Seat, User
from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.viewers import Viewer
from yifang.kernel import areas, clock
from yifang.kernel.errors import NotFound

_KINDS = {"dept": "department", "org": "organisation", "area": "area", "place": "place", "node": "none"}


def seats_of(user: User) -> list[Seat]:
    """The seats that the user may take today, the oldest first."""
    return list(valid_seats().filter(user=user).select_related("user", "organisation", "place").order_by("since", "id"))


def seats_to_come(user: User) -> list[Seat]:
    """The seats of the user that are not over: those of today and those that begin later, the oldest first."""
    seats = user.seats.filter(Q(until__isnull=True) | Q(until__gte=clock.today()))
    return list(seats.select_related("user", "organisation", "place").order_by("since", "id"))


def at_desk(scope: str, role: str) -> QuerySet[Seat]:
    """The valid seats of `role` that look from `scope`: who may be given what waits at that desk."""
    kind, _, name = scope.partition(":")
    if kind != "user" and _KINDS.get(kind) != ROLES[role].scope:
        return Seat.objects.none()
    seats = valid_seats().filter(role=role, user__is_active=True).select_related("user", "organisation", "place")
    match kind:
        case "user":
            return seats.filter(user_id=int(name))
        case "dept":
            organisation, _, department = name.partition(":")
            return seats.filter(organisation_id=UUID(organisation), department=department)
        case "org":
            return seats.filter(organisation_id=UUID(name))
        case "area":
            code = areas.normalise(name)
            return seats.filter(Q(area_code=code) | Q(area_code="", organisation__area_code=code))
        case "node":
            return seats
        case _:
            return seats.filter(place_id=UUID(name))


def glass(glass_id: UUID, viewer: Viewer) -> BreakGlass:
    """One break-glass that the viewer made or may answer. Raises NotFound `accounts.no_glass`."""
    found = BreakGlass.objects.select_related("user", "seat", "seat__organisation", "answered_by").filter(id=glass_id)
    row = found.first()
    if row is None or not (row.user_id == viewer.user_id or viewer.can("glass.answer")):
        raise NotFound("accounts.no_glass")
    return row


def valid_seats() -> QuerySet[Seat]:
    """The seats that hold today."""
    today = clock.today()
    return Seat.objects.filter(Q(until__isnull=True) | Q(until__gte=today), since__lte=today)
