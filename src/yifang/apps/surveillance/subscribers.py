"""What surveillance does when the ledger tells of a case."""

from collections.abc import Sequence

from yifang.apps.ledger.subscriptions import Heard, subscribe
from yifang.apps.surveillance.services import consider

CASES = ("reporting.case_made", "reporting.case_joined", "reporting.case_changed")


def register() -> None:
    """Called once, when the app is ready."""
    subscribe("surveillance.single_case", CASES, on_case)


def on_case(heard: Sequence[Heard]) -> None:
    """Let each case raise its signal; a case heard of twice raises nothing more."""
    for entry in heard:
        if entry.subject is not None:
            consider(entry.subject)
