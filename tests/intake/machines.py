"""A hospital's key and the HTTP doors without a doors process: what web hands over is stored at once, as jobs."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from django.db import OperationalError
from django.test import Client

from tests import apps
from yifang.apps.intake import services
from yifang.apps.intake.api import gate
from yifang.apps.intake.http.asking import Away
from yifang.apps.intake.models import Feed
from yifang.apps.ledger.services import NODE

RECORDS, FHIR = "/api/v1/records", "/fhir"


def key(feed: Feed, name: str = "his", days: int = 30) -> str:
    """A key as its client writes it."""
    with apps.as_jobs():
        return services.make_key(feed, name, days, NODE)[1]


@contextlib.contextmanager
def opened(door: str, key: str, digest: str, address: str) -> Iterator[Any]:
    """Stands for `http.asking.opened`: the same answers, without the socket."""
    try:
        with apps.as_jobs():
            found, refused = services.check_key(key, digest)
    except OperationalError:
        raise Away from None

    def take(body: bytes) -> Any:
        posted = services.Posted(door, body, found.id)
        with apps.as_jobs():
            (told,) = services.take_posted(found.feed, [posted], NODE)
        return json.loads(json.dumps(told))

    yield take if found else refused


def without_a_socket(monkeypatch: Any) -> None:
    monkeypatch.setattr(gate, "opened", opened)


class Machine:
    """A machine client with its key."""

    def __init__(self, written: str = "") -> None:
        self.written, self.client = written, Client()

    def post(self, url: str, body: Any, kind: str = "application/json", **headers: str) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        if self.written:
            headers.setdefault("Authorization", f"Bearer {self.written}")
        return self.client.post(url, data, content_type=kind, headers=headers)
