"""Answering a suspicion without a card: not this disease, with a reason, or a colleague's opinion first.

Reporting it is `draft_from_suspicion` and `report`.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from yifang.apps.accounts import visibility
from yifang.apps.accounts.models import User
from yifang.apps.accounts.queries import valid_seats
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import Change, append
from yifang.apps.reporting import desks, interrupting, policy, visible
from yifang.apps.reporting.models import DismissReason, Suspicion, SuspicionState
from yifang.apps.work.models import Desk, WorkItem, WorkState
from yifang.kernel import clock
from yifang.kernel.errors import NotFound, UserError


def dismiss(suspicion_id: UUID, viewer: Viewer, *, code: str, note: str = "") -> Suspicion:
    """Not this disease. Raises UserError `reporting.dismiss_reason` without a known reason, or `other` in no words."""
    with transaction.atomic():
        suspicion = taken(suspicion_id)
        policy.check_answer(suspicion, viewer, SuspicionState.DISMISSED)
        if code not in DismissReason.values or (code == DismissReason.OTHER and not note.strip()):
            raise UserError("reporting.dismiss_reason")
        suspicion.reason_code, suspicion.reason = code, note.strip()[:200]
        suspicion.answered_by_id, suspicion.answered_at = viewer.user_id, clock.now()
        _move(suspicion, SuspicionState.DISMISSED, viewer, {"reason": code})
    return suspicion


def consult(suspicion_id: UUID, viewer: Viewer, *, colleague: User | None) -> Suspicion:
    """Ask a colleague of the same hospital: they see the suspicion and its record, and it waits for them too.

    Raises UserError `reporting.not_a_colleague` for anyone else, and for who holds no clinician's seat there today.
    """
    with transaction.atomic():
        suspicion = taken(suspicion_id)
        # asking a second colleague is no new step, but needs the same right
        asked_before = suspicion.state == SuspicionState.CONSULTING
        policy.check_answer(suspicion, viewer, SuspicionState.DISMISSED if asked_before else SuspicionState.CONSULTING)
        seats = valid_seats().filter(user=colleague, organisation_id=viewer.organisation_id, role="clinician")
        if colleague is None or colleague.pk == viewer.user_id or not colleague.is_active or not seats.exists():
            raise UserError("reporting.not_a_colleague", name=str(colleague or "—"))
        scope, day = f"user:{colleague.pk}", suspicion.evidence_at.astimezone(clock.CHINA).date()
        subject = visible.subject_of(suspicion, day)
        record = visibility.Subject(
            visibility.SubjectKind.RECORD, suspicion.record_id, day, group=suspicion.group, person=suspicion.person_id
        )
        for one in (subject, record):
            visibility.show(one, [scope], "consultation", by=viewer.user_id)
        _move(suspicion, SuspicionState.CONSULTING, viewer, {"colleague": colleague.pk})
        item = WorkItem.objects.filter(
            kind="suspicion_review", subject=suspicion.id, state__in=(WorkState.OPEN, WorkState.CLAIMED)
        ).first()
        if item is not None:
            desk = Desk(item=item, scope=scope, role="clinician", due_at=item.due_at, since=clock.now())
            Desk.objects.bulk_create([desk], ignore_conflicts=True)
    return suspicion


def taken(suspicion_id: UUID) -> Suspicion:
    """The suspicion, locked until the transaction ends. Raises NotFound `reporting.no_suspicion`."""
    found = Suspicion.objects.select_for_update().filter(id=suspicion_id).first()
    if found is None:
        raise NotFound("reporting.no_suspicion")
    return found


def _move(suspicion: Suspicion, to: SuspicionState, viewer: Viewer, facts: dict[str, object]) -> None:
    suspicion.state = to
    suspicion.save()
    desks.follow_suspicion(suspicion, viewer)
    interrupting.follow([suspicion], viewer)
    append(
        Change(
            "reporting.suspicion_answered", "suspicion", suspicion.id, facts={"state": to, **facts},
            scopes=list(visible.of_suspicion(suspicion)),
        ),
        viewer,
    )  # fmt: skip
