"""What signing in and out leaves in the ledger's access stream, and at how many browsers one may be signed in.

A sign-in happens before any viewer is known; the database is told of a visitor, who may write of themself only.
"""

from typing import Any

from allauth.account.signals import password_changed, user_logged_in
from django.contrib.auth import signals as django_signals
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.http import HttpRequest

from yifang.apps.accounts.models import User
from yifang.apps.accounts.services import limit_sessions
from yifang.apps.accounts.viewers import enter, visitor
from yifang.apps.ledger.services import Change, append, looked
from yifang.kernel import clock


def connect() -> None:
    """Called once, when the app is ready."""
    # Django's own would change the account as nobody, which the policies refuse.
    django_signals.user_logged_in.disconnect(dispatch_uid="update_last_login")
    django_signals.user_logged_in.connect(_remember, dispatch_uid="accounts.last_login")
    password_changed.connect(_password_changed, dispatch_uid="accounts.password_changed")
    user_logged_in.connect(_signed_in, dispatch_uid="accounts.signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="accounts.signed_out")
    user_login_failed.connect(_failed, dispatch_uid="accounts.sign_in_failed")


def _say(kind: str, user_id: int | None, **facts: Any) -> None:
    with enter(visitor(user_id)) as who:
        looked(kind, "user", None, who, **facts)


def _remember(sender: object, user: User, **more: Any) -> None:
    with enter(visitor(user.pk)):
        User.objects.filter(pk=user.pk).update(last_login=clock.now())


def _password_changed(sender: object, user: User, **more: Any) -> None:
    with enter(visitor(user.pk)) as who:
        append(Change("accounts.password_changed", "user", None, fields=["password"], facts={"user": user.pk}), who)


def _signed_in(sender: object, request: HttpRequest, user: User, **more: Any) -> None:
    _say("accounts.signed_in", user.pk, ended=limit_sessions(user))


def _signed_out(sender: object, request: HttpRequest, user: User | None, **more: Any) -> None:
    if user is not None:
        _say("accounts.signed_out", user.pk)


def _failed(sender: object, credentials: dict[str, Any], **more: Any) -> None:
    """The account is named by its id: a name that is none may be somebody's password in the wrong field."""
    name = str(credentials.get("username") or credentials.get("login") or "")
    found = User.objects.filter(username=name).values_list("pk", flat=True).first()
    _say("accounts.sign_in_failed", found, known=found is not None)
