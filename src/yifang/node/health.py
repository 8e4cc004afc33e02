"""`/healthz`: are web, database and jobs up? Answered before everything else, so that it works when little else does.

The jobs process is up when its worker's heartbeat (every two seconds) is fresh in the database.
"""

from collections.abc import Callable

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

PATH = "/healthz"
HEARTBEAT_SECONDS = 2
_FRESH_SECONDS = 3 * HEARTBEAT_SECONDS + 1


class HealthMiddleware:
    """Answers `/healthz` with 200, or 503 and which part is down; lets everything else pass."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == PATH:
            parts = state()
            answer = JsonResponse({"ok": all(value == "up" for value in parts.values()), **parts})
            answer.status_code = 200 if all(value == "up" for value in parts.values()) else 503
            answer["Cache-Control"] = "no-store"
            answer._has_been_logged = True  # or Django logs an error every time somebody asks while a part is down
            return answer
        return self._next(request)


def state() -> dict[str, str]:
    """Each part and whether it is `up`, `down`, or `unknown` because the database cannot say."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(max(last_heartbeat) > now() - make_interval(secs => %s), false)"
                " FROM procrastinate_workers",
                [_FRESH_SECONDS],
            )
            beating = cursor.fetchone()[0]
    except Error:
        return {"web": "up", "database": "down", "jobs": "unknown"}
    return {"web": "up", "database": "up", "jobs": "up" if beating else "down"}
