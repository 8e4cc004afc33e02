"""What every page's frame shows: the node, the viewer's seat, the menu of their role, how much waits.

The accounts app's middleware puts `viewer` (role), `seat` (role_label, where, id) and `seats` on the request; without
them the frame is the bare one of a visitor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from yifang.kernel import protocols


@dataclass(frozen=True, slots=True)
class MenuLink:
    label: Any
    url: str
    icon: str
    current: bool
    waiting: int


def menu_for(viewer: Any, path: str) -> list[MenuLink]:
    """The links that the viewer's role may follow; the longest one that begins `path` is the current one."""
    if viewer is None:
        return []
    items = []
    for item in protocols.menu:
        if not item.roles or viewer.role in item.roles:
            items.append((item, reverse(item.url_name)))
    current = max((url for _item, url in items if path.startswith(url)), key=len, default="")
    return [
        MenuLink(item.label, url, item.icon or "circle", url == current, item.badge(viewer) if item.badge else 0)
        for item, url in items
    ]


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:  # a node may be put together without this app
        return ""


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context processor of the frame. Lazy: a fragment that shows no frame asks for nothing."""
    viewer = getattr(request, "viewer", None)
    return {
        "node_name": getattr(settings, "YIFANG_NODE_NAME", ""),
        "viewer": viewer,
        "seat": getattr(request, "seat", None),
        "seats": getattr(request, "seats", ()),
        "menu": _lazy(lambda: menu_for(viewer, request.path)),
        "shell_urls": _lazy(
            lambda: {
                "home": _url("home") or "/",
                "search": _url("search"),
                "language": _url("set_language"),
                "seat": _url("accounts:seat"),
                "sign_in": _url("account_login"),
                "sign_out": _url("account_logout"),
                "password": _url("account_change_password"),
            }
        ),
        "live_url": getattr(request, "live_url", ""),
    }


def _lazy(call: Callable[[], Any]) -> Any:
    return SimpleLazyObject(call)
