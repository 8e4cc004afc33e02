"""The door for lower nodes: `POST /api/v1/relay`, answered by the web process without a session.

Who asks is known by the signature alone. Nothing is opened here: a batch is stored as it came, jobs apply it.
"""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse

from yifang.apps.accounts.viewers import Viewer, enter
from yifang.apps.relay import envelope
from yifang.apps.relay.transport import https
from yifang.kernel import clock
from yifang.kernel.errors import UserError, YifangError, http_status

_MOST = envelope.MOST + 1024 * 1024  # a batch and the receipt before it
_DOOR = Viewer(None, "relay", ())


def exchange(request: HttpRequest) -> HttpResponse:
    """200 with a frame; 4xx with `{"code": …}` where nothing was taken; 429 where the sender should wait."""
    if request.method != "POST":
        return _no(405, {"code": "relay.broken", "params": {"reason": "POST"}}, Allow="POST")
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isascii() or not length.isdigit():
        return _no(411, {"code": "relay.broken", "params": {"reason": "length"}})
    if int(length) > _MOST:
        return _no(413, {"code": "relay.broken", "params": {"reason": "size"}})
    try:
        with enter(_DOOR):
            return HttpResponse(https.answer(request.read()), content_type=https.KIND)
    except https.Busy:
        told = {"code": "relay.busy", "seconds": https.BUSY_SECONDS}
        return _no(429, told, **{"Retry-After": str(https.BUSY_SECONDS)})
    except YifangError as error:
        status = 403 if isinstance(error, UserError) else http_status(error)  # not signed by a peer, or not whole
        params = {name: value for name, value in error.params.items() if isinstance(value, str | int)}
        return _no(status, {"code": error.code, "params": params, "now": clock.now().isoformat()})


def _no(status: int, told: dict[str, object], **headers: str) -> HttpResponse:
    return HttpResponse(json.dumps(told), status=status, content_type="application/json", headers=headers)
