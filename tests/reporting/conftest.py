"""What the tests of pages start from: the county, its people signed in, cards that wait for the district.

Models are imported inside: pytest reads this file before Django knows its settings.
"""

from __future__ import annotations

import pytest
from django.test import Client


@pytest.fixture
def county(db):
    from tests import apps

    return apps.county()


@pytest.fixture
def sign_in(county):
    from tests.reporting.district import BACKEND

    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(county.users[name], backend=BACKEND)
        return client

    return signed_in


@pytest.fixture
def entered(county):
    from tests.reporting.district import make_entered

    return make_entered(county)
