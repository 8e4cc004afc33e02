"""Reads of the match queue: the texts a viewer may answer, and what one of them may mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Count, Q

from yifang.apps.places.models import MatchState, Mention, PlaceMatch
from yifang.kernel.errors import NotFound


class Looking(Protocol):
    """Who looks."""

    def check(self, permission: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Line:
    """A text and how many records bear it, as far as the viewer may see them."""

    match: PlaceMatch
    records: int


def matches(
    viewer: Looking,
    state: str = MatchState.OPEN,
    *,
    after: tuple[datetime, UUID] | None = None,
    backwards: bool = False,
    limit: int = 50,
) -> list[Line]:
    """Up to `limit` + 1 texts in `state`, the longest waiting first, from `after` on (nearest first if `backwards`)."""
    viewer.check("place.match")
    rows = PlaceMatch.objects.filter(state=state).select_related("organisation", "place")
    if after is not None:
        at, key = after
        sign = "lt" if backwards else "gt"
        rows = rows.filter(Q(**{f"first_seen__{sign}": at}) | Q(**{"first_seen": at, f"id__{sign}": key}))
    order = ("-first_seen", "-id") if backwards else ("first_seen", "id")
    found = list(rows.order_by(*order)[: limit + 1])
    counted = dict(Mention.objects.filter(match__in=found).order_by().values_list("match").annotate(number=Count("id")))
    return [Line(one, counted.get(one.id, 0)) for one in found]


def counts(viewer: Looking, most: int) -> dict[str, int]:
    """How many texts there are in each state, counted up to one beyond `most`."""
    viewer.check("place.match")
    return {state: PlaceMatch.objects.filter(state=state)[: most + 1].count() for state in MatchState.values}


def match(match_id: UUID, viewer: Looking) -> PlaceMatch:
    """One text. Raises NotFound `places.no_match`."""
    viewer.check("place.match")
    found = PlaceMatch.objects.select_related("organisation", "place").filter(id=match_id).first()
    if found is None:
        raise NotFound("places.no_match")
    return found


def bearers(match_id: UUID, viewer: Looking) -> Sequence[tuple[str, int]]:
    """The organisations whose records bear the text and how many of each, the most first."""
    viewer.check("place.match")
    rows = Mention.objects.filter(match=match_id).order_by().values_list("organisation__name")
    return list(rows.annotate(number=Count("id")).order_by("-number", "organisation__name"))


def waiting(viewer: Any) -> int:
    """How many texts the viewer may answer, at most a thousand: the number beside the menu."""
    rows = PlaceMatch.objects.filter(state=MatchState.OPEN)
    of_an_area = any(scope.startswith("area:") for scope in viewer.scopes)
    return (rows if of_an_area else rows.filter(shared=False))[:1000].count()


def who_answered(match: PlaceMatch) -> str:
    """The name of who answered, empty for nobody."""
    return str(get_user_model().objects.filter(pk=match.answered_by).first() or "")
