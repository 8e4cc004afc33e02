"""The child that brings the county up: registers it, fills the node with its year, then lets it live.

Started by the supervisor once the pages are served. Where it may run: `guarding`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import psycopg

from yifang.kernel.errors import ConfigError
from yifang.node import guarding

if TYPE_CHECKING:
    from yifang.node.county.hospital import Hospital

MARK = "county-state"  # in the data folder: `filling`, then `alive`
SPEED = "YIFANG_COUNTY_SPEED"


def main() -> int:
    """The whole of it. Returns the exit code, 2 where the county must not be brought up here."""
    stage = guarding.opened(MARK)
    if stage is None:
        return 2
    from yifang.node.county import registering

    config = stage.config
    password = guarding.password_of(config.data)
    stage.introduce(registering.register(config.county, config.area, password), password)
    hospital = _hospital(stage)
    if stage.is_filling() and not _fill(stage, hospital):
        return 1
    return _live(stage, hospital)


def _hospital(stage: guarding.Stage) -> Hospital | None:
    """The hospital's database, None and said why where the server does not let us have one."""
    from yifang.node import database
    from yifang.node.county.hospital import Hospital

    hospital = Hospital(database.of(stage.config))
    try:
        hospital.open(stage.config.county)
    except psycopg.Error as refused:
        stage.say("county.no_hospital", reason=str(refused).split("\n")[0])
        return None
    except ConfigError as missing:
        stage.say("county.no_hospital", reason=missing.render(stage.config.lang))
        return None
    return hospital


def _fill(stage: guarding.Stage, hospital: Hospital | None) -> bool:
    from yifang.node.county import filling

    shown = [(-1, -1)]
    rows = hospital.rows if hospital else 0
    started = time.monotonic()

    def minutes() -> str:
        return f"{(time.monotonic() - started) / 60:.1f}"

    def tell(done: int, files: int) -> None:
        taken = hospital.taken() if hospital else 0
        parts = done * 20 // max(files, 1), taken * 4 // max(rows, 1)
        if parts > shown[0]:
            shown[0] = parts
            stage.say("county.progress", done=done, files=files, taken=taken, rows=rows, minutes=minutes())

    if not filling.fill(stage.config.county, tell, hospital.is_read if hospital else lambda: True):
        stage.say("demo.slow")
        return False
    stage.filled("alive")
    stage.say("county.filled", minutes=minutes())
    return True


def _live(stage: guarding.Stage, hospital: Hospital | None) -> int:
    """Go on living into the feeds' folders and the hospital's database until told to stop."""
    from yifang.node.county.hospital import Outlet
    from yifang.world import living

    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: told.append(number))
    folder, inbox, speed = stage.config.county, stage.config.inbox, float(os.environ.get(SPEED) or 1)
    life = living.Life(living.reopened(folder), folder, [Outlet(inbox, hospital)], speed)
    stage.say("world.live", at=f"{life.next:%Y-%m-%d %H:%M}", speed=f"{speed:g}", to=str(inbox))
    life.run(time.monotonic, time.sleep, goes_on=lambda: not told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
