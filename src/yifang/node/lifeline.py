"""No process of a node outlives the one that started it, even when that one is killed.

A child asks every half second whether its parent is still the one it was born of; the way that works on every Unix,
and without a pipe that some grandchild might hold open.
"""

import os
import threading
import time
from collections.abc import Callable

PARENT = "YIFANG_PARENT"  # the supervisor's pid, told to its children; absent when a person started us


def follow_supervisor(end: Callable[[], None]) -> None:
    """Call `end` when the supervisor that started this process is gone; nothing where there is none."""
    if parent := os.environ.get(PARENT):
        follow(int(parent), end)


def follow(parent: int, end: Callable[[], None]) -> None:
    """Call `end` once, in a thread, when this process is no longer the child of process `parent`."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        end()

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
