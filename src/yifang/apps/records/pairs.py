"""Pairs of persons who may be one: found by the rules, answered by a person, never asked twice.

`note` and `prove` run in jobs; `answer` for a viewer. What an answer means for the persons' rows is done in jobs too
(`merging`), for whoever answers may not see all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from yifang import link
from yifang.apps.accounts.models import Level, SubjectKind, Visibility
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.words import both
from yifang.apps.ledger.services import NODE, Actor, Change, append
from yifang.apps.records.models import PAIR_TRANSITIONS, PairState, PersonPair
from yifang.kernel import clock
from yifang.kernel.errors import NotFound, UserError, WrongState
from yifang.kernel.ids import new_id
from yifang.knowledge import load

KIND = "pair"  # of its visibility rows and ledger entries
FOUND, ANSWERED = "records.pair_found", "records.pair_answered"
ANSWERS = (PairState.SAME, PairState.DIFFERENT, PairState.OPEN)


def prove(one: UUID, other: UUID, verdict: link.Verdict) -> None:
    """A rule says that two persons are one: noted as answered, unless a person said otherwise."""
    found = PersonPair.objects.select_for_update().filter(one=one, other=other).first()
    note(one, other, verdict, found)


def note(one: UUID, other: UUID, verdict: link.Verdict, found: PersonPair | None) -> PersonPair | None:
    """Keep what the rules say of a pair; `found` is its row where there is one. The pair where it is new or moved."""
    state = PairState.SAME if verdict.is_same else PairState.OPEN
    if found is not None:
        if found.state == state or state not in PAIR_TRANSITIONS[PairState(found.state)]:
            return None
        if found.state not in (PairState.OPEN, PairState.WITHDRAWN):
            return None  # a person answered: the rules do not answer again
        _tell_verdict(found, verdict)
        move(found, state, NODE)
        return found
    pair = PersonPair(
        id=new_id(), one_id=min(one, other), other_id=max(one, other), state=state, found_at=clock.now(), evidence={}
    )
    _tell_verdict(pair, verdict)
    pair.save(force_insert=True)
    append(Change(FOUND, KIND, pair.id, facts=_facts(pair), scopes=show([pair])[pair.id]), NODE)
    return pair


def withdraw(pair: PersonPair) -> None:
    """Nobody need look any more: what was alike was corrected, or the two are one by other ways."""
    move(pair, PairState.WITHDRAWN, NODE)


def answer(pair_id: UUID, viewer: Viewer, to_state: str) -> PersonPair:
    """Say what is true, or take it back. Raises NotAllowed, NotFound `records.no_pair`, UserError or WrongState."""
    viewer.check("person.link")
    with transaction.atomic():
        pair = PersonPair.objects.select_for_update().filter(id=pair_id).first()
        if pair is None:
            raise NotFound("records.no_pair")
        if to_state not in ANSWERS:
            raise UserError("records.pair_answer")
        if to_state not in PAIR_TRANSITIONS[PairState(pair.state)]:
            raise WrongState("records.pair_state", state=both(PairState(pair.state).label))
        move(pair, PairState(to_state), viewer)
    return pair


def move(pair: PersonPair, state: PairState, by: Actor) -> None:
    """Set the state and tell the ledger."""
    before, pair.state = pair.state, state
    # taken back is not answered
    answered = state not in (PairState.OPEN, PairState.WITHDRAWN) and by.user_id is not None
    pair.answered_by_id = by.user_id if answered else None
    pair.answered_at = clock.now() if answered else None
    if by is NODE:
        pair.save()
    else:
        pair.save(update_fields=["state", "answered_by", "answered_at"])
    facts = {**_facts(pair), "before": before}
    scopes = list(_rows(pair.id).values_list("scope", flat=True))
    append(Change(ANSWERED, KIND, pair.id, fields=["state"], facts=facts, scopes=scopes), by)


def show(pairs: Sequence[PersonPair]) -> Mapping[UUID, list[str]]:
    """List each pair where both of its persons are seen; the row's own policy asks again who sees them. Jobs only."""
    persons = {person for pair in pairs for person in (pair.one_id, pair.other_id)}
    seen: dict[UUID, set[str]] = {person: set() for person in persons}
    rows = Visibility.objects.filter(person__in=persons, level=Level.CASE, until=None).exclude(kind=SubjectKind.PERSON)
    for person, scope in rows.values_list("person", "scope").distinct():
        seen[person].add(scope)
    scopes = {pair.id: sorted(seen[pair.one_id] & seen[pair.other_id]) for pair in pairs}
    Visibility.objects.bulk_create(
        [
            Visibility(
                scope=scope, kind=KIND, subject=pair.id, day=pair.found_at.astimezone(clock.CHINA).date(),
                level=Level.CASE, reason=KIND,
            )
            for pair in pairs
            for scope in scopes[pair.id]
            if not scope.startswith("user:")
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return scopes


def _tell_verdict(pair: PersonPair, verdict: link.Verdict) -> None:
    pair.rule, pair.forbidden = verdict.rule, verdict.forbidden
    pair.evidence = {"agree": list(verdict.agree), "near": list(verdict.near), "differ": list(verdict.differ)}
    pair.pack_digest = load().digest


def _facts(pair: PersonPair) -> dict[str, Any]:
    return {"one": pair.one_id, "other": pair.other_id, "state": pair.state, "rule": pair.rule}


def _rows(pair: UUID) -> Any:
    return Visibility.objects.filter(subject=pair, kind=KIND)
