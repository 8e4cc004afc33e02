"""The intake in the background: the watch of the feeds' folders, and the replay of mended items.

A file is taken when nobody writes to it any more and lies in `taken/` once its batch is done; nothing is deleted.
Hidden and unfinished names (`.x`, `x.part`, `x.tmp`) are left alone until they are renamed.
"""

import errno
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError
from procrastinate.contrib.django import app

from yifang.apps.intake import services
from yifang.apps.intake.models import Batch, Feed
from yifang.apps.intake.services import connections, looking, names
from yifang.apps.ledger.services import NODE
from yifang.kernel import clock

try:
    import fcntl
except ImportError:  # Windows: the rule of the unchanging size serves alone
    fcntl = None  # type: ignore[assignment]

TAKEN = "taken"
_UNFINISHED = (".part", ".tmp", ".partial", ".crdownload")
_LOOK_SECONDS, _FEEDS_SECONDS = 0.1, 2.0
_STILL_SECONDS = 0.5  # where the system cannot say who writes: a file this long unchanged is whole
_EMPTY_SECONDS = 3.0  # an empty file may be one that is just being made
_AGAIN_SECONDS = 30.0  # after a failure of ours
log = structlog.get_logger(__name__)


@app.task(name=services.quarantine.REPLAY_TASK)
def replay(item: str) -> None:
    """Read a mended item again."""
    services.replay(UUID(item))


@app.task(name=connections.LOOK_TASK)
def look(feed: str) -> None:
    """Look at a source for the page that asked."""
    looking.keep_look(UUID(feed))


@app.task(name=names.ANNOTATE_TASK)
def annotate_names(name: str) -> None:
    """Add what a name means to the records that came before it was known."""
    names.annotate_before(UUID(name))


def watch(stop: threading.Event) -> None:
    """Take what arrives in the folders of all active feeds, until `stop`."""
    watcher = Watcher()
    while not stop.is_set():
        watcher.look()
        stop.wait(_LOOK_SECONDS)


@dataclass(frozen=True, slots=True)
class _Arrived:
    path: Path
    size: int
    changed: float


@dataclass(slots=True)
class Watcher:
    """One look after the other at all folders; remembers only what to leave alone for a while."""

    _folders: dict[Feed, Path] = field(default_factory=dict)
    _asked: float = float("-inf")
    # size and time of change of what failed, and when to try it again
    _later: dict[Path, tuple[int, float, float]] = field(default_factory=dict)

    def look(self) -> list[Batch]:
        """Take every file that is whole, in the order they were written. Returns their batches."""
        if time.monotonic() - self._asked > _FEEDS_SECONDS:
            self._ask()
        if not any(self._waiting()):
            return []
        self._ask()  # a feed made a moment ago: what lies in its folder is its own, not of the folder around it
        # What piled up while we were away may hold a report and, in a later file, its correction.
        waiting = sorted(self._waiting(), key=lambda one: (one[0].changed, one[0].path))
        taken = [self._take(arrived, feed) for arrived, feed in waiting if _whole(arrived)]
        return [batch for batch in taken if batch is not None]

    def _ask(self) -> None:
        services.default_feed()
        self._folders = {feed: services.folder_of(feed).absolute() for feed in services.active_feeds()}
        for folder in self._folders.values():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._asked = time.monotonic()

    def _waiting(self) -> Iterator[tuple[_Arrived, Feed]]:
        """The files that lie there, but those left alone after a failure, each with its feed."""
        others = set(self._folders.values())
        for feed, folder in self._folders.items():
            for arrived in _files(folder, others):
                size, changed, again = self._later.get(arrived.path, (-1, 0.0, 0.0))
                if (size, changed) != (arrived.size, arrived.changed) or time.monotonic() >= again:
                    yield arrived, feed

    def _take(self, arrived: _Arrived, feed: Feed) -> Batch | None:
        folder = self._folders[feed]
        name = str(arrived.path.relative_to(folder))
        try:
            batch = services.take_path(arrived.path, feed, NODE, name=name)
            _lay_aside(arrived.path, folder)
            return batch
        except FileNotFoundError:
            return None  # taken away again meanwhile
        except OSError as error:
            self._leave(arrived)
            return services.take_unopened(arrived.path, feed, error, NODE)
        except (OperationalError, InterfaceError):
            raise  # the database is away: the jobs process starts the watch again
        except Exception:
            log.exception("intake failed", feed=feed.code)  # no file name: it may be a patient's
            self._leave(arrived)
            return None

    def _leave(self, arrived: _Arrived) -> None:
        self._later[arrived.path] = (arrived.size, arrived.changed, time.monotonic() + _AGAIN_SECONDS)


def _files(folder: Path, others: Iterable[Path]) -> Iterator[_Arrived]:
    """The files below `folder`, without hidden and unfinished names, what is taken, and other feeds' folders."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name.lower().endswith(_UNFINISHED):
                continue
            path = Path(entry.path)
            with suppress(FileNotFoundError):
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != TAKEN and path not in others:
                        yield from _files(path, others)
                elif entry.is_file(follow_symlinks=False):
                    stat = entry.stat(follow_symlinks=False)
                    yield _Arrived(path, stat.st_size, stat.st_mtime)


def _whole(arrived: _Arrived) -> bool:
    """Whether the file is finished: nobody has it open for writing, or, where that cannot be asked, it lies still."""
    age = time.time() - arrived.changed
    if arrived.size == 0:
        return age > _EMPTY_SECONDS
    written = _is_written(arrived.path)
    return not written if written is not None else age > _STILL_SECONDS


def _is_written(path: Path) -> bool | None:
    """Whether a process has the file open for writing; None where the file system cannot say (a network share)."""
    if fcntl is None or not hasattr(fcntl, "F_SETLEASE"):
        return None
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)  # refused while there is a writer
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return False
    except OSError as error:
        return True if error.errno in (errno.EAGAIN, errno.EWOULDBLOCK) else None
    finally:
        os.close(handle)


def _lay_aside(path: Path, folder: Path) -> None:
    """Move a taken file to `taken/<day>/`, under another name where one of that name lies there."""
    place = folder / TAKEN / clock.today().isoformat() / path.relative_to(folder)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    number, free = 1, place
    while free.exists():
        number += 1
        free = place.with_name(f"{place.stem}~{number}{place.suffix}")
    with suppress(FileNotFoundError):
        path.rename(free)
