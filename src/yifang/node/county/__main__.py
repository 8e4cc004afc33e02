"""The child that brings the county up: registers it, fills the node with its year, then lets it live.

Started by the supervisor once the pages are served. Never on a node that holds anything else.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

MARK = "county-state"  # in the data folder: `filling`, then `alive`
SPEED = "YIFANG_COUNTY_SPEED"


def main() -> int:
    """The whole of it. Returns the exit code, 2 where the county must not be brought up here."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yifang.node.settings")
    import django

    django.setup()
    from django.conf import settings

    from yifang.kernel import messages
    from yifang.node.county import filling, registering
    from yifang.node.demo.__main__ import ANYWHERE, is_local, is_used
    from yifang.node.demo.county import password_of

    config = settings.YIFANG

    def say(code: str, **params: object) -> None:
        print(messages.render(code, params, config.lang), flush=True)

    if not is_local(config.bind) and os.environ.get(ANYWHERE) != "1":
        say("demo.not_local", bind=config.bind, variable=ANYWHERE)
        return 2
    mark = config.data / MARK
    if not mark.exists() and is_used():
        say("demo.in_use", data=str(config.data))
        return 2
    if not mark.exists():
        mark.write_text("filling")
    password = password_of(config.data)
    accounts = registering.register(config.county, config.area, password)
    say("demo.accounts", password=password)
    for account in accounts:
        say("demo.account", username=account.username, role={"zh": account.role_zh, "en": account.role_en})
    if mark.read_text() != "alive":
        shown = [-1]
        started = time.monotonic()

        def tell(done: int, files: int) -> None:
            part = done * 20 // max(files, 1)
            if part > shown[0]:
                shown[0] = part
                say("county.progress", done=done, files=files, minutes=f"{(time.monotonic() - started) / 60:.1f}")

        if not filling.fill(config.county, tell):
            say("demo.slow")
            return 1
        mark.write_text("alive")
        say("county.filled", minutes=f"{(time.monotonic() - started) / 60:.1f}")
    return _live(config.county, Path(config.inbox), float(os.environ.get(SPEED) or 1), say)


def _live(folder: Path, inbox: Path, speed: float, say) -> int:  # type: ignore[no-untyped-def]
    """Go on living into the feeds' folders until told to stop."""
    from yifang.world import living

    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: told.append(number))
    life = living.Life(living.reopened(folder), folder, [living.Folder(inbox)], speed)
    say("world.live", at=f"{life.next:%Y-%m-%d %H:%M}", speed=f"{speed:g}", to=str(inbox))
    life.run(time.monotonic, time.sleep, goes_on=lambda: not told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
