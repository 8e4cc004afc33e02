"""The long work of surveillance: series judged as they change, the counts brought together every few minutes."""

import threading
import time

from yifang.apps.surveillance import counting
from yifang.apps.surveillance.services import judge_due

_COMPACT_SECONDS, _WATCH_SECONDS = 300.0, 1.0
# Between two looks: so many times as long as the last one took, for in a flood every series changes all the time.
_REST, _MOST_SECONDS = 10, 3.0


def watch(stop: threading.Event) -> None:
    """Judge the series that changed, within a second or two, in a flood within a few, until `stop` is set."""
    took = 0.0
    while not stop.wait(max(_WATCH_SECONDS, min(_REST * took, _MOST_SECONDS))):
        began = time.monotonic()
        while not stop.is_set() and judge_due():
            pass
        took = time.monotonic() - began


def compact(stop: threading.Event) -> None:
    """Bring the rows of each key together, a part at a time, until `stop` is set."""
    while not stop.wait(_COMPACT_SECONDS):
        while not stop.is_set() and counting.compact() is not None:
            pass
