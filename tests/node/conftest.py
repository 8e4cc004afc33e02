"""For nodes of the tests' own: a maker of settings, and a throw-away data folder that PostgreSQL's user can reach."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from yifang.node import config


@pytest.fixture
def data() -> Iterator[Path]:
    """An empty data folder with a short name; pytest's own is closed to other users, and long."""
    folder = Path(tempfile.mkdtemp(prefix="yn-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def settings_of() -> Callable[..., config.Config]:
    """`settings_of(data, port=…)`: a Config that takes nothing from this machine's environment."""

    def make(data: Path, **given: object) -> config.Config:
        return config.load({name: str(value) for name, value in given.items()}, {"YIFANG_DATA": str(data)}, data)

    return make
