"""`GET /cds-services`, `POST /cds-services/{id}`, `POST /cds-services/{id}/feedback`, as CDS Hooks 2.0 says.

Called without a session (`MachineMiddleware`). Browser-based clients are let in by CORS: there is no cookie to steal,
every call carries its own token.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from yifang.apps.workstation.cdshooks import answering, asking, cards, hearing, tokens
from yifang.apps.workstation.cdshooks.services import SERVICES, Service
from yifang.apps.workstation.limits import FOLLOWED, REFUSED
from yifang.apps.workstation.links import BadLink
from yifang.apps.workstation.services.clients import Known, own_link
from yifang.web import problems

_MOST = 2_000_000  # bytes of a question
_ALLOWED = "GET, POST, OPTIONS"
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": _ALLOWED,
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept, Accept-Language, X-Requested-With",
    "Access-Control-Expose-Headers": "Content-Language, Retry-After, WWW-Authenticate",
    "Access-Control-Max-Age": "600",
}
_TOKENS = ("workstation.token_", "workstation.client_unknown", "workstation.client_revoked", "workstation.client_exp")


def discovery(request: HttpRequest) -> HttpResponse:
    """Which services there are."""
    if request.method == "OPTIONS":
        return _open(HttpResponse(status=204))
    if request.method not in ("GET", "HEAD"):
        return _wrong(request, 405, "intake.api_method", {"allowed": "GET"}, {"Allow": _ALLOWED})
    return _open(problems.answer(request, 200, {"services": [one.described() for one in SERVICES.values()]}))


def ask(request: HttpRequest, service: str) -> HttpResponse:
    """The cards for one moment of a visit; none where nothing need be asked."""
    if request.method == "OPTIONS":
        return _open(HttpResponse(status=204))
    try:
        one, client = _let_in(request, service)
        question = asking.read(request.body, one)
    except asking.BadQuestion as bad:
        return _bad(request, bad)
    except BadLink as bad:
        return _refused(request, bad)
    found = answering.answer(question, one, client.organisation_id, client.id)
    lang, home = problems.language(request), request.build_absolute_uri("/")
    said = [
        cards.card(each, question, home.rstrip("/") + _window(client, found.doctor, question), home, lang)
        for each in found.found
    ]
    said += [cards.reminder(each, home, lang) for each in found.reminders]
    return _open(problems.answer(request, 200, {"cards": said}))


def feedback(request: HttpRequest, service: str) -> HttpResponse:
    """What became of cards that were shown."""
    if request.method == "OPTIONS":
        return _open(HttpResponse(status=204))
    try:
        _, client = _let_in(request, service, "/feedback")
        said = hearing.read(request.body)
    except asking.BadQuestion as bad:
        return _bad(request, bad)
    except BadLink as bad:
        return _refused(request, bad)
    if not hearing.take(said, client.organisation_id):
        return _wrong(request, 404, "workstation.feedback_unknown")
    return _open(problems.answer(request, 200, {}))


def _let_in(request: HttpRequest, service: str, below: str = "") -> tuple[Service, Known]:
    """The service and who asks it. Raises BadQuestion, BadLink."""
    one = SERVICES.get(service)
    if one is None:
        raise asking.BadQuestion(404, "hook_unknown", service=service[:60], services=list(SERVICES))
    if request.method != "POST":
        raise asking.BadQuestion(405, "hook_method")
    address = request.META.get("REMOTE_ADDR", "")
    if REFUSED.spent(address) or FOLLOWED.spent(address):
        raise asking.BadQuestion(429, "too_many")
    FOLLOWED.count(address)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise BadLink("token_missing")
    audience = f"{_base(request)}/cds-services/{service}{below}"
    try:
        client = tokens.check(token.strip(), audience, address)
    except BadLink:
        REFUSED.count(address)
        raise
    if request.content_type != "application/json":
        raise asking.BadQuestion(415, "hook_type", type=(request.content_type or "")[:60])
    if int(request.META.get("CONTENT_LENGTH") or 0) > _MOST:
        raise asking.BadQuestion(413, "hook_large", most=_MOST)
    return one, client


def _base(request: HttpRequest) -> str:
    scheme = "https" if settings.YIFANG.https else request.scheme
    return f"{scheme}://{request.get_host()}"


def _window(client: Known, doctor: str, question: asking.Question) -> str:
    visit = question.visits[0] if question.visits else ""
    return own_link(
        client.organisation_id, doctor, visit=visit, patient="" if visit else question.patients[0], client=client.id,
        hours=4,
    )  # fmt: skip


def _refused(request: HttpRequest, bad: BadLink) -> HttpResponse:
    if bad.code.startswith(_TOKENS):
        error = "" if bad.code.endswith("token_missing") else ', error="invalid_token"'
        return _wrong(request, 401, bad.code, bad.params, {"WWW-Authenticate": f'Bearer realm="yifang"{error}'})
    return _wrong(request, 403, bad.code, bad.params)


def _bad(request: HttpRequest, bad: asking.BadQuestion) -> HttpResponse:
    headers = {405: {"Allow": _ALLOWED}, 429: {"Retry-After": "60"}}.get(bad.status)
    return _wrong(request, bad.status, bad.code, bad.params, headers)


def _wrong(request: HttpRequest, status: int, code: str, params: Any = None, headers: Any = None) -> HttpResponse:
    return _open(problems.problem(request, status, code, params, headers))


def _open(response: HttpResponse) -> HttpResponse:
    for name, value in _CORS.items():
        response[name] = value
    return response
