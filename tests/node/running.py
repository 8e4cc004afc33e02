"""One whole node for a test: `yifang run` in a data folder of its own, and what a bystander can see of it."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from yifang.node import config, database

ROOT = Path(__file__).parents[2]
PATIENCE = 90  # seconds; a busy two-core machine


class Node:
    """One `yifang run` and what a bystander can see of it."""

    def __init__(self, data: Path, **more: str) -> None:
        with socket.socket() as probe, socket.socket() as other:
            probe.bind(("127.0.0.1", 0))
            other.bind(("127.0.0.1", 0))
            port, mllp = probe.getsockname()[1], other.getsockname()[1]
        told = {"port": str(port), "mllp_port": str(mllp), "name": "试验节点", "web_workers": "1", **more}
        self.config = config.load(told, {"YIFANG_DATA": str(data)}, data)
        self.environment = {"PATH": os.environ["PATH"], **self.config.environment()}
        self.output = data / "output"

    def start(self) -> None:
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "yifang.cli", "run"], env=self.environment, stdout=output, stderr=output
            )

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)

    def yifang(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "yifang.cli", *words],
            env={**self.environment, **environment}, capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip

    def get(self, path: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        asked = http.client.HTTPConnection("127.0.0.1", self.config.port, timeout=10)
        asked.request("GET", path)
        answer = asked.getresponse()
        return answer.status, answer.headers, answer.read()

    def health(self) -> dict[str, object]:
        try:
            status, _, body = self.get("/healthz")
        except OSError:
            return {"ok": False}
        state = json.loads(body)
        assert (status == 200) is state["ok"]
        return state

    def until(self, condition, what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, f"not {what}:\n{self.output.read_text()}"
            time.sleep(0.1)

    def processes(self) -> dict[str, int]:
        """The pids of the parts, by name; `worker` is granian's child."""
        found = {}
        for line in children(self.process.pid):
            for name, sign in (
                ("postgres", "/bin/postgres"),
                ("web", "yifang.node.web"),
                ("jobs", "yifang.cli jobs"),
                ("watch", "yifang.cli watch"),
                ("doors", "yifang.cli doors"),
            ):
                if sign in line[1]:
                    found[name] = line[0]
        if "web" in found:
            workers = children(found["web"])
            found["worker"] = workers[-1][0] if workers else 0
        return found

    def with_county(self, password: str = "") -> None:
        """Fill it with the county of `tests.apps`; with a password all of its people can sign in."""
        made = self.python("from tests import apps; import sys; apps.county(sys.argv[1])", password)
        assert made.returncode == 0, made.stderr

    def python(self, code: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a line of Python with Django as the owner of this node's database."""
        environment = {
            **self.environment, "YIFANG_DB_ROLE": "owner", "DJANGO_SETTINGS_MODULE": "yifang.node.settings",
        }  # fmt: skip
        return subprocess.run(
            [sys.executable, "-c", f"import django; django.setup(); {code}", *words],
            env=environment, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip

    def connect(self) -> psycopg.Connection:
        """A connection as the owner of its tables, whom no policy holds."""
        return psycopg.connect(database.of(self.config).dsn("owner"), autocommit=True)


@contextmanager
def running(**more: str) -> Iterator[Node]:
    """A node in a throw-away folder with `more` settings, up until the block ends."""
    data = Path(tempfile.mkdtemp(prefix="yn-"))  # short, and open to PostgreSQL's user
    data.chmod(0o711)
    node = Node(data, **more)
    node.start()
    try:
        node.until(lambda: node.health()["ok"], "up")
        yield node
    finally:
        node.stop()
        shutil.rmtree(data, ignore_errors=True)


def children(parent: int) -> list[tuple[int, str]]:
    shown = subprocess.run(["ps", "-ww", "-o", "pid=,args=", "--ppid", str(parent)], capture_output=True, text=True)
    return [(int(line.split(None, 1)[0]), line.split(None, 1)[1]) for line in shown.stdout.splitlines()]
