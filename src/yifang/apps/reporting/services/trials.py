"""A quiet trial: begun for a new hospital, ended with one click or by its date, when the hospital goes live.

While it runs suspicions are kept as of the trial (`SuspicionState.TRIAL`): no work item, no interruption, no card sent
to the district, no visit counted. What is still in time when it ends is asked then. Days before, the desk is told.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import NODE, Actor, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.reporting import desks, visible
from yifang.apps.reporting.models import QuietTrial, Suspicion, SuspicionState
from yifang.apps.work import services as work
from yifang.apps.work.services import DeskAt
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState
from yifang.knowledge import load

KIND = "quiet_trial_end"
MOST_DAYS = 180


def running(organisations: Collection[UUID | None], at: datetime | None = None) -> set[UUID]:
    """Those of the hospitals that try quietly at this moment (now)."""
    at = at or clock.now()
    rows = QuietTrial.objects.filter(
        organisation_id__in=list(organisations), ended_at=None, since__lte=at, until__gt=at
    )
    return set(rows.values_list("organisation_id", flat=True))


def refuse_while_trying(organisation: UUID) -> None:
    """Nothing is sent up in a trial. Raises WrongState `reporting.quiet_runs`."""
    if running([organisation]):
        raise WrongState("reporting.quiet_runs")


def start_trial(organisation: Organisation, days: int, by: Actor, *, since: datetime | None = None) -> QuietTrial:
    """Try quietly for so many days, from `since` (now) on.

    Raises NotAllowed for another hospital's desk, UserError `reporting.quiet_days`, `reporting.quiet_there`.
    """
    if not (isinstance(by, Viewer) and by.can("trial.manage")):
        _check(organisation.id, by)
    if not 1 <= days <= MOST_DAYS:
        raise UserError("reporting.quiet_days", most=MOST_DAYS)
    since = since or clock.now()
    with transaction.atomic():
        known = QuietTrial.objects.select_for_update().filter(organisation=organisation, ended_at=None).first()
        if known is not None and known.until > clock.now():
            raise UserError("reporting.quiet_there", until=known.until.astimezone(clock.CHINA).date().isoformat())
        if known is not None:  # it ran out, and nobody said so
            _end(known, by, "ran_out")
        trial = QuietTrial(
            organisation=organisation, since=since, until=since + timedelta(days=days), started_by_id=by.user_id
        )
        trial.save(force_insert=True)
        append(
            Change(
                "reporting.quiet_started",
                "quiet_trial",
                trial.id,
                facts={"until": trial.until},
                scopes=[organisation.scope],
            ),
            by,
        )
    return trial


def go_live(organisation: Organisation, by: Actor) -> int:
    """End the trial: from now on doctors are asked. Returns how many suspicions are asked now, for they are in time.

    Raises NotAllowed, NotFound `reporting.quiet_none`.
    """
    _check(organisation.id, by)
    with transaction.atomic():
        return _ask(_running(organisation), by, "live")


def end_today(organisation: Organisation, by: Viewer) -> None:
    """Let the trial run out now, by one who sees no suspicion: `watch` asks what is in time within a minute.

    Raises NotAllowed, NotFound `reporting.quiet_none`.
    """
    by.check("trial.manage")
    with transaction.atomic():
        trial = _running(organisation)
        trial.until = max(clock.now(), trial.since)
        trial.save(update_fields=["until"])
        facts = {"until": trial.until}
        scopes = [organisation.scope]
        append(
            Change("reporting.quiet_shortened", "quiet_trial", trial.id, fields=["until"], facts=facts, scopes=scopes),
            by,
        )


def watch() -> int:
    """Tell the desk of trials that end soon, and go live where the date has come. Jobs only; returns how many did."""
    now, live = clock.now(), 0
    soon = timedelta(hours=load().work.kind(KIND).clock.hours or 0)
    for trial in QuietTrial.objects.filter(ended_at=None, until__lte=now + soon).select_related("organisation"):
        if trial.until > now:
            desk = DeskAt(trial.organisation.scope, "hospital_desk")
            starts = max(trial.since, trial.until - soon)
            work.open_item(KIND, "quiet_trial", trial.id, [desk], NODE, starts_at=starts, due_at=trial.until)
            continue
        with transaction.atomic():
            again = QuietTrial.objects.select_for_update(of=("self",)).filter(id=trial.id, ended_at=None).first()
            if again is not None:
                _ask(again, NODE, "ran_out")
                live += 1
    return live


def _running(organisation: Organisation) -> QuietTrial:
    trial = QuietTrial.objects.select_for_update(of=("self",)).filter(organisation=organisation, ended_at=None).first()
    if trial is None:
        raise NotFound("reporting.quiet_none")
    return trial


def _ask(trial: QuietTrial, by: Actor, outcome: str) -> int:
    """End the trial and ask what is still in time."""
    _end(trial, by, outcome)
    waiting = Suspicion.objects.select_for_update().filter(
        organisation=trial.organisation_id, state=SuspicionState.TRIAL, due_at__gt=clock.now()
    )
    asked = list(waiting)
    for one in asked:
        one.state = SuspicionState.OPEN
        one.save(update_fields=["state"])
        desks.follow_suspicion(one, by)
    if asked:
        append(
            [
                Change(
                    "reporting.suspicion_reopened", "suspicion", one.id, facts={"state": one.state},
                    scopes=list(visible.of_suspicion(one)),
                )
                for one in asked
            ],
            by,
        )  # fmt: skip
    return len(asked)


def _end(trial: QuietTrial, by: Actor, outcome: str) -> None:
    trial.ended_at, trial.ended_by_id = min(clock.now(), trial.until), by.user_id
    trial.save(update_fields=["ended_at", "ended_by"])
    work.end(KIND, trial.id, by, outcome=outcome)
    scopes = [trial.organisation.scope]
    append(Change("reporting.quiet_ended", "quiet_trial", trial.id, fields=["ended_at"], scopes=scopes), by)


def _check(organisation: UUID, by: Actor) -> None:
    """The hospital's own desk, or the node's administrator at the command line."""
    if isinstance(by, Viewer):
        by.check("card.review")
        if by.organisation_id != organisation:
            raise NotAllowed("reporting.not_your_suspicion")
