"""The doors process (`yifang doors`): HL7 v2 over MLLP.

Apart from jobs, so that a sender's acknowledgement never waits for background work, and a flood of messages does not
hold it up either.
"""

import argparse
import asyncio
import os
import signal
from functools import partial

from yifang.node import lifeline

HELP = "HL7 v2 接收进程 · the process that takes HL7 v2"


def configure(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(args: argparse.Namespace) -> int:
    """Listen until SIGTERM or SIGINT."""
    lifeline.follow_supervisor(lambda: os.kill(os.getpid(), signal.SIGTERM))
    asyncio.run(_listen(args.config.mllp_port))
    return 0


async def _listen(port: int) -> None:
    from yifang.apps.intake import services
    from yifang.apps.intake.mllp.listener import Listener
    from yifang.apps.ledger.services import NODE

    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    store = partial(services.take_messages, by=NODE, name="MLLP")
    await Listener(port, store, services.routes).serve(stop)
