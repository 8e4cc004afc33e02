"""Every file of a topic folder of the shared fixtures, by `identify` and by `intake`, as a person would call them.

Each figure is one whole command: start of Python, packs, reading, and for the intake the database with its ledger.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.node import running

Figure = tuple[str, float, str, float]
TOPICS = ("hl7v2", "elr-pairs", "fhir", "cda", "tabular")
MOST = 30.0  # seconds


def run() -> list[Figure]:
    """Seconds of each command. Raises RuntimeError where the shared material is absent or a command fails."""
    fixtures = Path(os.environ.get("YIFANG_SHARED") or Path(__file__).parents[2] / "shared") / "fixtures"
    if not fixtures.is_dir():
        raise RuntimeError(f"no shared material at {fixtures.parent}: set YIFANG_SHARED")
    figures = [(f"identify {topic}/", _seconds("identify", fixtures / topic, "--json"), "s", MOST) for topic in TOPICS]
    with running():
        _feed()
        for topic in TOPICS:
            figures.append((f"intake {topic}/", _seconds("intake", fixtures / topic, "--feed", "bench"), "s", MOST))
    return figures


def _feed() -> None:
    from yifang.apps.intake.models import Feed
    from yifang.apps.places.models import Organisation

    hospital = Organisation.objects.create(code="H31011299", name="基准医院", kind="hospital", area_code="310112")
    Feed.objects.create(code="bench", name="HIS", organisation=hospital, folder="bench")


def _seconds(command: str, *words: object) -> float:
    called = [sys.executable, "-m", "yifang.cli", command, *map(str, words)]
    started = time.perf_counter()
    done = subprocess.run(called, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"yifang {command} ended with {done.returncode}: {done.stderr[-2000:]}")
    return time.perf_counter() - started
