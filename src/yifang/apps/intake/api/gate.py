"""What every door asks before it takes a body: the key first, then what kind and how much is sent."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from yifang.apps.intake.http.asking import Away, Json, opened
from yifang.apps.intake.http.wire import LIMIT
from yifang.apps.intake.services.keys import read_key
from yifang.apps.intake.services.posted import MOST, Door

_LARGE = 64 * 1024  # bytes: from here on a body may keep a thread for long
AWAY_SECONDS, BUSY_SECONDS = 5, 1
_STATUS = {"intake.api_feed_closed": 403}  # of keys: else 401


class Refused(Exception):
    """Nothing was taken: an HTTP status, a message code and what fills it, and headers that the status asks for."""

    def __init__(
        self, status: int, code: str, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.params, self.headers = status, code, params or {}, headers or {}


def take(request: HttpRequest, door: Door, kinds: tuple[str, ...]) -> tuple[Json, bytes]:
    """Hand the body of a request over; what became of it (`services.take_posted`), and the body. Raises Refused."""
    if request.method != "POST":
        raise Refused(405, "intake.api_method", {"allowed": "POST"}, {"Allow": "POST"})
    key = _key(request)
    try:
        with opened(door, *key, address=request.META.get("REMOTE_ADDR", "")) as take_body:
            if isinstance(take_body, str):
                raise _unknown(take_body)
            size = _size(request, kinds)
            if size < _LARGE:
                return _taken(take_body(body := request.body)), body
            # People's pages share the threads: large bodies may keep all of them but one.
            if not _large().acquire(blocking=False):
                raise Refused(503, "intake.api_busy", {"seconds": BUSY_SECONDS}, {"Retry-After": str(BUSY_SECONDS)})
            try:
                return _taken(take_body(body := request.body)), body
            finally:
                _large().release()
    except Away:
        raise Refused(503, "intake.api_away", {"seconds": AWAY_SECONDS}, {"Retry-After": str(AWAY_SECONDS)}) from None


def _key(request: HttpRequest) -> tuple[str, str]:
    scheme, _, written = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not written.strip():
        raise _unknown("intake.api_key_missing")
    key = read_key(written.strip())
    if key is None:
        raise _unknown("intake.api_key_refused")
    return key


def _unknown(code: str) -> Refused:
    error = "" if code == "intake.api_key_missing" else ', error="invalid_token"'
    status = _STATUS.get(code, 401)
    return Refused(status, code, headers={"WWW-Authenticate": f'Bearer realm="yifang"{error}'} if status == 401 else {})


def _size(request: HttpRequest, kinds: tuple[str, ...]) -> int:
    kind, charset = request.content_type or "", (request.content_params or {}).get("charset", "utf-8")
    encoding = request.headers.get("Content-Encoding", "identity")
    if kind not in kinds or charset.lower() not in ("utf-8", "utf8") or encoding != "identity":
        shown = kind if encoding == "identity" else f"{kind} ({encoding})"
        raise Refused(415, "intake.api_type", {"type": shown, "allowed": kinds[0]}, {"Accept-Post": ", ".join(kinds)})
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isascii() or not length.isdigit():
        raise Refused(411, "intake.api_length")
    if int(length) > LIMIT:
        raise Refused(413, "intake.api_too_large", {"size": int(length), "most": LIMIT})
    if not int(length):
        raise Refused(400, "intake.api_empty")
    return int(length)


def _taken(told: Json) -> Json:
    if "too_many" in told:
        raise Refused(413, "intake.api_too_many", {"most": MOST})
    return told


@lru_cache(maxsize=1)
def _large() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(max(1, settings.YIFANG.web_threads - 1))
