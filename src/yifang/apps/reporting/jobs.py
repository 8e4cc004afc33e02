"""The long work of reporting: judging again what became late while nobody did anything, a rule set tried on history."""

import threading
from uuid import UUID

from procrastinate.contrib.django import app

from yifang.apps.reporting import quality
from yifang.apps.reporting.rulebook import trying
from yifang.apps.reporting.services.rulebook import TRY_TASK

_OVERDUE_SECONDS = 300.0


@app.task(name=TRY_TASK)
def try_rules(trial: str) -> None:
    """Read the stored records by the rules in force and by the tried ones."""
    trying.run(UUID(trial))


def judge_overdue(stop: threading.Event) -> None:
    """Every few minutes judge the cards whose limit has passed, until `stop` is set."""
    while not stop.wait(_OVERDUE_SECONDS):
        while not stop.is_set() and quality.judge_overdue():
            pass
