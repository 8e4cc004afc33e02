"""The processes a supervisor keeps: again after a death, with pauses; nothing of them left behind."""

import os
import subprocess
import sys
import time

import pytest

from yifang.node import child as processes
from yifang.node.child import Child


def until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def module(tmp_path, monkeypatch):
    """`module(text)` makes a module that a Child can run, and gives its name."""

    def make(text: str) -> str:
        (tmp_path / "kept.py").write_text(text)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        return "kept"

    return make


def test_it_is_started_again_after_growing_pauses(module, monkeypatch):
    monkeypatch.setattr(processes, "FIRST_WAIT", 0.05)
    child = Child("kept", module("raise SystemExit(3)"))
    child.start()
    starts, lines = [], []
    deadline = time.monotonic() + 20
    while len(starts) < 4 and time.monotonic() < deadline:
        if line := child.keep():
            lines.append(line)
            if "pid" in line:
                starts.append(time.monotonic())
        time.sleep(0.005)
    child.stop()
    assert len(starts) == 4
    assert starts[3] - starts[2] > starts[1] - starts[0]
    assert "(3)" in lines[0]


def test_what_a_killed_one_leaves_behind_goes_too(module, tmp_path):
    pid_file = tmp_path / "grandchild"
    code = (
        "import subprocess, sys, time, pathlib\n"
        "kept = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(kept.pid))\n"
        "time.sleep(60)\n"
    )
    child = Child("kept", module(code))
    child.start()
    until(lambda: pid_file.exists() and pid_file.read_text())
    grandchild = int(pid_file.read_text())
    assert lives(grandchild)
    os.kill(child.pid, 9)
    until(lambda: not child.alive())
    child.keep()
    until(lambda: not lives(grandchild))
    child.stop()


def test_one_that_will_not_end_is_killed(module, tmp_path):
    ready = tmp_path / "ready"
    code = (
        "import signal, time, pathlib\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"pathlib.Path({str(ready)!r}).touch()\ntime.sleep(60)\n"
    )
    child = Child("kept", module(code))
    child.start()
    until(ready.exists)
    pid = child.pid
    child.stop(patience=0.2)
    assert not lives(pid)


def test_a_child_ends_when_its_supervisor_is_killed(tmp_path):
    pid_file = tmp_path / "pid"
    kept = (
        "import os, time, pathlib\nfrom yifang.node import lifeline\n"
        "lifeline.follow_supervisor(lambda: os._exit(0))\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(os.getpid()))\ntime.sleep(60)\n"
    )
    (tmp_path / "kept.py").write_text(kept)
    code = "import time\nfrom yifang.node.child import Child\nChild('kept', 'kept').start()\ntime.sleep(60)\n"
    supervisor = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(tmp_path)})
    until(lambda: pid_file.exists() and pid_file.read_text())
    pid = int(pid_file.read_text())
    supervisor.kill()
    supervisor.wait()
    until(lambda: not lives(pid))
