"""The viewer: a person in a seat, as the database's row-level security sees them.

`enter` tells the database who looks, for the current transaction only. What is not told is not seen: with no viewer a
web connection sees no subject at all.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from yifang.apps.accounts.models import Seat
from yifang.apps.accounts.roles import ROLES, may
from yifang.kernel import areas
from yifang.kernel.digest import sha256
from yifang.kernel.errors import NotAllowed
from yifang.knowledge import load

NODE_SCOPE = "node"  # of those who keep the node: work waits for them there, no subject is ever shown to it


@dataclass(frozen=True, slots=True)
class Viewer:
    """`scopes` are all keys it looks from (its lists start from the last); groups are of the visibility pack.

    One who came for one person's sake (`about`) sees no subject that is about anybody else.
    """

    user_id: int | None
    role: str
    scopes: tuple[str, ...]
    case_groups: tuple[str, ...] = ()
    task_groups: tuple[str, ...] = ()
    count_groups: tuple[str, ...] = ()
    seat_id: UUID | None = None
    organisation_id: UUID | None = None
    department: str = ""
    area_code: str = ""
    purpose: str = ""
    name: str = ""  # as it stands on what they write
    about: UUID | None = None

    def can(self, permission: str) -> bool:
        return may(self.role, permission)

    def check(self, permission: str) -> None:
        """Raises NotAllowed `accounts.not_allowed` unless the role may do `permission`."""
        if not self.can(permission):
            raise NotAllowed("accounts.not_allowed", role=self.role, permission=permission)

    def acting_for(self, purpose: str) -> "Viewer":
        """The same viewer with the purpose they look for: identity opens only with one."""
        return replace(self, purpose=purpose[:120])

    def only_about(self, person: UUID) -> "Viewer":
        """The same viewer who sees nothing but what is about `person`."""
        return replace(self, about=person)


def viewer_of(seat: Seat) -> Viewer:
    """The viewer of a seat: its scopes, and what the visibility pack lets the role see of each group."""
    role = ROLES[seat.role]
    user = f"user:{seat.user_id}"
    area = seat.area_code or (seat.organisation.area_code if seat.organisation else "")
    match role.scope:
        case "department":
            scopes = (user, department_scope(seat.organisation_id, seat.department))
        case "organisation":
            scopes = (user, f"org:{seat.organisation_id}")
        case "area":
            scopes = (user, f"area:{areas.normalise(area)}")
        case "place":
            scopes = (user, f"place:{seat.place_id}")
        case "none":
            scopes = (user, NODE_SCOPE)
        case _:
            scopes = (user,)
    pack = load().visibility
    levels = {group: pack.level(role.pack_role, group) or role.ordinary for group in pack.groups}
    if seat.hiv_officer and levels.get("hiv") in ("task", "count"):
        levels = levels | {"hiv": "case"}
    return Viewer(
        user_id=seat.user_id,
        role=seat.role,
        scopes=scopes,
        case_groups=tuple(sorted(group for group, level in levels.items() if level in ("case", "full"))),
        task_groups=tuple(sorted(group for group, level in levels.items() if level in ("task", "case", "full"))),
        count_groups=tuple(sorted(group for group, level in levels.items() if level in ("count", "case", "full"))),
        seat_id=seat.id,
        organisation_id=seat.organisation_id,
        department=seat.department,
        area_code=areas.normalise(area) if area else "",
        name=str(seat.user),
    )


def visitor(user_id: int | None) -> Viewer:
    """Somebody without a seat, or not signed in yet: they see no subject, and write in nobody else's name."""
    return Viewer(user_id, "visitor", (f"user:{user_id}",) if user_id else ())


def department_scope(organisation_id: UUID | None, department: str) -> str:
    """The scope of a department; one of a long name is told apart by a digest, for a scope has 80 characters."""
    if len(department) > _LONGEST_DEPARTMENT:
        department = f"{department[: _LONGEST_DEPARTMENT - 9]}~{sha256(department.encode())[:8]}"
    return f"dept:{organisation_id}:{department}"


def list_scope(viewer: Viewer) -> str:
    """The scope that the viewer's lists start from: the place of the seat, else the user."""
    return viewer.scopes[-1]


_LONGEST_DEPARTMENT = 38  # 80 less “dept:”, the organisation's 36 and a colon
_SET = """SELECT set_config('yifang.user', %s, true), set_config('yifang.role', %s, true),
set_config('yifang.scopes', %s, true), set_config('yifang.case_groups', %s, true),
set_config('yifang.task_groups', %s, true), set_config('yifang.count_groups', %s, true),
set_config('yifang.purpose', %s, true), set_config('yifang.about', %s, true)"""
_NOBODY = ("",) * 8
SEPARATOR = "\x1f"  # no department is named with it


@contextmanager
def enter(viewer: Viewer) -> Iterator[Viewer]:
    """A transaction in which the database knows the viewer. Nests; leaving restores the viewer outside."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        outer = getattr(connection, "_yifang_viewer", None)
        _tell(viewer)
        try:
            yield viewer
        except BaseException:
            connection._yifang_viewer = outer  # what is rolled back takes the settings back with it
            raise
        if connection.needs_rollback or outermost:  # the settings end with the transaction
            connection._yifang_viewer = outer
        else:
            _tell(outer)


def _tell(viewer: Viewer | None) -> None:
    connection._yifang_viewer = viewer
    values = _NOBODY
    if viewer is not None:
        values = (
            str(viewer.user_id or ""),
            viewer.role,
            SEPARATOR.join(viewer.scopes),
            SEPARATOR.join(viewer.case_groups),
            SEPARATOR.join(viewer.task_groups),
            SEPARATOR.join(viewer.count_groups),
            viewer.purpose,
            str(viewer.about or ""),
        )
    with connection.cursor() as cursor:
        cursor.execute(_SET, values)
        if settings.DATABASE_ASSUME_ROLE:  # tests sign in as owner: act with the rights of the web role
            role = connection.ops.quote_name(settings.DATABASE_ROLES["web"]) if viewer is not None else "NONE"
            cursor.execute(f"SET LOCAL ROLE {role}")
