"""One of the cast asks for a page or a query, and what came out of it about whom."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model
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
        """The page, or that what was asked for is done, or cannot be in the present state; no refusal of any kind."""
        return self.status not in (400, 401, 403, 404, 405, 429) and "/accounts/login/" not in self.text[:200]


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
        with undone(), connection.execute_wrapper(stay_web):
            become_web()
            response = getattr(client, method.lower())(url, data or {})
            text = (b"".join(response) if response.streaming else response.content).decode(errors="replace")
        client.cookies = cookies
        return Answer(response.status_code, f"{unquote(response.headers.get('Location', ''))}\n{text}")


def become_web() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {connection.ops.quote_name(settings.DATABASE_ROLES['web'])}")


def stay_web(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """Outside of any viewer too a node's pages have the rights of the web role, where a test would be the owner."""
    web = connection.ops.quote_name(settings.DATABASE_ROLES["web"])
    return execute(sql.replace("SET LOCAL ROLE NONE", f"SET LOCAL ROLE {web}"), params, many, context)


@contextmanager
def undone() -> Iterator[None]:
    """What is done inside is taken back."""
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
    """The address of a page about something: `child.case`, `signal`, or words that stand for themselves."""
    if not about:
        return reverse(name)
    return reverse(name, args=[subject(scene, one) for one in about.split()])


def subject(scene: Scene, about: str) -> Any:
    """The id that `child.case`, `signal` or one of the cast stands for; any other word is given as it is."""
    story, _, kind = about.partition(".")
    if kind and story in scene.stories:
        return scene.stories[story].ids[kind]
    return scene.users[about].pk if about in scene.users else scene.ids.get(about, about)


def queries() -> dict[str, Callable[..., Any]]:
    """Every public function of the apps' queries that takes a viewer, by its place below `yifang.apps`."""
    found = {}
    for app in apps.get_app_configs():
        if not app.name.startswith("yifang.apps.") or find_spec(f"{app.name}.queries") is None:
            continue
        whole = import_module(f"{app.name}.queries")
        parts = [import_module(f"{whole.__name__}.{one.name}") for one in iter_modules(getattr(whole, "__path__", ()))]
        for module in (whole, *parts):
            for name, one in vars(module).items():
                if _is_query(one, module.__name__) and not name.startswith("_"):
                    found[f"{module.__name__.removeprefix('yifang.apps.')}.{name}"] = one
    return found


def _is_query(one: Any, module: str) -> bool:
    return inspect.isfunction(one) and one.__module__ == module and "viewer" in inspect.signature(one).parameters


def all_ids(scene: Scene) -> dict[UUID, str]:
    """Every id of the scene and what it stands for."""
    told = {one: f"{story}.{kind}" for story, each in scene.stories.items() for kind, one in each.ids.items()}
    return told | {one: name for name, one in scene.ids.items()}


def ids_in(answer: Any, known: Mapping[UUID, str]) -> set[str]:
    """What of the scene stands anywhere in what a query gave: rows, dataclasses, lists, texts with an address."""
    found: set[str] = set()
    waiting, seen = [answer], set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, UUID):
            found |= {known[one]} if one in known else set()
        elif isinstance(one, str):
            found |= {about for number, about in known.items() if len(one) > 35 and str(number) in one}
        elif isinstance(one, Model):
            waiting += [
                getattr(one, each.attname) for each in one._meta.concrete_fields if each.attname in one.__dict__
            ]
        elif is_dataclass(one) and id(one) not in seen:
            seen.add(id(one))
            waiting += [getattr(one, each.name) for each in fields(one)]
        elif isinstance(one, Mapping):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, Iterable) and not isinstance(one, bytes | memoryview):
            waiting += list(one)
    return found
