"""Accounts and seats: opened, ended, closed and let in again by the command line or the demo, never by a page.

The web role may change of an account the own password only (`policies`); that is `node.signin.Adapter`'s.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Sum

from yifang.apps.accounts import policy
from yifang.apps.accounts.models import Seat, User
from yifang.apps.accounts.roles import ROLES
from yifang.apps.ledger.services import Actor, Change, append
from yifang.apps.places.models import Organisation, Place
from yifang.kernel import clock
from yifang.kernel.errors import UserError


def create_user(username: str, display_name: str, password: str, by: Actor, *, must_change: bool = False) -> User:
    """Open an account. Raises UserError `accounts.user_taken`, `accounts.password_weak`.

    `must_change`: the password was chosen by somebody else, and opens nothing but the page that changes it.
    """
    if User.objects.filter(username=username).exists():
        raise UserError("accounts.user_taken", username=username)
    user = User(username=username, display_name=display_name, must_change_password=must_change)
    _set_password(user, password)
    with transaction.atomic():
        user.save()
        append(Change("accounts.user_created", "user", None, facts={"user": user.pk}), by)
    return user


def reset_password(user: User, password: str, by: Actor) -> None:
    """Give another password, to be changed at the next sign-in; ends sessions and lifts a lock-out.

    Raises UserError `accounts.password_weak`.
    """
    _set_password(user, password)
    user.must_change_password = True
    with transaction.atomic():
        user.save(update_fields=["password", "must_change_password"])
        facts = {"user": user.pk, "sessions": _end_sessions(user), "lifted": _forget_failures(user)}
        append(Change("accounts.password_reset", "user", None, fields=["password"], facts=facts), by)


def lift_lock(user: User, by: Actor) -> bool:
    """Let somebody in again who is locked out for wrong passwords. Returns whether there was anything to lift."""
    with transaction.atomic():
        lifted = _forget_failures(user)
        if lifted:
            append(Change("accounts.lock_lifted", "user", None, facts={"user": user.pk}), by)
    return lifted


def locked_until(user: User) -> Mapping[str, datetime]:
    """From which addresses the account is locked out now, and until when."""
    cooling = timedelta(hours=settings.AXES_COOLOFF_TIME)
    rows = AccessAttempt.objects.filter(username=user.username, attempt_time__gt=clock.now() - cooling)
    failed = rows.values("ip_address").annotate(number=Sum("failures_since_start"), last=Max("attempt_time"))
    return {row["ip_address"]: row["last"] + cooling for row in failed if row["number"] >= settings.AXES_FAILURE_LIMIT}


def disable(user: User, by: Actor) -> None:
    """Close an account: it cannot sign in, and its sessions end. What it did stays in its name."""
    _activate(user, False, "accounts.user_disabled", by)


def enable(user: User, by: Actor) -> None:
    """Open a closed account again, with the password and seats it had."""
    _activate(user, True, "accounts.user_enabled", by)


def _activate(user: User, active: bool, kind: str, by: Actor) -> None:
    if user.is_active is active:
        return
    user.is_active = active
    with transaction.atomic():
        user.save(update_fields=["is_active"])
        append(Change(kind, "user", None, facts={"user": user.pk, "sessions": _end_sessions(user)}), by)


def end_seat(seat: Seat, by: Actor, last_day: date | None = None) -> None:
    """End a seat after `last_day`, at once where none is given. Raises UserError `accounts.seat_ended`."""
    last_day = last_day or clock.today() - timedelta(days=1)
    if seat.until is not None and seat.until <= last_day:
        raise UserError("accounts.seat_ended", until=seat.until)
    seat.until = last_day
    with transaction.atomic():
        seat.save(update_fields=["until"])
        facts = {"user": seat.user_id, "role": seat.role, "until": last_day}
        append(Change("accounts.seat_ended", "seat", seat.id, fields=["until"], facts=facts), by)


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as weak:
        raise UserError("accounts.password_weak", reason=weak.messages) from None
    user.set_password(password)


def _forget_failures(user: User) -> bool:
    """Forget wrong passwords. Returns whether there were any."""
    return bool(AccessAttempt.objects.filter(username=user.username).delete()[0])


def _end_sessions(user: User) -> int:
    return limit_sessions(user, keep=0)


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


def limit_sessions(user: User, keep: int = policy.SESSIONS) -> int:
    """End the oldest sessions of `user` beyond `keep`. Returns how many."""
    ended = list(UserSession.objects.filter(user=user).order_by("-created_at", "-pk")[keep:])
    for session in ended:
        session.end()
    return len(ended)
