"""What the CDC tells those who reported: the doctor's screen and the hospital's desk have it with the same commit.

No identity is written here: the text names a disease and what to do. Who has read it is kept, each reader once.
"""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.visibility import area_scopes
from yifang.apps.ledger.services import Change, append
from yifang.apps.surveillance.models import Feedback, FeedbackReceipt, Signal
from yifang.apps.surveillance.policy import check_answer
from yifang.kernel import clock
from yifang.kernel.errors import NotFound, UserError
from yifang.kernel.ids import new_id

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
                    "surveillance.feedback_read", "signal", feedback.signal_id, facts={"feedback": feedback.id},
                    scopes=[f"user:{feedback.by_id}"],
                ),
                viewer,
            )  # fmt: skip
