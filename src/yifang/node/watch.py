"""The watch process (`yifang watch`): what lies in the feeds' folders and in the views of hospitals' databases.

Apart from jobs, which follow up what came in: both work on a large file at once, each on a processor of its own.
"""

import argparse
import os
import signal
import threading

from yifang.node import lifeline
from yifang.node.jobs import give_way, running_loops

HELP = "读取文件夹和数据库视图的进程 · the process that reads folders and views"


def configure(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(args: argparse.Namespace) -> int:
    """Watch until SIGTERM or SIGINT."""
    told = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda number, frame: told.set())
    lifeline.follow_supervisor(lambda: os.kill(os.getpid(), signal.SIGTERM))
    give_way()
    with running_loops("watch"):
        told.wait()
    return 0
