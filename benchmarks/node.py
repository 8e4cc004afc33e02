"""A real node for benchmarks: its own data folder, embedded PostgreSQL, web and jobs processes, and signed-in browsers.

The measuring process itself is set up as Django with the owner's role on the same data folder, to fill tables.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

PASSWORD = "benchmark-only-7319"
_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Node:
    """Where it listens and keeps its data."""

    port: int
    mllp_port: int
    data: Path
    pid: int  # of the supervisor, whose children the others are


@contextlib.contextmanager
def running(*flags: str) -> Iterator[Node]:
    """A node with an empty database, stopped and removed at the end. Django in this process signs in as owner.

    `flags`: more for `yifang run`.
    """
    data = Path(tempfile.mkdtemp(prefix="yifang-bench-"))
    data.chmod(0o711)
    port, mllp_port = _free_port(), _free_port()
    os.environ |= {
        "YIFANG_DATA": str(data), "YIFANG_PORT": str(port), "YIFANG_MLLP_PORT": str(mllp_port),
        "YIFANG_DB_ROLE": "owner", "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "yifang.node.settings", "YIFANG_DEMO": "no",
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "yifang.cli", "run", *flags], stdout=subprocess.DEVNULL)
    try:
        _wait(port, process)
        import django

        django.setup()
        yield Node(port, mllp_port, data, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        shutil.rmtree(data, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1800):
        if process.poll() is not None:
            raise RuntimeError(f"the node ended with {process.returncode}")
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError("the node did not come up in three minutes")


def family(root: int) -> list[int]:
    """The process and all below it."""
    children: dict[int, list[int]] = defaultdict(list)
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            children[parent].append(int(folder.name))
    found = [root]
    for one in found:
        found += children[one]
    return found


def processor(node: Node) -> dict[str, float]:
    """Seconds of processor that the node's processes have used, by what they are; fairer than a clock when busy."""
    used: dict[str, float] = defaultdict(float)
    for one in family(node.pid):
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{one}/cmdline").read_bytes().rstrip(b"\0").decode().split("\0")
            ticks = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[11:13]
            name = "postgres" if words[0].startswith(("postgres", "/")) and "-m" not in words else words[-1]
            used[name] += sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    return used


@dataclass
class Browser:
    """One signed-in user on one kept-alive connection."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def sign_in(self, username: str, password: str = PASSWORD) -> None:
        """Through the sign-in page, as a person does. Raises RuntimeError when refused."""
        token = form_token(self.get("/accounts/login/")[1])
        status, _ = self.post("/accounts/login/", {"login": username, "password": password}, token=token)
        if status != 302:
            raise RuntimeError(f"{username} could not sign in: {status}")

    def get(self, path: str) -> tuple[int, bytes]:
        return self._ask("GET", path, None)

    def post(self, path: str, fields: dict[str, str], token: str = "") -> tuple[int, bytes]:
        return self._ask("POST", path, urlencode({"csrfmiddlewaretoken": token, **fields}).encode())

    def _ask(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.split(";")[0]
        return answer.status, answer.read()


def form_token(page: bytes) -> str:
    """The CSRF token of a page's forms. Raises RuntimeError for a page without one."""
    found = _TOKEN.search(page)
    if found is None:
        raise RuntimeError("the page holds no form")
    return found.group(1).decode()


def quantile(values: list[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
