"""What signing in and out leaves in the ledger's access stream, and at how many browsers one may be signed in."""

from typing import Any

from allauth.account.signals import user_logged_in
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.db import transaction
from django.http import HttpRequest

from yifang.apps.accounts.models import User
from yifang.apps.accounts.services import limit_sessions
from yifang.apps.ledger.services import Node, looked


def connect() -> None:
    """Called once, when the app is ready."""
    user_logged_in.connect(_signed_in, dispatch_uid="accounts.signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="accounts.signed_out")
    user_login_failed.connect(_failed, dispatch_uid="accounts.sign_in_failed")


def _say(kind: str, user_id: int | None, **facts: Any) -> None:
    with transaction.atomic():
        looked(kind, "user", None, Node(user_id=user_id, role="visitor"), **facts)


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
