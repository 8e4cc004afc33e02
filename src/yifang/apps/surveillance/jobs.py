"""The long work of surveillance: the counts brought together every few minutes."""

import threading

from yifang.apps.surveillance import counting

_COMPACT_SECONDS = 300.0


def compact(stop: threading.Event) -> None:
    """Bring the rows of each key together, a part at a time, until `stop` is set."""
    while not stop.wait(_COMPACT_SECONDS):
        while not stop.is_set() and counting.compact() is not None:
            pass
