"""What a hospital's desk says of a line: missed, a duplicate, not a case and why; and the card made afterwards."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.words import both
from yifang.apps.ledger.services import Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.records.models import Record
from yifang.apps.reporting.models import (
    AUDIT_TRANSITIONS,
    AuditAnswer,
    AuditKind,
    AuditLine,
    Card,
    Suspicion,
    SuspicionState,
)
from yifang.apps.reporting.services.drafts import draft_from_record, draft_from_suspicion
from yifang.apps.work import services as work
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState

_WITH_REASON = (AuditAnswer.DUPLICATE, AuditAnswer.NOT_A_CASE)
_ASKED = (SuspicionState.OPEN, SuspicionState.CONSULTING, SuspicionState.DISMISSED)
_NEAR = timedelta(days=15)


def answer(line_id: UUID, viewer: Viewer, code: str, why: str = "") -> AuditLine:
    """Answer a line. Raises UserError `reporting.audit_reason` where a reason is wanted, WrongState after a card."""
    with transaction.atomic():
        line = _taken(line_id, viewer)
        if code not in (AuditAnswer.SHOULD_REPORT, *_WITH_REASON):
            raise UserError("reporting.audit_answer")
        if code in _WITH_REASON and not why.strip():
            raise UserError("reporting.audit_reason")
        _move(line, AuditAnswer(code), viewer)
        line.why = why.strip()[:200]
        line.save(update_fields=["answer", "why", "answered_by", "answered_at"])
        _tell(line, viewer)
    return line


def back_fill(line_id: UUID, viewer: Viewer) -> Card:
    """Open the draft of the card that was missed, filled, its clock from the first diagnosis; the one that is there."""
    with transaction.atomic():
        line = _taken(line_id, viewer)
        if line.card_id is not None:
            return Card.objects.get(id=line.card_id)
        asked = _suspicion(line)
        card = draft_from_suspicion(asked.id, viewer) if asked else _draft(line, viewer)
        _move(line, AuditAnswer.BACK_FILLED, viewer)
        line.card = card
        line.save(update_fields=["answer", "card", "answered_by", "answered_at"])
        _tell(line, viewer)
    return card


def _draft(line: AuditLine, viewer: Viewer) -> Card:
    said = line.evidence
    source = {"record": str(line.record_id), "evidence": [], "derived": [], "audit": str(line.id)}
    return draft_from_record(
        Record.objects.select_related("person").get(id=line.record_id), line.disease, viewer,
        case_class=next((one["case_class"] for one in said if one.get("case_class")), None),
        subtype=next((one["subtype"] for one in said if one.get("subtype")), ""),
        diagnosed_at=line.since, department=line.department, source=source,
    )  # fmt: skip


def _suspicion(line: AuditLine) -> Suspicion | None:
    known = Suspicion.objects.filter(
        organisation_id=line.organisation_id, person_id=line.person_id, disease=line.disease, state__in=_ASKED
    )
    near = [one for one in known if abs(one.evidence_at - line.since) <= _NEAR]
    return min(near, key=lambda one: (abs(one.evidence_at - line.since), one.id), default=None)


def _taken(line_id: UUID, viewer: Viewer) -> AuditLine:
    viewer.check("missed.answer")
    line = AuditLine.objects.select_for_update(of=("self",)).filter(id=line_id).first()
    if line is None:
        raise NotFound("reporting.no_audit_line")
    if line.organisation_id != viewer.organisation_id:
        raise NotAllowed("reporting.audit_not_yours")
    return line


def _move(line: AuditLine, to: AuditAnswer, viewer: Viewer) -> None:
    before = AuditAnswer(line.answer)
    if to != before and to not in AUDIT_TRANSITIONS[before]:
        raise WrongState("reporting.audit_state", state=both(before.label))
    line.answer, line.answered_by_id, line.answered_at = to, viewer.user_id, clock.now()


def _tell(line: AuditLine, viewer: Viewer) -> None:
    organisation = Organisation.objects.get(id=line.organisation_id)
    append(
        Change(
            "reporting.audit_answered", "audit", line.id, facts={"answer": line.answer}, scopes=[organisation.scope]
        ),
        viewer,
    )  # fmt: skip
    if not AuditLine.objects.filter(organisation=organisation, kind=AuditKind.MISSED, answer="").exists():
        work.end("audit_check", organisation.id, viewer, outcome="checked")
