"""The doors process (`yifang doors`): HL7 v2 over MLLP, and what the web process takes at the HTTP doors.

Apart from jobs, so that a sender's answer never waits for background work, and a flood of messages does not hold it up
either.
"""

import argparse
import asyncio
import os
import signal
from functools import partial

from yifang.node import lifeline
from yifang.node.config import Config

HELP = "接收消息的进程 · the process that takes messages"


def configure(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(args: argparse.Namespace) -> int:
    """Listen until SIGTERM or SIGINT."""
    lifeline.follow_supervisor(lambda: os.kill(os.getpid(), signal.SIGTERM))
    asyncio.run(_listen(args.config))
    return 0


async def _listen(config: Config) -> None:
    from django.conf import settings

    from yifang.apps.intake import services
    from yifang.apps.intake.http import door, wire
    from yifang.apps.intake.mllp.listener import Listener
    from yifang.apps.ledger.services import NODE

    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    place = wire.place(config.data, settings.YIFANG_SECRETS.node)
    doors = [door.Door(place, partial(services.take_posted, by=NODE), services.check_key).serve(stop)]
    if config.mllp_port:
        store = partial(services.take_messages, by=NODE, name="MLLP")
        doors.append(Listener(config.mllp_port, store, services.routes).serve(stop))
    await asyncio.gather(*doors)
