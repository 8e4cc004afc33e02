"""One process that the supervisor keeps alive, started again with growing pauses when it dies.

It leads a process group of its own: Ctrl-C does not reach it (the supervisor stops things in order), and what it
leaves behind when it is killed (a web worker that still holds the port) goes with the group.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from yifang.node import lifeline

FIRST_WAIT, LAST_WAIT = 0.2, 30.0  # seconds
_SETTLED = 20.0  # alive so long, a process counts as well again


class Child:
    """`python -m module arguments` with `environment` added to ours."""

    def __init__(
        self, name: str, module: str, arguments: Sequence[str] = (), environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._command = [sys.executable, "-m", module, *arguments]
        self._environment = {**os.environ, **(environment or {}), lifeline.PARENT: str(os.getpid())}
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._wait = FIRST_WAIT
        self._again_at = 0.0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            self._command, env=self._environment, stdin=subprocess.DEVNULL, start_new_session=True
        )
        self._started = time.monotonic()

    def alive(self) -> bool:
        """Whether it runs now."""
        return self._process is not None and self._process.poll() is None

    def keep(self) -> str | None:
        """Start it again if it died and its pause is over; a line about it when something happened."""
        if self.alive():
            if time.monotonic() - self._started > _SETTLED:
                self._wait = FIRST_WAIT
            return None
        if self._process is not None:
            self._sweep()
            code = self._process.returncode
            self._process = None
            self._again_at = time.monotonic() + self._wait
            self._wait = min(self._wait * 2, LAST_WAIT)
            return f"{self.name}: 已退出 exited ({code})"
        if time.monotonic() >= self._again_at:
            self.start()
            return f"{self.name}: 已重启 started again (pid {self.pid})"
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code. Raises subprocess.TimeoutExpired."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process.wait(timeout)

    def stop(self, patience: float = 15) -> None:
        """Ask it to end, wait, then kill it and whatever is left of its group."""
        if self._process is None:
            return
        if self.alive():
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
        self._sweep()
        self._process.wait()
        self._process = None

    def _sweep(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
