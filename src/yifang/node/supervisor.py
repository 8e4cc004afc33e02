"""`yifang run`: the whole node in one command, and the process that keeps it alive.

It starts the database, brings it up to date, serves the pages, the background jobs and the doors, starts again what
dies, and stops doors → web → jobs → database on Ctrl-C or SIGTERM. It holds no database connection and imports no
Django itself.
"""

import argparse
import contextlib
import errno
import http.client
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from yifang.kernel.errors import ConfigError
from yifang.node import database, freshness, lock
from yifang.node.child import Child
from yifang.node.config import Config

HELP = "启动整个节点 · run the whole node"
_GLANCE = 0.2  # seconds between looks at the processes


class _Told(Exception):
    """Somebody asked us to stop."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The settings are flags of every command; `run` has no others."""


def run(args: argparse.Namespace) -> int:
    """Run the node until told to stop."""
    config: Config = args.config
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, _tell)
    with (
        contextlib.suppress(_Told),
        lock.held(config.data, for_good=True),
        port_held(config.bind, config.port),
    ):
        _Node(config).live()
    return 0


@contextlib.contextmanager
def port_held(bind: str, port: int) -> Iterator[None]:
    """Keep the port from every other program but our own web process; raise ConfigError when it is taken.

    granian shares its port (SO_REUSEPORT), so two nodes told the same one would each get half of the requests.
    A socket bound here without SO_REUSEADDR, never listening, stops the second at its probe.
    """
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family) as probe, socket.socket(family) as keeper:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            probe.bind((bind, port))
            probe.close()
            keeper.bind((bind, port))
        except OSError as refused:
            if refused.errno == errno.EADDRINUSE:
                raise ConfigError("node.port_busy", port=port, other=port + 10) from None
            raise ConfigError("node.port_denied", bind=bind, port=port, reason=refused.strerror or refused) from None
        yield


class _Node:
    """The processes of one node and their order."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._database = database.of(config)
        self._web = Child("web", "yifang.node.web", environment=self._as("web"))
        # What takes in comes down before the pages, what follows it up after them.
        self._jobs, self._watch, self._doors = (
            Child(name, "yifang.cli", [name], environment=self._as("jobs")) for name in ("jobs", "watch", "doors")
        )
        shown = "yifang.node.county" if config.county else "yifang.node.demo"
        self._demo = Child("demo", shown, environment=self._as("owner"))

    def live(self) -> None:
        """Start, watch, and whatever happens stop in order."""
        try:
            if self._config.county is not None and not (self._config.county / "county.json").is_file():
                self._say("造一个虚构的县 · making a fictional county")
                self._make(self._config.county)
            self._say("启动数据库 · starting the database")
            self._database.start()
            if not freshness.is_fresh(self._config, self._database):
                self._say("更新数据库结构 · bringing the database up to date")
                self._migrate()
            self._web.start()
            self._until_served()  # before jobs: while both load, neither core is left for the first page
            for child in (self._jobs, self._watch, self._doors):
                child.start()
            self._say(f"医防已就绪 · Yifang is ready: {address(self._config)}")
            if self._config.demo or self._config.county:
                self._demo.start()
            while True:
                self._keep(self._web, self._jobs, self._watch, self._doors)
                time.sleep(_GLANCE)
        finally:
            for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(name, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it running
            self._say("正在停止 · stopping")
            for child in (self._demo, self._watch, self._doors, self._web, self._jobs):
                child.stop()
            self._database.stop()

    def _keep(self, *children: Child) -> None:
        try:
            if self._database.ensure():
                self._say("database: 已重启 started again")
        except ConfigError as failed:  # a full disk may be emptied: keep the rest, try again
            self._say(failed.render(self._config.lang))
            time.sleep(2)
        for child in children:
            if line := child.keep():
                self._say(line)

    def _migrate(self) -> None:
        self._once(Child("migrate", "yifang.cli", ["migrate"], environment=self._as("owner")), "node.migrate_failed")

    def _make(self, county: Path) -> None:
        self._once(Child("world", "yifang.cli", ["world", "make", "--out", str(county)]), "node.county_failed")

    def _once(self, child: Child, failed: str) -> None:
        """Run a child to its end; a ConfigError of the code `failed` where it ends with anything but 0."""
        child.start()
        try:
            code = child.wait()
        finally:
            child.stop()
        if code:
            raise ConfigError(failed, code=code)

    def _until_served(self) -> None:
        """Wait until the pages answer, whatever they say, keeping web and database alive meanwhile."""
        host, port = _reach(self._config)
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                asked = http.client.HTTPConnection(host, port, timeout=5)
                asked.request("GET", "/healthz")
                asked.getresponse()
                return
            self._keep(self._web)
            time.sleep(0.05)

    def _as(self, role: str) -> dict[str, str]:
        return {**self._config.environment(), "YIFANG_DB_ROLE": role}

    def _say(self, line: str) -> None:
        print(f"yifang | {line}", flush=True)


def address(config: Config) -> str:
    """Where a browser on this machine finds the node."""
    host, port = _reach(config)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def _reach(config: Config) -> tuple[str, int]:
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}
    return everywhere.get(config.bind, config.bind), config.port


def _tell(number: int, frame: FrameType | None) -> None:
    raise _Told
