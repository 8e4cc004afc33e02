"""Critical values in the register of abnormal results: what the laboratory marked, whoever it concerns, is confirmed.

A critical value that a suspicion asks for already is only marked; any other waits until somebody writes down what the
doctor did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.words import both
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.records.models import Record
from yifang.apps.reporting.models import AbnormalResult, ResultState
from yifang.apps.reporting.rulebook import in_force
from yifang.apps.reporting.services import trials
from yifang.apps.work import services as work
from yifang.apps.work.models import WorkItem
from yifang.apps.work.services import DeskAt
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState
from yifang.knowledge.models.triggers import CriticalResults

KIND = "critical_check"


def marked(row: Record, rules: CriticalResults) -> Iterator[str]:
    """The results of a record that the laboratory marked as critical, each as its name and value."""
    for one in row.payload.get("results", ()):
        if one.get("status") != "cancelled" and _is_critical(one, rules):
            yield f"{one.get('name', '')} {one.get('value', '')} {one.get('unit', '')}".strip()


def confirm(line_id: UUID, viewer: Viewer, note: str) -> AbnormalResult:
    """A critical value was looked at, and what was done. Raises UserError without a note, WrongState where answered."""
    viewer.check("missed.answer")
    with transaction.atomic():
        line = AbnormalResult.objects.select_for_update(of=("self",)).filter(id=line_id).first()
        if line is None:
            raise NotFound("reporting.no_audit_line")
        if line.organisation_id != viewer.organisation_id:
            raise NotAllowed("reporting.audit_not_yours")
        if not note.strip():
            raise UserError("reporting.result_note")
        if line.state != ResultState.WAITING or line.suspicion_id is not None:
            raise WrongState("reporting.result_answered", state=both(ResultState(line.state).label))
        line.state, line.reason = ResultState.NO_CARD, note.strip()[:200]
        line.confirmed_at, line.confirmed_by_id = clock.now(), viewer.user_id
        line.save(update_fields=["state", "reason", "confirmed_at", "confirmed_by"])
        organisation = Organisation.objects.get(id=line.organisation_id)
        append(Change("reporting.result_confirmed", "results", line.id, fields=["state", "reason"],
                      scopes=[organisation.scope]), viewer)  # fmt: skip
        if not _unanswered(clock.now()).filter(organisation=organisation).exists():
            work.end(KIND, organisation.id, viewer, outcome="confirmed")
    return line


def remind() -> int:
    """One item at a hospital's desk while critical values wait too long; ended where none does. Returns how many."""
    waiting = Counter(_unanswered(clock.now()).values_list("organisation_id", flat=True))
    quiet = trials.running(waiting)
    late = {id: count for id, count in waiting.items() if id not in quiet}
    for one in WorkItem.objects.filter(kind=KIND, state__in=("open", "claimed")).exclude(subject__in=late):
        work.end(KIND, one.subject, NODE, outcome="confirmed")
    for organisation in Organisation.objects.filter(id__in=late):
        count = late[organisation.id]
        work.open_item(
            KIND, "results", organisation.id, [DeskAt(organisation.scope, "hospital_desk")], NODE,
            title=f"危急值 {count} 项没有确认", title_en=f"{count} critical values not confirmed",
        )  # fmt: skip
    return len(late)


def _unanswered(now: datetime) -> Any:
    before = now - timedelta(hours=in_force().triggers.critical_results.remind_hours)
    waiting = AbnormalResult.objects.filter(state=ResultState.WAITING, critical=True, suspicion=None)
    return waiting.filter(reported_at__lt=before)


def _is_critical(result: dict[str, Any], rules: CriticalResults) -> bool:
    if not rules.flags.isdisjoint(result.get("flags", ())):
        return True
    told = f"{result.get('value', '')} {' '.join(result.get('flags', ()))}"
    return any(word in told for word in rules.words)
