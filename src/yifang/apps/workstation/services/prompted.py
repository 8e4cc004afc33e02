"""Cards that another system showed: whose they were, and dismissing what a doctor overrode there.

What was overridden before the record itself came in is dismissed when it does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from uuid import UUID

from django.db import connection

from yifang.apps.accounts.models import Seat
from yifang.apps.accounts.queries import valid_seats
from yifang.apps.accounts.viewers import Viewer, viewer_of
from yifang.apps.reporting import services as reporting
from yifang.apps.reporting.models import DismissReason, Suspicion, SuspicionState
from yifang.apps.workstation.models import Outcome, Prompt
from yifang.kernel import clock
from yifang.kernel.errors import YifangError

EPISODE = timedelta(days=14)  # for how long a card about a patient and a disease is remembered


def prompt_user(card: UUID, organisation: UUID) -> int | None:
    """To whom of this hospital a card was shown."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT yf_workstation_prompt(%s, %s)", [card, organisation])
        user: int | None = cursor.fetchone()[0]
    return user


def doctors_seat(user_id: int, organisation: UUID) -> Seat | None:
    """The clinician's seat of a user in a hospital, None where it is over."""
    seats = valid_seats().filter(user_id=user_id, organisation_id=organisation, role="clinician", user__is_active=True)
    return seats.select_related("user", "organisation", "place").first()


def dismiss(prompt: Prompt, viewer: Viewer) -> None:
    """Dismiss the suspicion behind a card that was overridden with a reason; without one the question stays open."""
    code, note, suspicion = prompt.reason_code, prompt.reason, prompt.suspicion
    if not code or (code == DismissReason.OTHER and not note):
        return
    if suspicion is None or suspicion.state not in (SuspicionState.OPEN, SuspicionState.CONSULTING):
        return
    try:
        reporting.dismiss(suspicion.id, viewer, code=code, note=note)
    except YifangError:
        return  # it was answered in between: that answer stands


def settle(fresh: Iterable[tuple[Suspicion, Collection[bytes]]]) -> None:
    """Answer fresh suspicions, each with its patient's keys, as their doctors did before these were here. In jobs."""
    waiting = {
        (one.organisation_id, key, one.disease): one
        for one, patient in fresh
        if one.state == SuspicionState.OPEN
        for key in patient
    }
    shown = Prompt.objects.filter(
        about__in={key for _, key, _ in waiting}, suspicion=None, shown_at__gte=clock.now() - EPISODE
    )
    for prompt in shown.order_by("shown_at"):
        one = waiting.get((prompt.organisation_id, bytes(prompt.about), prompt.disease))
        if one is None:
            continue
        prompt.suspicion = one
        prompt.save(update_fields=["suspicion"])
        seat = doctors_seat(prompt.user_id, one.organisation_id)
        if prompt.outcome == Outcome.OVERRIDDEN and seat is not None:
            dismiss(prompt, viewer_of(seat))
