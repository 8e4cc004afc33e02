"""`/healthz`: are web, database and jobs up? Answered before everything else, so that it works when little else does.

The jobs process is up when its worker's heartbeat (every two seconds) is fresh in the database. A part that an app
registers in `protocols.health` is `degraded` while something of it needs somebody, and `needs` says how many: the node
works, so the answer stays 200.
"""

from collections.abc import Callable

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from yifang.kernel import protocols

PATH = "/healthz"
HEARTBEAT_SECONDS = 2
_FRESH_SECONDS = 3 * HEARTBEAT_SECONDS + 1


class HealthMiddleware:
    """Answers `/healthz` with 200, or 503 and which part is down; lets everything else pass."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == PATH:
            parts, needs = state()
            works = all(value in ("up", "degraded") for value in parts.values())
            answer = JsonResponse({"ok": works, **parts, **({"needs": needs} if needs else {})})
            answer.status_code = 200 if works else 503
            answer["Cache-Control"] = "no-store"
            answer._has_been_logged = True  # or Django logs an error every time somebody asks while a part is down
            return answer
        return self._next(request)


def state() -> tuple[dict[str, str], dict[str, int]]:
    """Each part and whether it is `up`, `degraded`, `down` or `unknown`; and how many things need somebody, by part."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(max(last_heartbeat) > now() - make_interval(secs => %s), false)"
                " FROM procrastinate_workers",
                [_FRESH_SECONDS],
            )
            beating = cursor.fetchone()[0]
        counts = {source.name: source.call() for source in protocols.health}
    except Error:
        return {"web": "up", "database": "down", "jobs": "unknown"}, {}
    apps = {name: "degraded" if count else "up" for name, count in counts.items()}
    parts = {"web": "up", "database": "up", "jobs": "up" if beating else "down", **apps}
    return parts, {name: count for name, count in counts.items() if count}
