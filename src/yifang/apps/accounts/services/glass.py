"""Breaking the glass over one person, answering for it as a second person, and taking note of it as who was told."""

from uuid import UUID

from django.db import transaction

from yifang.apps.accounts import policy
from yifang.apps.accounts.models import GLASS_TRANSITIONS, BreakGlass, GlassState, SubjectKind
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.visibility import Subject, show
from yifang.apps.accounts.words import both
from yifang.apps.ledger.services import Change, append
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState
from yifang.kernel.ids import new_id

ROW = "glass:"  # the visibility rows of one glass bear its own reason: an ended one never bars the next


def row_reason(glass_id: UUID) -> str:
    """The reason under which the visibility rows of a glass stand."""
    return f"{ROW}{glass_id.hex[-16:]}"


def break_glass(person: UUID, reason: str, note: str, viewer: Viewer) -> BreakGlass:
    """Open one person for three hours, at once; a second person answers within a day.

    The person opens now; what is known of them follows within a second (`subscribers`): this viewer may not list it.
    Raises NotAllowed `accounts.no_glass_role`, UserError `accounts.glass_reason`, `accounts.glass_note`.
    """
    viewer.check("glass.open")
    if not policy.may_break_glass(viewer.role):
        raise NotAllowed("accounts.no_glass_role")
    if reason not in policy.glass_reasons():
        raise UserError("accounts.glass_reason", reasons=policy.glass_reasons())
    note = note.strip()
    if not note:
        raise UserError("accounts.glass_note")
    now = clock.now()
    glass = BreakGlass(
        id=new_id(), user_id=viewer.user_id, seat_id=viewer.seat_id, person=person, owner_scope=_owner_scope(viewer),
        reason=reason, note=note[:300], opened_at=now, until=now + policy.GLASS_OPEN,
    )  # fmt: skip
    with transaction.atomic():
        glass.save(force_insert=True)  # before the row, which the database gives to who broke a glass only
        subject = Subject(SubjectKind.PERSON, person, clock.today())
        show(subject, [f"user:{viewer.user_id}"], row_reason(glass.id), until=glass.until, by=viewer.user_id)
        append(
            Change(
                "accounts.glass_broken", "glass", glass.id,
                facts={
                    "person": person, "user": viewer.user_id, "reason": reason, "until": glass.until,
                    "owner_scope": glass.owner_scope, "answerers": policy.glass_answerers(glass.owner_scope),
                },
                scopes=[glass.owner_scope],
            ),
            viewer,
        )  # fmt: skip
    return glass


def answer_glass(glass_id: UUID, to_state: str, viewer: Viewer) -> BreakGlass:
    """Approve or refuse; a refusal ends what it opened.

    Raises NotFound, NotAllowed `accounts.glass_self` for the one who broke it, WrongState when it is answered.
    """
    viewer.check("glass.answer")
    with transaction.atomic():
        glass = BreakGlass.objects.select_for_update().filter(id=glass_id).first()
        if glass is None:
            raise NotFound("accounts.no_glass")
        if glass.user_id == viewer.user_id:
            raise NotAllowed("accounts.glass_self")
        if to_state not in GLASS_TRANSITIONS[GlassState(glass.state)]:
            raise WrongState("accounts.glass_answered", state=both(GlassState(glass.state).label))
        glass.state, glass.answered_by_id, glass.answered_at = to_state, viewer.user_id, clock.now()
        glass.save(update_fields=["state", "answered_by", "answered_at"])
        append(
            Change(
                "accounts.glass_answered", "glass", glass.id, facts={"person": glass.person, "state": to_state},
                scopes=[glass.owner_scope, f"user:{glass.user_id}"],
            ),
            viewer,
        )  # fmt: skip
    return glass


def note_glass(glass_id: UUID, viewer: Viewer) -> BreakGlass:
    """Whoever answers for the person says that they know of it. Raises NotFound for a glass they were not told of."""
    viewer.check("glass.answer")
    with transaction.atomic():
        glass = BreakGlass.objects.filter(id=glass_id, told__overlap=list(viewer.scopes)).first()
        if glass is None:
            raise NotFound("accounts.no_glass")
        append(Change("accounts.glass_noted", "glass", glass.id, scopes=[*viewer.scopes[-1:]]), viewer)
    return glass


def _owner_scope(viewer: Viewer) -> str:
    """Who answers for it: the public-health desk of the doctor's hospital, or the duty officer's own CDC."""
    if viewer.organisation_id is not None and not viewer.scopes[-1].startswith("area:"):
        return f"org:{viewer.organisation_id}"
    return viewer.scopes[-1]
