"""Judging duplicates: the same illness (merged field by field, both cards kept), or not; each can be taken back.

Finding them is the subscriber's work; moving the case behind a merged card too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.words import both
from yifang.apps.reporting import pairing, policy, versions
from yifang.apps.reporting.models import DUPLICATE_TRANSITIONS, Card, CardState, Duplicate, DuplicateState
from yifang.apps.reporting.services import cards, changing
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState

MERGED, UNMERGED = "合并重卡", "撤销合并"  # the reasons of the corrections, in the words of the card


def merge(duplicate_id: UUID, viewer: Viewer, taken: Sequence[str] = ()) -> Duplicate:
    """The later card reports the illness of the earlier one: it counts no more, and stays.

    `taken` are the fields whose answers the earlier card takes from the later one, as a correction of its own. Raises
    WrongState `reporting.duplicate_deleted` where one of the two is deleted or itself merged, UserError
    `reporting.merge_field` for a field that does not differ or may not be chosen, CardErrors where the card that would
    come out breaks a rule.
    """
    with transaction.atomic():
        pair, later = _taken(duplicate_id, viewer, DuplicateState.MERGED)
        earlier = cards.taken(pair.earlier_id)
        if CardState.DELETED in (earlier.state, later.state) or earlier.merged_into_id or later.merged_into_id:
            raise WrongState("reporting.duplicate_deleted")
        if taken:
            _take_over(pair, earlier, later, taken, viewer)
        pair.case_before_id = later.case_id
        later.merged_into_id = earlier.id
        _answer(pair, later, DuplicateState.MERGED, viewer)
        cards.tell(later, "merged", viewer, into=earlier.id)
    return pair


def merged_answers(pair: Duplicate, taken: Sequence[str]) -> dict[str, Any]:
    """What the earlier card would say with these fields of the later one."""
    mine, theirs = (versions.answers_of(versions.in_force(card)) for card in (pair.earlier, pair.later))
    return {**mine, **{name: theirs.get(name, "") for name in taken}}


def unmerge(duplicate_id: UUID, viewer: Viewer) -> Duplicate:
    """Take a merge (or a “not a duplicate”) back: the question is open again, the later card stands by itself.

    What the earlier card took over is given back, but for answers that somebody changed since.
    """
    with transaction.atomic():
        pair, later = _taken(duplicate_id, viewer, DuplicateState.OPEN)
        was_merged = pair.state == DuplicateState.MERGED
        if was_merged and pair.taken:
            _give_back(pair, later, viewer)
        later.merged_into, pair.judged_by = None, ""
        _answer(pair, later, DuplicateState.OPEN, viewer)
        if was_merged:
            cards.tell(later, "unmerged", viewer, case=pair.case_before_id)
    return pair


def keep_apart(duplicate_id: UUID, viewer: Viewer) -> Duplicate:
    """Not a duplicate: both cards count, and nobody is asked again unless what this was judged by changes."""
    with transaction.atomic():
        pair, later = _taken(duplicate_id, viewer, DuplicateState.KEPT)
        pair.judged_by = pairing.judged_by(pair.earlier, later)
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


def _take_over(pair: Duplicate, earlier: Card, later: Card, taken: Sequence[str], viewer: Viewer) -> None:
    mine, theirs = (versions.answers_of(versions.in_force(card)) for card in (earlier, later))
    offered = pairing.differing(mine, theirs)
    if wrong := [name for name in taken if name not in offered]:
        raise UserError("reporting.merge_field", fields=wrong)
    pair.taken, pair.version_before = list(taken), earlier.version
    changing.correct(earlier.id, {name: theirs.get(name, "") for name in taken}, MERGED, viewer)


def _give_back(pair: Duplicate, later: Card, viewer: Viewer) -> None:
    earlier = cards.taken(pair.earlier_id)
    before = versions.answers_of(earlier.versions.get(number=pair.version_before))
    now, theirs = (versions.answers_of(versions.in_force(card)) for card in (earlier, later))
    untouched = [name for name in pair.taken if (now.get(name) or "") == (theirs.get(name) or "")]
    back = {name: before.get(name, "") for name in untouched if (before.get(name) or "") != (now.get(name) or "")}
    if back:
        changing.correct(earlier.id, back, UNMERGED, viewer)
    pair.taken, pair.version_before = [], None


def _answer(pair: Duplicate, later: Card, to: DuplicateState, viewer: Viewer) -> None:
    pair.state, pair.answered_by_id, pair.answered_at = to, viewer.user_id, clock.now()
    pair.save()
    later.save()
    cards.follow(later, viewer)
    cards.tell(later, "duplicate_judged", viewer, duplicate=pair.id, judgement=to)
