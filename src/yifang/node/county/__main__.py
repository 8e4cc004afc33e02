"""The child that brings the county up: registers it, fills the node with its year, then lets it live.

Started by the supervisor once the pages are served. Where it may run: `guarding`.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from yifang.node import guarding

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
    if stage.is_filling() and not _fill(stage):
        return 1
    return _live(stage)


def _fill(stage: guarding.Stage) -> bool:
    from yifang.node.county import filling

    shown = [-1]
    started = time.monotonic()

    def minutes() -> str:
        return f"{(time.monotonic() - started) / 60:.1f}"

    def tell(done: int, files: int) -> None:
        part = done * 20 // max(files, 1)
        if part > shown[0]:
            shown[0] = part
            stage.say("county.progress", done=done, files=files, minutes=minutes())

    if not filling.fill(stage.config.county, tell):
        stage.say("demo.slow")
        return False
    stage.filled("alive")
    stage.say("county.filled", minutes=minutes())
    return True


def _live(stage: guarding.Stage) -> int:
    """Go on living into the feeds' folders until told to stop."""
    from yifang.world import living

    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: told.append(number))
    folder, inbox, speed = stage.config.county, stage.config.inbox, float(os.environ.get(SPEED) or 1)
    life = living.Life(living.reopened(folder), folder, [living.Folder(inbox)], speed)
    stage.say("world.live", at=f"{life.next:%Y-%m-%d %H:%M}", speed=f"{speed:g}", to=str(inbox))
    life.run(time.monotonic, time.sleep, goes_on=lambda: not told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
