"""What the CDC tells those who reported: the doctor's screen and the hospital's desk have it with the same commit.

No identity is written here: the text names a disease and what to do. Who has read it is kept, each reader once.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.queries import valid_seats
from yifang.apps.accounts.viewers import Viewer, department_scope
from yifang.apps.accounts.visibility import area_scopes, group_of
from yifang.apps.ledger.services import Change, append
from yifang.apps.surveillance.models import Feedback, FeedbackReceipt, Signal
from yifang.apps.surveillance.policy import check_answer
from yifang.kernel import areas, clock
from yifang.kernel.errors import NotFound, UserError
from yifang.kernel.ids import new_id
from yifang.knowledge import load

DAYS = 7  # how long feedback stands unless said otherwise
MOST_DAYS = 90


def give_feedback(signal_id: UUID, viewer: Viewer, text: str, *, days: int = DAYS) -> Feedback:
    """Tell those who reported the cases of the signal; valid for `days` days.

    Raises NotAllowed, NotFound, UserError `surveillance.feedback_text` or `surveillance.feedback_days`.
    """
    viewer.check("signal.answer")
    signal = Signal.objects.filter(id=signal_id).first()
    if signal is None:
        raise NotFound("surveillance.no_signal")
    check_answer(signal, viewer)
    text = text.strip()
    if not text:
        raise UserError("surveillance.feedback_text")
    if not 1 <= days <= MOST_DAYS:
        raise UserError("surveillance.feedback_days", most=MOST_DAYS)
    return _tell(signal, text, days, viewer)


def feed_back_on_closing(signal: Signal, note: str, viewer: Viewer) -> Feedback:
    """The conclusion, and what the one who closed it wrote, to those who reported."""
    return _tell(signal, note, DAYS, viewer, conclusion=signal.conclusion)


def publish_warning(
    viewer: Viewer, *, disease: str, text: str, departments: Sequence[str], days: int = DAYS
) -> Feedback:
    """Tell the doctors of these departments of all hospitals in the viewer's area, and the hospitals' desks.

    Raises NotAllowed, NotFound `surveillance.warning_departments` where no hospital of the area has one of them,
    UserError `surveillance.warning_disease`, `feedback_text`, `feedback_days`.
    """
    viewer.check("signal.answer")
    readers = _readers(viewer, set(departments))
    if not readers:
        raise NotFound("surveillance.warning_departments")
    if disease not in load().diseases:
        raise UserError("surveillance.warning_disease")
    text = text.strip()
    if not text:
        raise UserError("surveillance.feedback_text")
    if not 1 <= days <= MOST_DAYS:
        raise UserError("surveillance.feedback_days", most=MOST_DAYS)
    now, area = clock.now(), areas.normalise(viewer.area_code)
    with transaction.atomic():
        warning = Feedback(
            id=new_id(), area=area, departments=sorted(departments)[:40], scopes=readers, group=group_of(disease),
            disease=disease, text=text[:1000], at=now, until=now + timedelta(days=days), by_id=viewer.user_id,
        )  # fmt: skip
        warning.save(force_insert=True)
        append(
            Change(
                "surveillance.warning_published", "warning", warning.id, fields=["text"],
                facts={"readers": readers, "until": warning.until}, scopes=[*readers, *area_scopes(area)],
                digest=sealing().digest("signal.feedback", text.encode()),
            ),
            viewer,
        )  # fmt: skip
    return warning


def _readers(viewer: Viewer, departments: set[str]) -> list[str]:
    """The chosen departments of the area's hospitals that have doctors, and the desks of those hospitals."""
    seats = valid_seats().filter(role="clinician", department__in=departments, user__is_active=True)
    rows = seats.values_list("organisation_id", "department", "organisation__area_code").distinct()
    found = [(one, department) for one, department, area in rows if one and areas.contains(viewer.area_code, area)]
    desks = dict.fromkeys(f"org:{one}" for one, _ in found)
    return [*dict.fromkeys(department_scope(*one) for one in found), *desks]


def _tell(signal: Signal, text: str, days: int, viewer: Viewer, *, conclusion: str = "") -> Feedback:
    now = clock.now()
    readers = signal.explanation["reported_by"]
    with transaction.atomic():
        feedback = Feedback(
            id=new_id(), signal=signal, scopes=readers, group=signal.group, disease=signal.disease,
            conclusion=conclusion, text=text[:1000], at=now, until=now + timedelta(days=days), by_id=viewer.user_id,
        )  # fmt: skip
        feedback.save(force_insert=True)
        append(
            Change(
                "surveillance.feedback_given", "signal", signal.id, fields=["conclusion", "text"],
                facts={
                    "feedback": feedback.id, "readers": readers, "until": feedback.until, "conclusion": conclusion,
                },
                scopes=[*readers, *area_scopes(*signal.explanation["areas"])],
                digest=sealing().digest("signal.feedback", text.encode()),
            ),
            viewer,
        )  # fmt: skip
    return feedback


def mark_read(feedback_id: UUID, viewer: Viewer) -> None:
    """Note that the viewer has read it; a second time changes nothing. Raises NotFound `surveillance.no_feedback`."""
    feedback = Feedback.objects.filter(id=feedback_id, scopes__overlap=list(viewer.scopes)).first()
    if feedback is None:
        raise NotFound("surveillance.no_feedback")
    with transaction.atomic():
        _, fresh = FeedbackReceipt.objects.get_or_create(
            feedback=feedback, user_id=viewer.user_id, defaults={"read_at": clock.now()}
        )
        if fresh:
            append(
                Change(
                    "surveillance.feedback_read", "signal" if feedback.signal_id else "warning",
                    feedback.signal_id or feedback.id, facts={"feedback": feedback.id},
                    scopes=[f"user:{feedback.by_id}"],
                ),
                viewer,
            )  # fmt: skip
