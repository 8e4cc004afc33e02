"""Registries: in order, and never the same name twice."""

import threading

import pytest

from yifang.kernel import protocols


def test_a_name_is_registered_once() -> None:
    registry: protocols.Registry[protocols.Loop] = protocols.Registry()
    loop = registry.add(protocols.Loop("seal", lambda stop: None))
    loop.run(threading.Event())
    with pytest.raises(ValueError, match="seal"):
        registry.add(protocols.Loop("seal", lambda stop: None))
    assert [one.name for one in registry] == ["seal"]


def test_the_menu_is_read_in_order() -> None:
    registry = protocols.Registry[protocols.MenuItem](key=lambda item: (item.order, item.name))
    for name, order in (("cards", 30), ("work", 10), ("cases", 30)):
        registry.add(protocols.MenuItem(name, name, f"x:{name}", order=order))
    assert [item.name for item in registry] == ["work", "cards", "cases"]


def test_home_is_the_first_route_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    routes: protocols.Registry[protocols.Named] = protocols.Registry()
    routes.add(protocols.Named("none", lambda viewer: None))
    routes.add(protocols.Named("auditor", lambda viewer: "ledger:list" if viewer == "auditor" else None))
    monkeypatch.setattr(protocols, "home", routes)
    assert protocols.home_url_name("auditor") == "ledger:list"
    assert protocols.home_url_name("clinician") == "work:mine"
