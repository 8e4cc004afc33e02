"""The lock of the data folder: one supervisor, or one command that starts the database, at a time.

The kernel frees it when its holder dies, however it dies, so there is no stale lock to clear away.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from yifang.kernel.errors import ConfigError
from yifang.node.secrets import make_data_folder

_FOR_GOOD, _FOR_NOW = "run: pid", "command: pid"


@contextlib.contextmanager
def held(data: Path, *, for_good: bool = False) -> Iterator[None]:
    """Hold the lock while inside, `for_good` when it is a supervisor. Raises ConfigError that names the holder."""
    make_data_folder(data)
    path = data / "lock"
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as wrong:
        raise ConfigError("node.data_unusable", path=data, reason=wrong.strerror) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError("node.data_locked", path=data, holder=holder(data) or "?") from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{_FOR_GOOD if for_good else _FOR_NOW} {os.getpid()}".encode(), 0)
        yield
    finally:
        os.close(handle)


def holder(data: Path) -> str:
    """Who holds the lock, or held it last, in a few words; empty when nobody ever did."""
    try:
        return (data / "lock").read_text(errors="replace").strip()
    except OSError:
        return ""


def held_for_good(data: Path) -> bool:
    """Whether the last holder is a supervisor; ask only when the lock was found held."""
    return holder(data).startswith(_FOR_GOOD)
