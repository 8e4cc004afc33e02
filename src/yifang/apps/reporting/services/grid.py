"""Sending a grid worker to a door: a work item with a sealed address and what to do, never the disease or the result.

Which diseases may be told of at all stands in the visibility pack: what it hides from the grid worker is never given.
A finished task shows its address no more.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction

from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.viewers import Viewer, enter
from yifang.apps.ledger.models import Entry, Stream
from yifang.apps.ledger.services import Change, append, looked
from yifang.apps.places.models import Place, PlaceKind
from yifang.apps.records.identity import open_identity
from yifang.apps.reporting import visible
from yifang.apps.reporting.models import Case
from yifang.apps.work import services as work
from yifang.apps.work.models import WorkItem, WorkState
from yifang.kernel import areas
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState
from yifang.kernel.ids import new_id
from yifang.kernel.messages import catalogue
from yifang.knowledge import load

KIND = "grid_visit"
PURPOSE = "reporting.grid_visit"
# What a worker may be asked to do, in words that tell nothing of the disease: codes of `reporting.task_*`.
TASKS = ("contact", "notice", "transport", "follow_up")
SENT, ENDED = "reporting.grid_sent", "reporting.grid_ended"
_OPEN = (WorkState.OPEN, WorkState.CLAIMED)


def may_be_sent(group: str) -> bool:
    """Whether the pack lets a grid worker have a task about a disease of this group."""
    role = ROLES["grid_worker"]
    return (load().visibility.level(role.pack_role, group) or role.ordinary) in ("task", "case", "full")


def tasks_for(case: Case) -> list[str]:
    """The tasks that may be given for the case: tuberculosis is only ever “help with follow-up” (visibility pack)."""
    return ["follow_up"] if case.group == "tb" else [one for one in TASKS if one != "follow_up"]


def places_for(case: Case, viewer: Viewer) -> list[Place]:
    """The grids of the case's township, else its county, that the viewer may send to; none for what is hidden."""
    if not viewer.can("grid.assign") or not may_be_sent(case.group) or not case.residence_area:
        return []
    if not areas.contains(viewer.area_code, case.residence_area):
        return []
    grids = Place.objects.filter(kind=PlaceKind.GRID, active=True)
    for level in ("township", "county"):
        area = areas.at_level(case.residence_area, level)
        if area and (found := list(grids.filter(area_code__startswith=area)[:200])):
            return found
    return []


def last_visit(case: Case) -> Entry | None:
    """What the ledger last says of a visit to the case: `reporting.grid_sent` while one is out, `grid_ended` after it.

    The work item itself is seen by the grid alone.
    """
    told = Entry.objects.filter(subject=case.id, stream=Stream.CHANGE, kind__in=(SENT, ENDED))
    return told.order_by("-id").first()


def assign_visit(case_id: UUID, place: str, task: str, viewer: Viewer) -> None:
    """Ask the worker of a grid to call at the case's address.

    Raises NotAllowed `reporting.grid_hidden` for a disease the grid may not know of, UserError `reporting.grid_place`,
    `reporting.grid_task`, `reporting.grid_address` (none on file), WrongState `reporting.grid_sent` while one is open.
    """
    viewer.check("grid.assign")
    with transaction.atomic():
        case = Case.objects.filter(id=case_id).first()
        if case is None:
            raise NotFound("reporting.no_case")
        if not may_be_sent(case.group):
            raise NotAllowed("reporting.grid_hidden")
        grid = next((one for one in places_for(case, viewer) if str(one.id) == place), None)
        if grid is None:
            raise UserError("reporting.grid_place")
        if task not in tasks_for(case):
            raise UserError("reporting.grid_task")
        with connection.cursor() as cursor:  # two who send at once: the second must find the first one's visit
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{KIND}:{case.id}"])
        last = last_visit(case)
        if last is not None and last.kind == SENT:
            raise WrongState("reporting.grid_sent")
        item_id = new_id()
        words = catalogue()[f"reporting.task_{task}"]
        work.open_item(
            KIND, "case", case.id, [work.DeskAt(grid.scope, "grid_worker")], viewer, title=words["zh"],
            title_en=words["en"], place_sealed=sealing().seal(_address(case, viewer).encode(), context(item_id)),
            item_id=item_id,
        )  # fmt: skip
        append(
            Change(
                SENT, "case", case.id, facts={"work": item_id, "place": grid.id, "task": task},
                scopes=list(visible.of_case(case, case.cards.select_related("school"))),
            ),
            viewer,
        )  # fmt: skip


def open_visit(subject: UUID, viewer: Viewer) -> tuple[WorkItem, str]:
    """The open visit at the viewer's grid and where to go; leaves an access entry.

    Raises NotFound `reporting.no_visit`.
    """
    with transaction.atomic():
        item = WorkItem.objects.filter(kind=KIND, subject=subject, state__in=_OPEN).first()
        if item is None or item.place_sealed is None:
            raise NotFound("reporting.no_visit")
        looked("work.address_opened", "work", item.id, viewer)
    return item, sealing().open(item.place_sealed, context(item.id)).decode()


def end_visit(subject: UUID, outcome: str, note: str, viewer: Viewer) -> None:
    """The visit was made, or why not. Raises UserError `reporting.grid_outcome`, NotFound `reporting.no_visit`."""
    with transaction.atomic():
        if not WorkItem.objects.filter(kind=KIND, subject=subject, state__in=_OPEN).exists():
            raise NotFound("reporting.no_visit")
        if outcome not in outcomes():
            raise UserError("reporting.grid_outcome")
        if not work.end(KIND, subject, viewer, outcome=outcome, proof=note.strip()[:500]):
            raise NotFound("reporting.no_visit")
        append(Change(ENDED, "case", subject, facts={"outcome": outcome}), viewer)


def outcomes() -> tuple[str, ...]:
    """How a visit may end, as the work pack says."""
    return tuple(load().work.kind(KIND).outcomes)


def _address(case: Case, viewer: Viewer) -> str:
    """Where to go and whom to ask for: a form of address and the address, no name in full."""
    with enter(viewer if viewer.purpose else viewer.acting_for(PURPOSE)) as looking:
        identity = open_identity(case.person_id, looking, kind="person.address_given")
    if not identity.address:
        raise UserError("reporting.grid_address")
    place = _joined(load().regions.full_name(case.residence_area), identity.address)
    return f"{place} · {_called(identity.name, case)}"


def _joined(region: str, address: str) -> str:
    """The address within its region; what both say (an address often begins with its township) is said once."""
    shared = next(n for n in range(min(len(region), len(address)), -1, -1) if region.endswith(address[:n]))
    return f"{region}{address[shared:]}"


def _called(name: str, case: Case) -> str:
    """陈先生, 林女士, 陈家长: the surname and a form of address."""
    surname = name.strip()[:1]
    if case.age_days is not None and case.age_days < 14 * 365:
        return f"{surname}家长"
    return surname + {"male": "先生", "female": "女士"}.get(case.person.sex, "居民")


def context(item_id: UUID) -> str:
    """What the sealed address of a visit is bound to."""
    return f"work:{item_id}"
