"""The node's database, embedded or a server, as the settings say; and a way for a command to have it running.

`yifang run` starts it for good; a command such as `yifang intake` uses the running one, or starts the embedded one
for as long as the command lasts.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import psycopg

from yifang.kernel.errors import ConfigError
from yifang.node import lock, secrets
from yifang.node.config import Config
from yifang.node.postgres import Embedded
from yifang.node.server import Server

Database = Embedded | Server


def of(config: Config) -> Database:
    """The database of these settings, not started."""
    known = secrets.load(config.data)
    if config.database_url:
        return Server(config.database_url, known)
    # Whoever looks at a made-up county has other things running beside it; a real node gets what Embedded finds right.
    options = {"shared_buffers": "256MB"} if config.county else {}
    return Embedded(config.data, known, config.run_as, options=options)


@contextlib.contextmanager
def running(config: Config) -> Iterator[Database]:
    """The database, answering, while inside: the running one, or one started and stopped here.

    Raises ConfigError where it cannot be had.
    """
    database = of(config)
    if isinstance(database, Server):
        database.start()
        yield database
        return
    with contextlib.ExitStack() as stack:
        while True:
            try:
                stack.enter_context(lock.held(config.data))
                break
            except ConfigError:
                if lock.held_for_good(config.data):
                    _wait(database)
                    yield database
                    return
            time.sleep(0.1)  # another command has it for a moment, and will stop the database when it is done
        database.start()
        stack.callback(database.stop)
        yield database


def _wait(database: Embedded) -> None:
    """Until a database that somebody else is starting answers."""
    for _ in range(300):
        try:
            psycopg.connect(database.dsn("owner"), connect_timeout=5).close()
            return
        except psycopg.OperationalError as refused:
            reason = str(refused).strip()
            time.sleep(0.1)
    raise ConfigError("node.postgres_failed", reason=reason, log=database.log)
