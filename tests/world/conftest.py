"""A small county, made once for all tests of the room: 3,000 residents, sixty days."""

from datetime import date
from pathlib import Path

import pytest

from yifang.world import county, making
from yifang.world.county import County, Scale

UNTIL = date(2026, 11, 22)
SMALL = Scale(seed=11, until=UNTIL, residents=3000, encounters=3000, days=60)


@pytest.fixture(scope="session")
def small() -> County:
    return county.found(SMALL)


@pytest.fixture(scope="session")
def made(small: County, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small county; nobody writes into it."""
    folder = tmp_path_factory.mktemp("world") / "county"
    making.make(small, folder)
    return folder
