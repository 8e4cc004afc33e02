"""What people type into the forms of care, by question, and their browsers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.test import Client

from yifang.apps.care.services.matters import Filled
from yifang.kernel import clock

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def filled(**answers: Any) -> Filled:
    """What was typed; files under `files`."""
    files: Mapping[str, Any] = answers.pop("files", {})
    return Filled(
        {key: value if isinstance(value, list) else [str(value)] for key, value in answers.items()}, files, 20
    )


def whistle(**more: Any) -> Filled:
    given = {
        "event": "三天内四名学生同样高热、结膜充血", "number": 4, "symptoms": "高热、眼红", "place": "苏河中学",
        "since": clock.today().isoformat(), **more,
    }  # fmt: skip
    return filled(**given)


def browser(county, name: str) -> Client:
    client = Client()
    client.force_login(county.users[name], backend=BACKEND)
    return client
