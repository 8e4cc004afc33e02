"""The long work of reporting: what became late, rules tried on history, zero reports due, nightly audits, trials."""

import threading
from uuid import UUID

from procrastinate.contrib.django import app

from yifang.apps.reporting import quality
from yifang.apps.reporting.missed import criticals, nights
from yifang.apps.reporting.rulebook import trying
from yifang.apps.reporting.services import scans, trials, zero
from yifang.apps.reporting.services.rulebook import TRY_TASK

_OVERDUE_SECONDS, _ZERO_SECONDS, _NIGHT_SECONDS, _TRIAL_SECONDS = 300.0, 60.0, 120.0, 60.0


@app.task(name=TRY_TASK)
def try_rules(trial: str) -> None:
    """Read the stored records by the rules in force and by the tried ones."""
    trying.run(UUID(trial))


@app.task(name=scans.TASK)
def read_scan(scan: str) -> None:
    """Read a picture of a paper card."""
    scans.read_scan(UUID(scan))


def judge_overdue(stop: threading.Event) -> None:
    """Every few minutes judge the cards whose limit has passed, until `stop` is set."""
    while not stop.wait(_OVERDUE_SECONDS):
        while not stop.is_set() and quality.judge_overdue():
            pass


def ask_zero(stop: threading.Event) -> None:
    """Every minute ask for the zero reports whose period is over, until `stop` is set."""
    while not stop.wait(_ZERO_SECONDS):
        zero.ask_due()


def audit_nights(stop: threading.Event) -> None:
    """Look now and then whether a hospital's audit of this night is still to be done, and whether critical values wait
    for an answer, until `stop` is set."""
    while not stop.wait(_NIGHT_SECONDS):
        nights.audit_due(stop.is_set)
        criticals.remind()


def watch_trials(stop: threading.Event) -> None:
    """Every minute look at the quiet trials that end soon or have ended, until `stop` is set."""
    while not stop.wait(_TRIAL_SECONDS):
        trials.watch()
