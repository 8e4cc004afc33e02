"""A county in which matters happen."""

import pytest


@pytest.fixture
def county(db):
    from tests import apps

    return apps.county()
