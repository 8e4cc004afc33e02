"""`./dev bench [NAME…]`: each figure beside its promise; exit 1 where one falls short."""

from __future__ import annotations

import importlib
import os
import platform
import subprocess
import sys
import time

# name → module; each has `run() -> list[Figure]`. A figure's target is a least value for rates, a most for times.
BENCHMARKS = {
    "identify": "benchmarks.identify",
    "county": "benchmarks.county_identify",
    "identify-figures": "benchmarks.identify_figures",
    "detect": "benchmarks.detect",
    "cards": "benchmarks.cards",
    "folder": "benchmarks.folder",
    "topics": "benchmarks.topics",
    "mllp": "benchmarks.mllp",
    "http": "benchmarks.http",
    "wire": "benchmarks.wire",
    "batch": "benchmarks.batch",
    "export": "benchmarks.export",
    "pages": "benchmarks.pages",
    "quality": "benchmarks.quality",
    "window": "benchmarks.window",
    "duplicates": "benchmarks.duplicates",
    "ocr": "benchmarks.ocr",
    "link": "benchmarks.link",
    "people": "benchmarks.people",
    "memory": "benchmarks.memory",
    "relay": "benchmarks.relay",
    "audit": "benchmarks.audit",
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"./dev bench: no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    if len(names) != 1:  # each in a process of its own: a node that has gone must not stay connected
        ends = [subprocess.run([sys.executable, "-m", "benchmarks", name]).returncode for name in names or BENCHMARKS]
        return max(ends)
    return _measure(names[0])


def _measure(name: str) -> int:
    load = os.getloadavg()[0]
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}")
    short = 0
    started = time.monotonic()
    for label, value, unit, target in importlib.import_module(BENCHMARKS[name]).run():
        least = unit.endswith("/s") or name == "identify-figures"  # rates and shares of what is right
        kept = value >= target if least else value <= target
        short += not kept
        wanted = f"{'≥' if least else '≤'} {target:g} {unit}"
        print(f"{name:9} {label:58} {value:10.1f} {unit:6} {wanted:14} {'ok' if kept else 'SHORT'}", flush=True)
    print(f"{name:9} took {time.monotonic() - started:.0f} s", flush=True)
    return 1 if short else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
