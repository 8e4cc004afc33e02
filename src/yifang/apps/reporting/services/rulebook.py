"""Changing the rules of identification: draft, try on history, propose, activate with four eyes, go back.

The words are checked at every save, but kept wrong ones too: a draft is work in progress, only what is right may be
tried and proposed. Who activates is not who wrote or proposed it.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Max
from procrastinate.contrib.django import app as queue

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.words import both
from yifang.apps.ledger.services import Actor, Change, append
from yifang.apps.reporting import rulebook
from yifang.apps.reporting.models import RULESET_TRANSITIONS, RuleSet, RuleSetState, Trial, TrialState
from yifang.kernel import areas, clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState
from yifang.kernel.ids import new_id
from yifang.knowledge import PackError

TRY_TASK = "yifang.apps.reporting.jobs.try_rules"
MOST_DAYS = 730
_WAITING = (TrialState.WAITING, TrialState.RUNNING)


def draft(viewer: Viewer, *, title: str, text: str = "") -> RuleSet:
    """A new draft; without words it starts from the rules in force. Raises UserError `reporting.rules_title`."""
    viewer.check("rules.draft")
    if not title.strip():
        raise UserError("reporting.rules_title")
    with transaction.atomic():
        base = RuleSet.objects.filter(state=RuleSetState.ACTIVE).first()
        words = text or (base.text if base else "")
        now = clock.now()
        made = RuleSet(
            id=new_id(), title=title.strip()[:120], text=words, digest=_digest(words), based_on=base,
            organisation_id=viewer.organisation_id, made_by_id=viewer.user_id, made_at=now,
            changed_by_id=viewer.user_id, changed_at=now,
        )  # fmt: skip
        made.save(force_insert=True)
        _tell(made, "drafted", viewer)
    return made


def change(ruleset_id: UUID, viewer: Viewer, *, title: str, text: str) -> RuleSet:
    """New words for a draft; a proposed one is a draft again. Raises WrongState, NotAllowed, NotFound, UserError."""
    viewer.check("rules.draft")
    with transaction.atomic():
        one = _taken(ruleset_id)
        _own(one, viewer)
        if one.state not in (RuleSetState.DRAFT, RuleSetState.PROPOSED):
            raise WrongState("reporting.ruleset_state", state=both(RuleSetState(one.state).label))
        if not title.strip():
            raise UserError("reporting.rules_title")
        if len(text) > rulebook.force.LARGEST:
            raise UserError("reporting.rules_too_long", most=rulebook.force.LARGEST)
        if text != one.text:
            one.state, one.proposed_by_id = RuleSetState.DRAFT, None
        one.title, one.text, one.digest = title.strip()[:120], text, _digest(text)
        one.changed_by_id, one.changed_at = viewer.user_id, clock.now()
        one.save()
        _tell(one, "changed", viewer)
    return one


def try_on_history(ruleset_id: UUID, viewer: Viewer, *, days: int) -> Trial:
    """Run it over the records of the last `days` in the background: a hospital's own, a CDC's all of the node.

    Raises PackError for words that are not right, UserError `reporting.rules_days`, WrongState while one is running.
    """
    viewer.check("rules.draft")
    if not 1 <= days <= MOST_DAYS:
        raise UserError("reporting.rules_days", most=MOST_DAYS)
    with transaction.atomic():
        one = _taken(ruleset_id)
        _own(one, viewer)
        known = rulebook.read(one.text)
        if one.trials.filter(state__in=_WAITING).exists():
            raise WrongState("reporting.rules_trying")
        inside = viewer.organisation_id if viewer.scopes[-1].startswith("org:") else None
        trial = Trial(
            id=new_id(), ruleset=one, digest=known.digest, days=days, organisation_id=inside,
            asked_by_id=viewer.user_id, asked_at=clock.now(),
        )  # fmt: skip
        trial.save(force_insert=True)
        _tell(one, "trial_asked", viewer, trial=trial.id, days=days)
        queue.configure_task(TRY_TASK).defer(trial=str(trial.id))
    return trial


def propose(ruleset_id: UUID, viewer: Viewer) -> RuleSet:
    """Ask for its activation. Raises PackError, WrongState `reporting.rules_untried` without a trial of its words."""
    viewer.check("rules.draft")
    with transaction.atomic():
        one = _taken(ruleset_id)
        _own(one, viewer)
        _check(one, RuleSetState.PROPOSED)
        digest = rulebook.read(one.text).digest
        if not one.trials.filter(state=TrialState.DONE, digest=digest).exists():
            raise WrongState("reporting.rules_untried")
        one.state, one.digest, one.proposed_by_id = RuleSetState.PROPOSED, digest, viewer.user_id
        one.save()
        _tell(one, "proposed", viewer)
    return one


def discard(ruleset_id: UUID, viewer: Viewer) -> RuleSet:
    """Drop a draft. Raises WrongState, NotAllowed, NotFound."""
    viewer.check("rules.draft")
    with transaction.atomic():
        one = _taken(ruleset_id)
        _own(one, viewer)
        _check(one, RuleSetState.DISCARDED)
        one.state = RuleSetState.DISCARDED
        one.save()
        _tell(one, "discarded", viewer)
    return one


def activate(ruleset_id: UUID, viewer: Viewer) -> RuleSet:
    """Put a proposed one in force, or go back to one that was: identification goes by it from the next record on.

    A second person must do it: whoever wrote, changed or proposed it may not (NotAllowed `reporting.rules_four_eyes`).
    An earlier version was looked at by two once, so that any one who may activate may go back to it at once.
    """
    viewer.check("rules.activate")
    with transaction.atomic():
        one = _taken(ruleset_id)
        _check(one, RuleSetState.ACTIVE)
        if not may_decide(one, viewer):
            raise NotAllowed("reporting.rules_not_your_area")
        if one.number is None and viewer.user_id in (one.made_by_id, one.changed_by_id, one.proposed_by_id):
            raise NotAllowed("reporting.rules_four_eyes")
        digest = rulebook.read(one.text).digest  # the region's own files may have changed since
        now = clock.now()
        for old in RuleSet.objects.select_for_update().filter(state=RuleSetState.ACTIVE):
            old.state, old.retired_at = RuleSetState.RETIRED, now
            old.save(update_fields=["state", "retired_at"])
        if one.number is None:
            one.number = (RuleSet.objects.aggregate(last=Max("number"))["last"] or 0) + 1
        one.state, one.digest = RuleSetState.ACTIVE, digest
        one.activated_by_id, one.activated_at, one.retired_at = viewer.user_id, now, None
        one.save()
        _tell(one, "activated", viewer, number=one.number)
    return one


def may_decide(one: RuleSet, viewer: Viewer) -> bool:
    """Whether the viewer's area holds the hospital that proposes; an administrator keeps the whole node."""
    if one.organisation is None or not any(scope.startswith("area:") for scope in viewer.scopes):
        return True
    return areas.contains(viewer.area_code, one.organisation.area_code)


def _own(one: RuleSet, viewer: Viewer) -> None:
    if one.organisation_id != viewer.organisation_id:
        raise NotAllowed("reporting.rules_not_yours")


def _check(one: RuleSet, to: RuleSetState) -> None:
    if to not in RULESET_TRANSITIONS[RuleSetState(one.state)]:
        raise WrongState("reporting.ruleset_state", state=both(RuleSetState(one.state).label))


def _digest(text: str) -> str:
    try:
        return rulebook.read(text).digest
    except PackError:
        return ""


def _taken(ruleset_id: UUID) -> RuleSet:
    rows = RuleSet.objects.select_for_update(of=("self",)).select_related("organisation")
    found = rows.filter(id=ruleset_id).first()
    if found is None:
        raise NotFound("reporting.no_ruleset")
    return found


def _tell(one: RuleSet, what: str, by: Actor, **facts: object) -> None:
    facts = {"state": one.state, **facts}
    append(Change(f"reporting.ruleset_{what}", "ruleset", one.id, facts=facts, digest=one.digest), by)
