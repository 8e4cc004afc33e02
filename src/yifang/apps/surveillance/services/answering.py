"""Answering a signal: verify at the desk or in the field, close with a conclusion, escalate. Each is a step kept."""

from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.visibility import area_scopes
from yifang.apps.accounts.words import both
from yifang.apps.ledger.services import Change, append
from yifang.apps.surveillance.models import TRANSITIONS, Conclusion, Signal, SignalState, SignalStep
from yifang.apps.surveillance.policy import check_answer
from yifang.apps.surveillance.services.feeding_back import feed_back_on_closing
from yifang.apps.surveillance.single_case import WORK
from yifang.apps.work.services import end
from yifang.kernel import clock
from yifang.kernel.errors import NotFound, UserError, WrongState
from yifang.kernel.ids import new_id


def answer(signal_id: UUID, viewer: Viewer, to_state: str, *, conclusion: str = "", note: str = "") -> Signal:
    """Move the signal to `to_state`. The first answer stops the response clock; closing tells those who reported.

    Raises NotAllowed, NotFound `surveillance.no_signal`, WrongState `surveillance.signal_state`, UserError
    `surveillance.conclusion_needed` (closing), `.conclusion_early` (anything else) or `.conclusion_unknown`.
    """
    viewer.check("signal.answer")
    note = note.strip()[:1000]
    with transaction.atomic():
        signal = Signal.objects.select_for_update().filter(id=signal_id).first()
        if signal is None:
            raise NotFound("surveillance.no_signal")
        check_answer(signal, viewer)
        state = _state(to_state)
        was = SignalState(signal.state)
        if state not in TRANSITIONS[was]:
            raise WrongState("surveillance.signal_state", state=both(was.label), wanted=both(state.label))
        _check_conclusion(state, conclusion)
        now = clock.now()
        first = signal.answered_at is None
        signal.state, signal.conclusion, signal.owner_id = state, conclusion, viewer.user_id
        signal.answered_at = signal.answered_at or now
        signal.closed_at = now if state == SignalState.CLOSED else None
        signal.save(update_fields=["state", "conclusion", "owner", "answered_at", "closed_at"])
        step = SignalStep(
            id=new_id(), signal=signal, state=state, conclusion=conclusion, note=note, at=now, by_id=viewer.user_id
        )
        step.save(force_insert=True)
        append(
            Change(
                "surveillance.signal_answered", "signal", signal.id, fields=["state", "conclusion", "note"],
                facts={
                    "from": was, "to": state, "conclusion": conclusion, "step": step.id,
                    "in_time": now <= signal.due_at if first else None,
                },
                scopes=area_scopes(*signal.explanation["areas"]),
                digest=sealing().digest("signal.note", note.encode()) if note else "",
            ),
            viewer,
        )  # fmt: skip
        if first:
            end(WORK, signal.id, viewer, outcome=state, proof=note[:500])
        if state == SignalState.CLOSED:
            feed_back_on_closing(signal, note, viewer)
    return signal


def _state(text: str) -> SignalState:
    try:
        return SignalState(text)
    except ValueError:
        raise UserError("surveillance.state_unknown") from None


def _check_conclusion(state: SignalState, conclusion: str) -> None:
    if state != SignalState.CLOSED:
        if conclusion:
            raise UserError("surveillance.conclusion_early")
        return
    if not conclusion:
        raise UserError("surveillance.conclusion_needed")
    if conclusion not in Conclusion.values:
        raise UserError("surveillance.conclusion_unknown")
