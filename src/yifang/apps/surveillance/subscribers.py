"""What surveillance does when the ledger tells of cases and suspicions, and when visits were identified."""

from collections.abc import Collection, Sequence
from uuid import UUID

from yifang.apps.ledger.subscriptions import Heard, subscribe
from yifang.apps.records.models import Record
from yifang.apps.surveillance import counting
from yifang.apps.surveillance.relaying import urgent
from yifang.apps.surveillance.services import (
    consider,
    consider_suspicion,
    consider_units,
    note,
    watched,
    watched_suspicions,
)

CASES = (*(f"reporting.case_{what}" for what in ("made", "joined", "changed", "excluded")), "reporting.cases_taken")


def register() -> None:
    """Called once, when the app is ready."""
    subscribe("surveillance.counts", CASES, count)
    subscribe("surveillance.single_case", CASES, on_cases)
    subscribe("surveillance.suspicions", urgent.LEDGER, on_suspicions)


def count(heard: Sequence[Heard]) -> None:
    """Count the cases as they stand now, whatever happened to them; their series are judged soon after."""
    note(counting.count_cases(_cases(heard)))


def count_visits(records: Sequence[tuple[Record, Sequence[str]]], gone: Collection[UUID]) -> None:
    """Count the visits that were identified, and judge their series soon after."""
    note(counting.count_visits(records, gone))


def on_cases(heard: Sequence[Heard]) -> None:
    """Let each case raise its signal, or leave it, by itself and in its units; heard twice it changes nothing more."""
    cases = _cases(heard)
    for case in watched(cases):
        consider(case)
    consider_units(cases)


def on_suspicions(heard: Sequence[Heard]) -> None:
    """A strong suspicion of what is watched singly is a signal before it is a case."""
    told = dict.fromkeys(entry.subject for entry in heard if entry.subject is not None)
    for suspicion in watched_suspicions(list(told)):
        consider_suspicion(suspicion)


def _cases(heard: Sequence[Heard]) -> list[UUID]:
    """The cases that the entries are about, each once; an entry of many names them."""
    found: dict[UUID, None] = {}
    for entry in heard:
        if entry.kind == "reporting.cases_taken":
            found.update((UUID(case), None) for case in entry.facts["cases"])
        elif entry.subject is not None:
            found[entry.subject] = None
    return list(found)
