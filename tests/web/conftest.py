"""The shell served alone (`site`), in Chinese and English, and the browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client, override_settings
from django.urls import clear_url_caches, set_urlconf
from django.utils.translation import trans_real
from pytest_django.live_server_helper import LiveServer

from tests.web.browser import chromium, open_page  # noqa: F401 fixtures
from yifang.kernel import protocols
from yifang.web.messages import compile_all


@pytest.fixture(scope="session", autouse=True)
def english() -> None:
    """The compiled catalogues, as `./dev` makes them."""
    if compile_all():
        trans_real._translations.clear()


# for a module, not the session: other folders' tests want the node as it is
@pytest.fixture(scope="module")
def shell(english: None) -> Iterator[None]:
    """Django put together as the shell alone, with a menu of three."""
    from tests.web import site as alone

    items = (
        protocols.MenuItem("test.work", "我的工作", "gallery", order=1, icon="inbox", badge=lambda viewer: 12),
        protocols.MenuItem("test.search", "查找", "search", order=2, icon="search"),
        protocols.MenuItem("test.secret", "密室", "search", frozenset({"auditor"}), order=3),
    )
    kept, protocols.menu._items = protocols.menu._items, list(items)
    with override_settings(**alone.SETTINGS):
        clear_url_caches()
        set_urlconf(None)
        yield
    protocols.menu._items = kept
    clear_url_caches()


@pytest.fixture
def client(shell: None) -> Client:
    return Client()


@pytest.fixture(scope="module")
def site(shell: None) -> Iterator[str]:
    """The address of the shell, served."""
    server = LiveServer("localhost")
    yield server.url
    server.stop()
