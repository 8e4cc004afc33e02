"""One of the cast asks for one page, and what came out of it about whom."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.cast.scene import CAST, SIGNED_OUT, Scene


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said; `text` is the body and where it leads to."""

    status: int
    text: str

    @property
    def opened(self) -> bool:
        """The page, or that what was asked is done or needs other words; not a refusal, nor the way to the sign-in."""
        return self.status not in (401, 403, 404) and "/accounts/login/" not in self.text[:200]


class Cast:
    """Everybody's own browser on one scene."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._clients: dict[str, Client] = {}
        for name in CAST:
            client = Client(raise_request_exception=True)
            if name != SIGNED_OUT:
                client.force_login(scene.users[name], backend="allauth.account.auth_backends.AuthenticationBackend")
            self._clients[name] = client

    def ask(self, name: str, method: str, url: str, data: Mapping[str, Any] | None = None) -> Answer:
        """The answer to one request, whose changes are taken back."""
        client = self._clients[name]
        cookies = copy.deepcopy(client.cookies)  # signing out must not end the walk
        with _undone():
            response = getattr(client, method.lower())(url, data or {})
            text = response.content.decode(errors="replace")
        client.cookies = cookies
        return Answer(response.status_code, f"{unquote(response.headers.get('Location', ''))}\n{text}")


@contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def url_names(resolver: URLResolver | None = None, space: str = "") -> Iterator[str]:
    """The name of every address of the node, with its app's."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{space}{entry.name}"
        else:
            yield from url_names(entry, f"{space}{entry.namespace}:" if entry.namespace else space)


def address(scene: Scene, name: str, about: str) -> str:
    """The address of a page about something: `child.case`, `signal`, or literal arguments after a slash."""
    if not about:
        return reverse(name)
    return reverse(name, args=[subject(scene, one) for one in about.split()])


def subject(scene: Scene, about: str) -> Any:
    """The id that `child.case` or `signal` stands for; a word that names neither is given as it is."""
    story, _, kind = about.partition(".")
    if kind:
        return scene.stories[story].ids[kind]
    return scene.ids.get(about, about)
