"""A hospital with a client that signs links, and a child with 手足口病 who waits for the doctor's answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser


@pytest.fixture
def county(db):
    from tests import apps
    from yifang.apps.workstation import limits

    for limit in (limits.REFUSED, limits.FOLLOWED):
        limit._minute = -1  # each test has its own minute
    return apps.county()


@pytest.fixture
def his(county):
    """The client and its secret."""
    from yifang.apps.ledger.services import NODE
    from yifang.apps.workstation.services import add_client

    return add_client(county.hospital, "门诊 HIS", "hmac", NODE)


@pytest.fixture
def child(county):
    """The suspicion of a child seen by D001 in visit HFMD1."""
    from tests import apps
    from yifang.apps.reporting.models import Suspicion
    from yifang.formats.canonical import Identifier

    who = apps.person(employer="", occupation="")
    who = apps.replace(who, identifiers=(*who.identifiers, Identifier("mrn", "0012345")))
    apps.receive(county.hospital, apps.hfmd(who=who))
    apps.deliver()
    return Suspicion.objects.get(disease="hfmd")


@pytest.fixture
def signed(his) -> Callable[..., str]:
    """Makes a signed link as a hospital's program would; every word of it may be another."""
    from yifang.apps.workstation import links

    client, secret = his

    def make(*, ahead: int = 0, **said: Any) -> str:
        nonce = f"nonce-{time.time_ns()}-0000000000"
        asked = {"doctor": "D001", "visit": "HFMD1", "at": int(time.time()) + ahead, "nonce": nonce}
        key, under = said.pop("key", client.id.hex), said.pop("secret", secret)
        return links.sign(key, under, {**asked, **said})

    return make


@pytest.fixture
def browser() -> Browser:
    """A doctor's browser where nobody is signed in."""
    return Browser()
