"""In a real browser: the links at a desk and on a telephone, from a number to its list, from a trouble to its words."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from tests import apps
from tests.care.giving import BACKEND
from tests.relay import linked
from tests.web.browser import NARROW, axe, chromium, open_page, overflow, shoot  # noqa: F401 fixtures
from yifang.apps.relay.models import Conflict, Peer
from yifang.kernel import clock
from yifang.web.messages import compile_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_links_are_read_at_a_desk_and_on_a_telephone(transactional_db, live_server, open_page):  # noqa: F811
    compile_all()
    county = apps.county()
    link = linked.filled(county)
    client = Client()
    client.force_login(county.users["hospital_desk"], backend=BACKEND)
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "domain": "localhost", "path": "/", "expires": -1,
              "httpOnly": True, "secure": False, "sameSite": "Lax"}  # fmt: skip
    seated = {"storage_state": {"cookies": [cookie], "origins": []}}

    page = open_page(f"{live_server.url}/relay/", **seated)
    assert axe(page) == []
    shoot(page, "relay-links")
    page.locator(f"a[href='/relay/{link.id}/conflicts']").first.click()
    page.wait_for_selector("text=已审核(终审)")
    assert axe(page) == []
    shoot(page, "relay-conflicts")
    page.get_by_role("button").filter(has_text="看过").first.click()
    page.wait_for_selector("text=已记为看过。")
    assert Conflict.objects.get().seen_by == county.users["hospital_desk"].pk

    Peer.objects.update(
        error="relay.certificate", error_params={"reason": "self-signed", "file": "relay-ca.pem"},
        error_since=clock.now(),
    )  # fmt: skip
    page = open_page(f"{live_server.url}/relay/", size=NARROW, lang="en", **seated)
    page.wait_for_selector("text=is not believed (self-signed)")
    shoot(page, "relay-links-narrow")
    assert overflow(page) == 0
    for tab in ("waiting", "receipts", "sent", "came", "aside"):
        page.goto(f"{live_server.url}/relay/{link.id}/{tab}")
        assert overflow(page) == 0, tab
    shoot(page, "relay-aside-narrow")
    assert axe(page) == []
