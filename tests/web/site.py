"""The shell alone, served without a database: its own addresses, one made-up visitor, a menu, a page for each error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import include, path

from yifang.web import errors, htmx

MIDDLEWARE = [
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "csp.middleware.CSPMiddleware",
    "tests.web.site.Visitor",
    "allauth.account.middleware.AccountMiddleware",
]
SETTINGS = {
    "ROOT_URLCONF": "tests.web.site",
    "DEBUG": True,  # opens the gallery
    "MIDDLEWARE": MIDDLEWARE,
    "SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies",
    "MESSAGE_STORAGE": "django.contrib.messages.storage.cookie.CookieStorage",
    "YIFANG_NODE_NAME": "甲区疾控",
    "TEMPLATES": [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "DIRS": [Path(__file__).parent / "templates"],
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.messages.context_processors.messages",
                    "tests.web.site.person",
                    "yifang.web.context.shell",
                ]
            },
        }
    ],
}
SEATS = [
    SimpleNamespace(id=1, role_label="流行病学调查员", where="甲区疾病预防控制中心"),
    SimpleNamespace(id=2, role_label="值班员", where="甲区疾病预防控制中心"),
]
live = {"after": 7, "topics": []}  # what `/live` answers next


class Visitor:
    """Middleware: everyone is the same epidemiologist, unless the address says `?visitor=none`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.GET.get("visitor") != "none":
            request.viewer = SimpleNamespace(role="epidemiologist")
            request.seat, request.seats = SEATS[0], SEATS
        request.user = Somebody(hasattr(request, "viewer"))
        return self.get_response(request)


@dataclass(frozen=True)
class Somebody:
    is_authenticated: bool
    is_active: bool = True
    is_staff: bool = False

    def __str__(self) -> str:
        return "周敏"


def person(request: HttpRequest) -> dict[str, object]:
    """Context processor: the user, as django.contrib.auth would give it."""
    return {"user": getattr(request, "user", Somebody(False))}


class Mend(forms.Form):
    name = forms.CharField(label="姓名")
    day = forms.DateField(label="发病日期")


def form(request: HttpRequest) -> HttpResponse:
    filled = Mend(request.POST or None)
    if request.method == "POST" and filled.is_valid():
        messages.success(request, "已保存。")
        return redirect("/form")
    return render(request, "account/password_change.html", {"form": filled}, status=422 if filled.errors else 200)


def answer_live(request: HttpRequest) -> HttpResponse:
    topics, live["topics"] = live["topics"], []
    return htmx.live(live["after"], topics)


def fragment(request: HttpRequest) -> HttpResponse:
    """A page with a part that refreshes itself; the number in it grows with each request."""
    live["count"] = live.get("count", 0) + 1
    request.live_url = "/live?after=7"
    return render(request, "tests/fragment.html", {"count": live["count"]})


def error(request: HttpRequest, status: int) -> HttpResponse:
    return errors.failed(request) if status == 500 else errors.page(request, status, request.GET.get("message", ""))


def seat(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"seat": request.POST["seat"]})


def picked(request: HttpRequest) -> HttpResponse:
    return HttpResponse("picked " + " ".join(request.POST.getlist("pick")))


seat_urls = ([path("seat", seat, name="seat")], "accounts")
urlpatterns = [
    path("", include("yifang.web.urls")),
    path("", include(seat_urls)),
    path("accounts/", include("allauth.account.urls")),
    path("form", form),
    path("picked", picked),
    path("live", answer_live, name="live"),
    path("fragment", fragment),
    path("error/<int:status>", error),
]
handler404 = errors.not_found
