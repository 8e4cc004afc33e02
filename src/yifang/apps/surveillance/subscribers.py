"""What surveillance does when the ledger tells of a case."""

from collections.abc import Sequence

from yifang.apps.ledger.subscriptions import Heard, subscribe
from yifang.apps.surveillance import counting
from yifang.apps.surveillance.services import consider

CASES = tuple(f"reporting.case_{what}" for what in ("made", "joined", "changed", "excluded"))


def register() -> None:
    """Called once, when the app is ready."""
    subscribe("surveillance.counts", CASES, count)
    subscribe("surveillance.single_case", CASES, on_case)


def count(heard: Sequence[Heard]) -> None:
    """Count the cases as they stand now, whatever happened to them."""
    counting.count_cases([entry.subject for entry in heard if entry.subject is not None])


def on_case(heard: Sequence[Heard]) -> None:
    """Let each case raise its signal, or leave it; a case heard of twice changes nothing more."""
    for entry in heard:
        if entry.subject is not None:
            consider(entry.subject)
