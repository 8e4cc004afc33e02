"""Verbs about people: open an account, give a seat, break the glass and answer for it, end sessions over the limit."""

from datetime import date
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from yifang.apps.accounts import policy
from yifang.apps.accounts.models import (
    GLASS_TRANSITIONS,
    BreakGlass,
    GlassState,
    Seat,
    SubjectKind,
    User,
)
from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.visibility import Subject, show
from yifang.apps.accounts.words import both
from yifang.apps.ledger.services import Actor, Change, append
from yifang.apps.places.models import Organisation, Place
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState
from yifang.kernel.ids import new_id

ROW = "glass:"  # the visibility rows of one glass bear its own reason: an ended one never bars the next


def row_reason(glass_id: UUID) -> str:
    """The reason under which the visibility rows of a glass stand."""
    return f"{ROW}{glass_id.hex[-16:]}"


def create_user(username: str, display_name: str, password: str, by: Actor) -> User:
    """Open an account. Raises UserError `accounts.user_taken`, `accounts.password_weak`.

    The web role may not: accounts are opened by the command line or the demo, which sign in as another role.
    """
    if User.objects.filter(username=username).exists():
        raise UserError("accounts.user_taken", username=username)
    user = User(username=username, display_name=display_name)
    try:
        validate_password(password, user)
    except ValidationError as weak:
        raise UserError("accounts.password_weak", reason=weak.messages) from None
    user.set_password(password)
    with transaction.atomic():
        user.save()
        append(Change("accounts.user_created", "user", None, facts={"user": user.pk}), by)
    return user


def give_seat(
    user: User,
    role: str,
    by: Actor,
    *,
    organisation: Organisation | None = None,
    department: str = "",
    area_code: str = "",
    place: Place | None = None,
    staff_no: str = "",
    hiv_officer: bool = False,
    since: date | None = None,
    until: date | None = None,
) -> Seat:
    """Give `user` a seat. Raises UserError `accounts.seat_place` when the role's place is missing."""
    if role not in ROLES:
        raise UserError("accounts.no_role", role=role)
    given = {
        "department": organisation and department, "organisation": organisation, "place": place,
        "area": area_code or organisation, "user": True, "none": True,
    }  # fmt: skip
    if not given[ROLES[role].scope]:
        raise UserError("accounts.seat_place", role={"zh": ROLES[role].zh, "en": ROLES[role].en})
    seat = Seat(
        user=user, role=role, organisation=organisation, department=department, area_code=area_code, place=place,
        staff_no=staff_no, hiv_officer=hiv_officer, since=since or clock.today(), until=until,
    )  # fmt: skip
    with transaction.atomic():
        seat.save()
        append(Change("accounts.seat_given", "seat", seat.id, facts={"user": user.pk, "role": role}), by)
    return seat


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
        subject = Subject(SubjectKind.PERSON, person, clock.today())
        show(subject, [f"user:{viewer.user_id}"], row_reason(glass.id), until=glass.until, by=viewer.user_id)
        glass.save(force_insert=True)
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


def _owner_scope(viewer: Viewer) -> str:
    """Who answers for it: the public-health desk of the doctor's hospital, or the duty officer's own CDC."""
    if viewer.organisation_id is not None and not viewer.scopes[-1].startswith("area:"):
        return f"org:{viewer.organisation_id}"
    return viewer.scopes[-1]


def limit_sessions(user: User, keep: int = policy.SESSIONS) -> int:
    """End the oldest sessions of `user` beyond `keep`. Returns how many."""
    ended = list(UserSession.objects.filter(user=user).order_by("-created_at", "-pk")[keep:])
    for session in ended:
        session.end()
    return len(ended)
