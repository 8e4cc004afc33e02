"""The jobs process (`yifang jobs`): the procrastinate worker and the long loops that apps register.

Each loop runs in a thread and is started again, later and later, when it raises. A job whose worker died without a
word is put back into the queue, so every job must bear being run twice.
"""

import argparse
import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from yifang.kernel import protocols
from yifang.kernel.errors import place_of
from yifang.node import lifeline
from yifang.node.health import HEARTBEAT_SECONDS

HELP = "后台任务进程 · the background process"
FIRST_WAIT, LAST_WAIT = 0.5, 30.0  # seconds between tries
_NICE = 15
_STALLED_SECONDS = 15  # a worker silent for so long is dead
_log = logging.getLogger(__name__)


def configure(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(args: argparse.Namespace) -> int:
    """Work until SIGTERM or SIGINT."""
    lifeline.follow_supervisor(lambda: os.kill(os.getpid(), signal.SIGTERM))
    give_way()
    with running_loops("jobs") as stop:
        asyncio.run(_work(stop))
    return 0


@contextlib.contextmanager
def running_loops(process: str) -> Iterator[threading.Event]:
    """The loops of a process, each in its thread; setting the event, or leaving, ends them."""
    # Batches make and drop objects by the ten thousand, hardly any in circles: looking for those after every 700 of
    # them, among all that was loaded at the start, costs a seventh of the time.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    # Whoever comes back from the database waits for the thread that computes: not as long as most statements take.
    sys.setswitchinterval(0.0005)
    stop = threading.Event()
    threads = [start_loop(loop, stop) for loop in protocols.loops if loop.process == process]
    try:
        yield stop
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=10)


def give_way() -> None:
    """Where both want the processor, a page that somebody waits for goes before the background."""
    os.nice(_NICE)
    # Linux weighs sessions against each other before it looks inside one, and each of our processes leads its own.
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_NICE))


def start_loop(loop: protocols.Loop, stop: threading.Event) -> threading.Thread:
    """Run one loop in a thread until `stop`, again after each failure. Returns the thread."""
    thread = threading.Thread(target=_keep, args=(loop, stop), name=loop.name, daemon=True)
    thread.start()
    return thread


def _keep(loop: protocols.Loop, stop: threading.Event) -> None:
    from django.db import connections

    wait, last = FIRST_WAIT, ""
    while not stop.is_set():
        started = time.monotonic()
        try:
            loop.run(stop)
        except Exception as error:
            if time.monotonic() - started > LAST_WAIT:
                wait, last = FIRST_WAIT, ""
            same = last == (last := place_of(error))  # a database away for a day is one traceback
            _log.error("loop %s failed, again in %.1f s: %s", loop.name, wait, last, exc_info=not same)
        finally:
            with contextlib.suppress(Exception):  # a connection that died cannot always be closed politely
                connections.close_all()
        stop.wait(wait)
        wait = min(wait * 2, LAST_WAIT)


async def _work(stop: threading.Event) -> None:
    """The worker, again and again until a signal says stop."""
    from procrastinate.contrib.django import app

    told = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, told.set)
    wait = FIRST_WAIT
    while not told.is_set():
        with app.replace_connector(app.connector.get_worker_connector()):
            work = asyncio.create_task(_one_worker(app))
            telling = asyncio.create_task(told.wait())
            await asyncio.wait({work, telling}, return_when=asyncio.FIRST_COMPLETED)
            stop_now = told.is_set()
            telling.cancel()
            work.cancel()
            try:
                await work
            except asyncio.CancelledError:
                pass
            except Exception as error:
                _log.warning("worker failed, again in %.1f s: %s", wait, place_of(error))
        if stop_now:
            break
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), wait)
        wait = min(wait * 2, LAST_WAIT)
    stop.set()


async def _one_worker(app) -> None:  # type: ignore[no-untyped-def]
    async with app.open_async():
        rescue = asyncio.create_task(_rescue_stalled(app))
        try:
            await app.run_worker_async(
                install_signal_handlers=False,
                concurrency=2,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=_STALLED_SECONDS,
                shutdown_graceful_timeout=10,
                delete_jobs="successful",
            )
        finally:
            rescue.cancel()


async def _rescue_stalled(app) -> None:  # type: ignore[no-untyped-def]
    while True:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_SECONDS):
            _log.warning("job %s (%s) lost its worker, queued again", job.id, job.task_name)
            await app.job_manager.retry_job(job)
        await asyncio.sleep(5)
