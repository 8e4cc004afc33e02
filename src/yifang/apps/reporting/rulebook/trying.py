"""A rule set tried on history: every stored record read by the rules in force and by the tried ones, side by side.

Runs in jobs, in pieces, and changes no suspicion. What a person was reported for before the record's day is known to
both; what came of the record itself is not, or nothing it raised would ever show as missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from yifang import identify
from yifang.apps.accounts.visibility import group_of
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.records.models import Record, RecordState
from yifang.apps.reporting.identifying import Background, canonical_of
from yifang.apps.reporting.models import ChangeKind, Trial, TrialChange, TrialState
from yifang.apps.reporting.rulebook.force import in_force, read
from yifang.identify import Identified, PersonContext
from yifang.identify.model import LEVELS
from yifang.kernel import clock
from yifang.kernel.errors import YifangError

PIECE = 400
MOST_KEPT = 5000  # changes told one by one; the counts go on
_Said = tuple[ChangeKind, str, str, str]  # kind, disease, rule, quote


def run(trial_id: UUID) -> Trial | None:
    """Do the trial, or begin it anew where it was cut short. None where there is nothing to do."""
    trial = _begun(trial_id)
    if trial is None:
        return None
    try:
        ours, tried = identify.compiled(in_force()), identify.compiled(read(trial.ruleset.text))
        trial.beside = ours.digest
        rules: dict[str, Counter[str]] = {}
        for rows in _pieces(trial):
            _piece(trial, rows, ours, tried, rules)
        trial.state, trial.ended_at = TrialState.DONE, clock.now()
    except YifangError:
        trial.state, trial.ended_at = TrialState.FAILED, clock.now()
    with transaction.atomic():
        trial.save()
        facts = {
            "trial": trial.id, "state": trial.state, "records": trial.done, "newly": trial.newly,
            "no_longer": trial.no_longer,
        }  # fmt: skip
        append(Change("reporting.ruleset_trial_done", "ruleset", trial.ruleset_id, facts=facts), NODE)
    return trial


def compare(before: Identified, after: Identified) -> Iterator[_Said]:
    """What the second outcome says of a record that the first does not, and the other way round."""
    old = {one.disease: one for one in before.suspicions}
    new = {one.disease: one for one in after.suspicions}
    for disease, one in new.items():
        known = old.get(disease)
        if known is None:
            yield ChangeKind.NEWLY, disease, one.rule, one.evidence[0].text
        elif LEVELS[one.confidence] != LEVELS[known.confidence]:
            higher = LEVELS[one.confidence] > LEVELS[known.confidence]
            yield ChangeKind.STRONGER if higher else ChangeKind.WEAKER, disease, one.rule, one.evidence[0].text
    for disease, one in old.items():
        if disease not in new:
            held = next((said.rule for said in after.withheld if said.disease == disease), one.rule)
            yield ChangeKind.NO_LONGER, disease, held, one.evidence[0].text


def _begun(trial_id: UUID) -> Trial | None:
    with transaction.atomic():
        rows = Trial.objects.select_for_update(of=("self",)).select_related("ruleset")
        trial = rows.filter(id=trial_id).exclude(state__in=(TrialState.DONE, TrialState.FAILED)).first()
        if trial is None:
            return None
        trial.changes.all().delete()  # a worker died in the middle
        trial.done = trial.newly = trial.no_longer = trial.stronger = trial.weaker = trial.unchanged = trial.kept = 0
        trial.state, trial.rules, trial.total = TrialState.RUNNING, {}, _records(trial).count()
        trial.save()
    return trial


def _records(trial: Trial) -> Any:
    since = trial.asked_at - timedelta(days=trial.days)
    rows = Record.objects.filter(current=True, at__gte=since, at__lte=trial.asked_at)
    if trial.organisation_id is not None:
        rows = rows.filter(organisation_id=trial.organisation_id)
    return rows.exclude(state=RecordState.CANCELLED)


def _pieces(trial: Trial) -> Iterator[list[Record]]:
    last = None
    while True:
        rows = _records(trial).select_related("person").order_by("id")
        found = list((rows.filter(id__gt=last) if last else rows)[:PIECE])
        if not found:
            return
        yield found
        last = found[-1].id


def _piece(
    trial: Trial,
    rows: Sequence[Record],
    ours: identify.Identifier,
    tried: identify.Identifier,
    rules: dict[str, Counter[str]],
) -> None:
    background = Background.of({row.person_id for row in rows}, rows)
    records = [replace(canonical_of(row), key=str(row.id)) for row in rows]
    contexts = {str(row.id): _known_then(row, background) for row in rows}
    outcomes = zip(
        rows, ours.identify(records, context=contexts), tried.identify(records, context=contexts), strict=True
    )
    found: list[TrialChange] = []
    for row, before, after in outcomes:
        said = list(compare(before, after))
        differs = {disease for _, disease, _, _ in said}
        trial.unchanged += sum(one.disease not in differs for one in after.suspicions)
        for kind, disease, rule, quote in said:
            setattr(trial, kind, getattr(trial, kind) + 1)
            rules.setdefault(rule, Counter())[kind] += 1
            found.append(
                TrialChange(
                    trial=trial, record=row, kind=kind, disease=disease, group=group_of(disease), rule=rule,
                    quote=quote[:120], at=row.at,
                )
            )  # fmt: skip
    room = max(0, MOST_KEPT - trial.kept)
    trial.kept += min(room, len(found))
    trial.done += len(rows)
    trial.rules = {rule: dict(counts) for rule, counts in rules.items()}
    with transaction.atomic():
        TrialChange.objects.bulk_create(found[:room], batch_size=500)
        trial.save()


def _known_then(row: Record, background: Background) -> PersonContext:
    day = row.at.astimezone(clock.CHINA).date()
    reported = tuple(one for one in background.reported.get(row.person_id, ()) if one.on < day)
    return PersonContext(reported, tuple(background.vaccinations.get(row.person_id, ())))
