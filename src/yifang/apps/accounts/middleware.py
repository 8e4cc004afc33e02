"""Who looks, in which language, for what purpose: every page runs inside one transaction that knows its viewer.

`ViewerMiddleware` must be the last of the middleware, for it calls the view itself; `MachineMiddleware` stands near the
first, for machines are nobody. A streamed answer would be produced
after the transaction and see nothing: views answer whole.
"""

from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils import translation

from yifang.apps.accounts import purposes, queries
from yifang.apps.accounts.models import Seat
from yifang.apps.accounts.viewers import Viewer, enter, viewer_of, visitor
from yifang.apps.accounts.words import message_language
from yifang.apps.ledger.queries import head
from yifang.kernel.errors import YifangError, http_status
from yifang.web import errors, htmx, problems

log = structlog.get_logger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]
SEAT = "seat"  # in the session
PUBLIC = frozenset({"account_login", "account_logout", "set_language"})
MACHINES = ("/api/", "/fhir/", "/cds-services/")  # beginnings of addresses
CHANGE_PASSWORD = "account_change_password"
# What a signed-in person may do who holds no seat today.
SEATLESS = frozenset({CHANGE_PASSWORD, "accounts:seat"})


def opens_itself(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Marks a view that finds its own viewer, by a key that it checks itself, and enters for them."""
    view.opens_itself = True
    return view


class MachineMiddleware:
    """What is for machines never meets a session, a cookie or a person's rights: their views are called at once.

    Stands before everything that knows of people. Those views check the client's own key; whoever is signed in here
    opens nothing there, and a key opens no page.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not f"{request.path_info}/".startswith(MACHINES):
            return self.get_response(request)
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return problems.problem(request, 404, "kernel.no_address", {"path": request.path_info})
        try:
            return match.func(request, *match.args, **match.kwargs)
        except Exception:
            log.exception("a door for machines failed", door=match.view_name)
            return problems.problem(request, 500, "kernel.failed")


class LanguageMiddleware:
    """Chinese unless the reader chose otherwise: what a browser prefers says nothing in a Chinese office."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class ViewerMiddleware:
    """Sets `request.viewer`, `seat`, `seats`, `live_url`; runs the view inside `enter`; turns errors to pages."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.viewer, request.seat, request.seats, request.live_url = None, None, [], ""
        if request.user.is_authenticated:
            request.seats = queries.seats_of(request.user)
            request.seat = chosen_seat(request.seats, request.session.get(SEAT, ""))
            request.viewer = viewer_of(request.seat) if request.seat else None
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        name = request.resolver_match.view_name
        if name in PUBLIC or getattr(view, "opens_itself", False):
            return None
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if request.user.must_change_password and name != CHANGE_PASSWORD:
            return _to(request, reverse(CHANGE_PASSWORD))
        if request.viewer is None and name not in SEATLESS:
            return errors.page(request, 403, _no_seat())
        try:
            with enter(request.viewer or visitor(request.user.pk)):
                return _run(request, view, args, kwargs)
        except YifangError as error:
            if http_status(error) >= 500:
                raise
            return errors.page(request, http_status(error), error.render(message_language()))


def chosen_seat(seats: list[Seat], wanted: str) -> Seat | None:
    """The seat of id `wanted` when it is among `seats`, else the first, None where there is none."""
    return next((seat for seat in seats if str(seat.id) == wanted), seats[0] if seats else None)


def _run(
    request: HttpRequest, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> HttpResponse:
    if request.method == "GET" and not htmx.is_htmx(request):
        # Before the view reads: what is sealed in between is then shown twice rather than never.
        request.live_url = f"{reverse('live')}?after={head()}"
    purpose = purposes.of_request(request, kwargs) if request.viewer else ""
    if not purpose:
        return _rendered(view(request, *args, **kwargs))
    viewer: Viewer = request.viewer.acting_for(purpose)
    request.viewer = viewer
    with enter(viewer):
        return _rendered(view(request, *args, **kwargs))


def _rendered(response: HttpResponse) -> HttpResponse:
    """A lazy template response would render after the transaction, and then see nothing."""
    return response.render() if callable(getattr(response, "render", None)) else response


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    return _to(request, redirect_to_login(request.get_full_path(), reverse("account_login"))["Location"])


def _to(request: HttpRequest, page: str) -> HttpResponse:
    if htmx.is_htmx(request):
        return htmx.redirect(request, page.partition("?")[0])
    if request.headers.get("X-Requested-With") == "live":  # an open page asks: it must not take another for news
        return HttpResponse(status=401)
    return redirect(page)


def _no_seat() -> str:
    from yifang.kernel.messages import render

    return render("accounts.no_seat", {}, message_language())
