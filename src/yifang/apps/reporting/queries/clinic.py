"""What the clinician's page shows beyond what waits: what was answered, the doctor's own cards, whom to ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from yifang.apps.accounts.models import Seat
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.places.models import Organisation, OrganisationKind
from yifang.apps.reporting.models import GONE, Card, CardState, Suspicion, SuspicionState
from yifang.apps.reporting.queries.desk import desk_counts
from yifang.apps.reporting.queries.suspicions import waiting
from yifang.apps.reporting.queries.walking import Key, counted
from yifang.apps.work.models import Desk
from yifang.kernel import clock

_UNITS = (OrganisationKind.PRIMARY, OrganisationKind.HOSPITAL)
M = TypeVar("M", bound=Model)
_ANSWERED = (SuspicionState.REPORTED, SuspicionState.DISMISSED, SuspicionState.WITHDRAWN)
_IN_HAND = (CardState.DRAFT, CardState.RETURNED_BY_HOSPITAL, CardState.RETURNED_BY_DISTRICT)


def answered(viewer: Viewer, *, key: Key | None = None, backwards: bool = False, limit: int = 50) -> list[Suspicion]:
    """Suspicions of the viewer's hospital with an answer, newest first by the time they were found."""
    viewer.check("suspicion.list")
    rows = Suspicion.objects.filter(organisation_id=viewer.organisation_id, state__in=_ANSWERED)
    return newest(rows.select_related("person"), "found_at", key=key, backwards=backwards, limit=limit)


def own_cards(viewer: Viewer, *, key: Key | None = None, backwards: bool = False, limit: int = 50) -> list[Card]:
    """The viewer's cards, newest first."""
    viewer.check("card.view")
    rows = Card.objects.filter(organisation_id=viewer.organisation_id, doctor_id=viewer.user_id)
    return newest(rows.select_related("person"), "created_at", key=key, backwards=backwards, limit=limit)


def units_near(viewer: Viewer) -> list[Organisation]:
    """The other units of the viewer's county that may be reported for."""
    viewer.check("card.draft")
    rows = Organisation.objects.filter(kind__in=_UNITS, active=True, area_code__startswith=viewer.area_code[:6])
    return list(rows.exclude(id=viewer.organisation_id).order_by("code")[:500])


def in_hand(viewer: Viewer) -> int:
    """How many of the viewer's cards wait for the viewer: drafts and returned ones."""
    rows = Card.objects.filter(organisation_id=viewer.organisation_id, doctor_id=viewer.user_id, state__in=_IN_HAND)
    return counted(rows)


def badge(viewer: Viewer) -> int:
    """How many suspicions wait: the number beside the menu."""
    return counted(waiting(viewer)) if viewer.can("suspicion.list") else 0


def desk_badge(viewer: Viewer) -> int:
    """How much waits for the public-health desk itself: cards to review, to enter, to correct."""
    if not viewer.can("card.review"):
        return 0
    return sum(desk_counts(viewer, ("to_review", "to_enter", "to_correct")).values())


def late(viewer: Viewer) -> bool:
    """Whether any of them is past its time."""
    return waiting(viewer).filter(due_at__lt=clock.now()).exists()


def drafted(suspicions: Sequence[Suspicion]) -> dict[UUID, str]:
    """The state of the card of each suspicion that has one."""
    rows = Card.objects.filter(suspicion__in=[one.id for one in suspicions]).exclude(state__in=GONE)
    return dict(rows.values_list("suspicion_id", "state"))


def colleagues(one: Suspicion, viewer: Viewer) -> list[Seat]:
    """The clinicians of the hospital whom the viewer may ask, those of the same department first."""
    rows = Seat.objects.filter(
        Q(until__isnull=True) | Q(until__gte=clock.today()),
        organisation_id=one.organisation_id, role="clinician", since__lte=clock.today(), user__is_active=True,
    )  # fmt: skip
    seats = {seat.user_id: seat for seat in rows.exclude(user_id=viewer.user_id).select_related("user")}
    return sorted(seats.values(), key=lambda seat: (seat.department != one.department, seat.department, str(seat.user)))


def work_on(subject: UUID, viewer: Viewer) -> str:
    """The id of the open item about `subject` at a desk of the viewer, which gives the purpose; "" for none."""
    desks = Desk.objects.filter(
        item__subject=subject, item__state__in=("open", "claimed"), scope__in=viewer.scopes, role=viewer.role, open=True
    )
    found = desks.order_by("due_at").values_list("item_id", flat=True).first()
    return str(found or "")


def newest(rows: QuerySet[M], column: str, *, key: Key | None, backwards: bool, limit: int) -> list[M]:
    """Up to `limit` + 1 rows by `column`, latest first, continuing after `key` (nearest first when `backwards`)."""
    if key is not None:
        at, id = key
        side = "gt" if backwards else "lt"
        rows = rows.filter(Q(**{f"{column}__{side}": at}) | Q(**{column: at, f"id__{side}": id}))
    sign = "" if backwards else "-"
    return list(rows.order_by(f"{sign}{column}", f"{sign}id")[: limit + 1])
