"""What every page's frame shows: the node, the viewer's seat, the menu of their role, how much waits.

The accounts app's middleware puts `viewer` (role), `seat` (role_label, where, id) and `seats` on the request; without
them the frame is the bare one of a visitor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy, pgettext_lazy

from yifang.kernel import protocols

GROUPS = {
    "reports": pgettext_lazy("menu", "报告"),
    "watch": gettext_lazy("监测预警"),
    "clinics": gettext_lazy("诊室与院感"),
    "records": gettext_lazy("资料核对"),
    "data": gettext_lazy("数据接入"),
    "rules": gettext_lazy("规则与依据"),
}
FLAT = 9  # a menu of so many links needs no groups


@dataclass(frozen=True, slots=True)
class MenuLink:
    label: Any
    url: str
    icon: str
    current: bool
    waiting: int
    group: str = ""


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """Links under one heading, open while one of them is the current page; without a label they stand by themselves."""

    key: str
    label: Any
    links: Sequence[MenuLink]

    @property
    def current(self) -> bool:
        return any(link.current for link in self.links)

    @property
    def waiting(self) -> int:
        return sum(link.waiting for link in self.links)


def grouped(links: Sequence[MenuLink]) -> list[MenuGroup]:
    """The menu as it is drawn: first what stands above all groups, then each group that has more than one link."""
    if len(links) <= FLAT:
        return [MenuGroup("", "", links)]
    found = [MenuGroup("", "", [link for link in links if link.group not in GROUPS])]
    for key, label in GROUPS.items():
        inside = [link for link in links if link.group == key]
        if inside:
            found.append(MenuGroup(key, label if len(inside) > 1 else "", inside))
    return found


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
        MenuLink(
            item.label, url, item.icon or "circle", url == current, item.badge(viewer) if item.badge else 0, item.group
        )
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
        "menu": _lazy(lambda: grouped(found) if (found := menu_for(viewer, request.path)) else []),
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
