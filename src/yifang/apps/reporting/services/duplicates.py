"""Judging duplicates: the same illness (merged, both cards kept), or not; either judgement can be taken back.

Finding them is the subscriber's work; moving the case behind a merged card too.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.words import both
from yifang.apps.reporting import policy
from yifang.apps.reporting.models import DUPLICATE_TRANSITIONS, Card, CardState, Duplicate, DuplicateState
from yifang.apps.reporting.services import cards
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, WrongState


def merge(duplicate_id: UUID, viewer: Viewer) -> Duplicate:
    """The later card reports the illness of the earlier one: it counts no more, and stays.

    Raises WrongState `reporting.duplicate_deleted` where one of the two is deleted or itself merged.
    """
    with transaction.atomic():
        pair, later = _taken(duplicate_id, viewer, DuplicateState.MERGED)
        earlier = Card.objects.get(id=pair.earlier_id)
        if CardState.DELETED in (earlier.state, later.state) or earlier.merged_into_id or later.merged_into_id:
            raise WrongState("reporting.duplicate_deleted")
        pair.case_before_id = later.case_id
        later.merged_into = earlier
        _answer(pair, later, DuplicateState.MERGED, viewer)
        cards.tell(later, "merged", viewer, into=earlier.id)
    return pair


def unmerge(duplicate_id: UUID, viewer: Viewer) -> Duplicate:
    """Take a merge (or a “not a duplicate”) back: the question is open again, the later card stands by itself."""
    with transaction.atomic():
        pair, later = _taken(duplicate_id, viewer, DuplicateState.OPEN)
        was_merged = pair.state == DuplicateState.MERGED
        later.merged_into = None
        _answer(pair, later, DuplicateState.OPEN, viewer)
        if was_merged:
            cards.tell(later, "unmerged", viewer, case=pair.case_before_id)
    return pair


def keep_apart(duplicate_id: UUID, viewer: Viewer) -> Duplicate:
    """Not a duplicate: both cards count."""
    with transaction.atomic():
        pair, later = _taken(duplicate_id, viewer, DuplicateState.KEPT)
        _answer(pair, later, DuplicateState.KEPT, viewer)
    return pair


def check_judge(duplicate_id: UUID, viewer: Viewer) -> tuple[Duplicate, Card]:
    """The pair, locked, and its later card. Raises NotAllowed or NotFound unless the viewer may judge it at all."""
    viewer.check("card.merge")
    pair = Duplicate.objects.select_for_update().filter(id=duplicate_id).first()
    if pair is None:
        raise NotFound("reporting.no_duplicate")
    later = cards.taken(pair.later_id)
    if not policy.in_place(later, viewer) and not policy.in_place(pair.earlier, viewer):
        raise NotAllowed("reporting.not_your_card")
    return pair, later


def _taken(duplicate_id: UUID, viewer: Viewer, to: DuplicateState) -> tuple[Duplicate, Card]:
    pair, later = check_judge(duplicate_id, viewer)
    if to not in DUPLICATE_TRANSITIONS[DuplicateState(pair.state)]:
        raise WrongState("reporting.duplicate_state", state=both(DuplicateState(pair.state).label))
    return pair, later


def _answer(pair: Duplicate, later: Card, to: DuplicateState, viewer: Viewer) -> None:
    pair.state, pair.answered_by_id, pair.answered_at = to, viewer.user_id, clock.now()
    pair.save()
    later.save()
    cards.follow(later, viewer)
    cards.tell(later, "duplicate_judged", viewer, duplicate=pair.id, judgement=to)
