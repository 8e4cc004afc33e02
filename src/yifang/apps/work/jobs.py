"""The escalation loop: every two seconds the items whose next rung is due climb their ladder."""

import threading

from yifang.apps.ledger.services import NODE
from yifang.apps.work.escalating import escalate_due

_SECONDS = 2.0


def escalate(stop: threading.Event) -> None:
    """Run until `stop` is set. Raises when the database goes away; the jobs process starts it again."""
    while not stop.wait(_SECONDS):
        while escalate_due(NODE) and not stop.is_set():
            pass
