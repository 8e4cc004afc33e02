"""The memory of the demo: an hour in which people look at its pages.

The proportional share (PSS) of every process of the node, PostgreSQL's among them, added up every ten seconds: what
would be free if the node were not there. `YIFANG_BENCH_MINUTES` makes the hour shorter for a quick look.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from itertools import cycle
from pathlib import Path

from benchmarks.node import Browser, Node, family, running

Figure = tuple[str, float, str, float]
MINUTES = float(os.environ.get("YIFANG_BENCH_MINUTES", "60"))
EVERY, THINK = 10.0, 2.0  # seconds between two sums, and between two pages
_PEOPLE = ("epidemiologist", "hospital_desk", "clinician", "duty_officer", "supervisor", "bureau")
_PAGES = (
    "/",
    "/situation/",
    "/situation/?period=year",
    "/situation/bulletin",
    "/signals/",
    "/cases/",
    "/national/",
    "/feeds/",
)
_PSS = re.compile(r"^Pss:\s+(\d+) kB$", re.MULTILINE)


def run() -> list[Figure]:
    """The largest sum in megabytes, once the demo was filled in and while it was."""
    with running("--demo") as node:
        filling = []
        while _mark(node) != "done":
            filling.append(_megabytes(node.pid))
            time.sleep(1)
        browsers = [Browser(node.port) for _ in _PEOPLE]
        password = (node.data / "demo-password").read_text(encoding="utf-8").strip()
        for name, browser in zip(_PEOPLE, browsers, strict=True):
            browser.sign_in(name, password)
        living, until, due = [], time.monotonic() + MINUTES * 60, 0.0
        for page in cycle(_PAGES):
            for browser in browsers:
                browser.get(page)
                time.sleep(THINK)
                if time.monotonic() > due:
                    living.append(_megabytes(node.pid))
                    due = time.monotonic() + EVERY
            if time.monotonic() > until:
                break
    return [
        (f"memory of the demo over {MINUTES:g} minutes, at most", max(living), "MB", 1500.0),
        ("and while it was filled in", max(filling), "MB", 1500.0),
    ]


def _mark(node: Node) -> str:
    path = node.data / "demo-state"
    return path.read_text() if path.exists() else ""


def _megabytes(root: int) -> float:
    """Of a process and all below it; one that ends meanwhile counts nothing."""
    total = 0
    for one in family(root):
        with contextlib.suppress(OSError):
            found = _PSS.search(Path(f"/proc/{one}/smaps_rollup").read_text())
            total += int(found[1]) if found else 0
    return total / 1024
