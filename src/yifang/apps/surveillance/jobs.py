"""The long work of surveillance: series judged as they change, the counts brought together every few minutes."""

import threading

from yifang.apps.surveillance import counting
from yifang.apps.surveillance.services import judge_due

_COMPACT_SECONDS, _WATCH_SECONDS = 300.0, 1.0


def watch(stop: threading.Event) -> None:
    """Judge the series that changed, within a second or two, until `stop` is set."""
    while not stop.wait(_WATCH_SECONDS):
        while not stop.is_set() and judge_due():
            pass


def compact(stop: threading.Event) -> None:
    """Bring the rows of each key together, a part at a time, until `stop` is set."""
    while not stop.wait(_COMPACT_SECONDS):
        while not stop.is_set() and counting.compact() is not None:
            pass
