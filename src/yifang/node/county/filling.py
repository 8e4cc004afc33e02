"""Filling the node with the county's year, in the order of its days: files into the feeds' folders, as they arrive.

Earlier years first, then the year's records, then the export of the national system. A file that was put before is not
put again, so that a fill that was stopped goes on. What lies in a database the watch reads meanwhile (`hospital`).
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from yifang.apps.intake.models import Batch, BatchState, Feed
from yifang.apps.intake.services import folder_of
from yifang.apps.ledger.models import Cursor, Seal

Tell = Callable[[int, int], None]
_DAY = re.compile(r"\d{4}-?\d\d(?:-?\d\d)?")
_AT_ONCE = 200  # files that wait in the folders: the watch looks at every one of them again and again


def files(folder: Path) -> list[tuple[str, Path]]:
    """Feed code and file, in the order in which they should arrive."""
    year = sorted(
        ((path.parent.name, path) for path in (folder / "feeds").glob("*/*") if path.suffix != ".sql"),
        key=lambda one: (_day(one[1].name), one[1].name),
    )
    first = [("history", folder / "history.csv"), ("counts", folder / "visits.csv")]
    return [*first, *year, *(("national", path) for path in sorted((folder / "national").iterdir()))]


def fill(folder: Path, tell: Tell, is_read: Callable[[], bool], patience: float = 3600) -> bool:
    """Put every file and wait until each is taken, what lies in a database `is_read`, and all of it followed up.

    False when `patience` seconds passed.
    """
    feeds = {feed.code: feed for feed in Feed.objects.all()}
    every = files(folder)
    known = _done()
    wanted = [(feeds[code].id, path) for code, path in every if (feeds[code].id, path.name) not in known]
    before, until = len(every) - len(wanted), time.monotonic() + patience
    by_id = {feed.id: feed for feed in feeds.values()}
    put = 0
    while time.monotonic() < until:
        done = _done()
        taken = sum((feed, path.name) in done for feed, path in wanted[:put])
        tell(before + taken, len(every))
        for feed, path in wanted[put : taken + _AT_ONCE]:
            _put(folder_of(by_id[feed]), path)
            put += 1
        if taken == len(wanted) and is_read():
            return _followed_up(until)
        time.sleep(0.5)
    return False


def _done() -> set[tuple[UUID, str]]:
    return set(Batch.objects.filter(state=BatchState.DONE).values_list("feed_id", "name"))


def _put(folder: Path, path: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = folder / f"{path.name}.part"
    shutil.copyfile(path, part)
    part.rename(folder / path.name)


def _followed_up(until: float) -> bool:
    """Until every subscriber of the ledger has heard what came in."""
    while time.monotonic() < until:
        head = Seal.objects.filter(stream="change").order_by("-seq").values_list("seq", flat=True).first() or 0
        if not Cursor.objects.filter(seq__lt=head).exists():
            return True
        time.sleep(0.5)
    return False


def _day(name: str) -> str:
    """The day or month in a file's name, so that they sort as they happened; a month after its days."""
    found = _DAY.findall(name)
    text = found[-1].replace("-", "") if found else ""
    return text.ljust(8, "9")
