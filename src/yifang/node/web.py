"""The web process: granian serving the pages by WSGI (`python -m yifang.node.web`).

Threads are few and fixed, for each keeps a database connection; what exceeds them waits in the queue that
`backpressure` bounds, and beyond that in the kernel's.
"""

import multiprocessing
import os
import signal

from granian import Granian
from granian.constants import Interfaces

from yifang.node import config, lifeline

_WAITING = 64  # requests a worker holds at once


def main() -> None:
    """Serve until told to stop."""
    settings = config.load()
    lifeline.follow_supervisor(lambda: os.kill(os.getpid(), signal.SIGTERM))
    Granian(
        "yifang.node.web:application",
        address=settings.bind,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.web_workers,
        blocking_threads=settings.web_threads,
        blocking_threads_idle_timeout=600,  # an idle thread takes its database connection with it
        backpressure=_WAITING,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=10,
        websockets=False,
        log_level="warning",
        factory=True,
    ).serve()


def application():  # type: ignore[no-untyped-def]
    """The WSGI application of one worker, which ends when granian's main process was killed."""
    if main_process := multiprocessing.parent_process():
        lifeline.follow(main_process.pid, lambda: os._exit(1))
    from yifang.node.wsgi import application as django

    return django


if __name__ == "__main__":
    main()
