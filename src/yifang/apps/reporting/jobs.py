"""The long work of reporting: judging again what became late while nobody did anything."""

import threading

from yifang.apps.reporting import quality

_OVERDUE_SECONDS = 300.0


def judge_overdue(stop: threading.Event) -> None:
    """Every few minutes judge the cards whose limit has passed, until `stop` is set."""
    while not stop.wait(_OVERDUE_SECONDS):
        while not stop.is_set() and quality.judge_overdue():
            pass
