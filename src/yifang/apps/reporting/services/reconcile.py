"""Taking national numbers and entry times from a file that was exported from the national system.

`preview` says which line is which card and changes nothing; `confirm` records what a person agreed to, each line by
itself. Kept are row numbers, national numbers and card ids, never who anybody is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import Change, append, looked
from yifang.apps.reporting import policy, versions
from yifang.apps.reporting.models import Card, CardVersion, EntrySource, Reconciliation
from yifang.apps.reporting.reconciling import Candidate, Line, Match, Verdict, match, read_export
from yifang.apps.reporting.rules import Answers, Situation
from yifang.apps.reporting.services.entering import check_entry, record_entry
from yifang.kernel import clock
from yifang.kernel.errors import NotFound, UserError, WrongState, YifangError
from yifang.kernel.ids import new_id
from yifang.knowledge import load

LARGEST = 20_000_000  # bytes
_MOST = 2000  # cards that wait for their number; who has more should enter some


@dataclass(frozen=True, slots=True)
class Outcome:
    """Rows that were recorded, and those that were not, each with its reason."""

    done: tuple[int, ...]
    refused: tuple[tuple[int, YifangError], ...]


def preview(name: str, data: bytes, viewer: Viewer) -> Reconciliation:
    """Hold the file against the cards that the viewer may enter and that lack a number; leaves an access entry.

    Raises as `read_export`.
    """
    viewer.check("card.enter")
    lines = read_export(data, name, load())
    with transaction.atomic():
        waiting = [card for card in _waiting(viewer) if policy.can(card, "enter", viewer)]
        looked("card.reconciled", "card", None, viewer, cards=len(waiting), lines=len(lines))
        by_id = {card.id: card for card in waiting}
        matches = match(lines, _candidates(waiting), _recorded(lines))
        made = Reconciliation(
            id=new_id(), file_name=name[-200:], digest=sealing().index("file", sha256(data).hexdigest()),
            lines=[_kept(one, by_id) for one in matches], made_at=clock.now(), made_by_id=viewer.user_id,
        )  # fmt: skip
        made.save(force_insert=True)
    return made


def confirm(reconciliation_id: UUID, chosen: Mapping[int, UUID], viewer: Viewer) -> Outcome:
    """Record number and time for the lines of `chosen` (row → card): each must be what the preview offered.

    Raises NotFound `reporting.no_reconciliation`, WrongState `reporting.reconciled_already`, UserError
    `reporting.reconcile_choice` for a card that the preview did not offer, or one card for two lines.
    """
    viewer.check("card.enter")
    done: list[int] = []
    refused: list[tuple[int, YifangError]] = []
    with transaction.atomic():
        made = Reconciliation.objects.select_for_update().filter(id=reconciliation_id).first()
        if made is None:
            raise NotFound("reporting.no_reconciliation")
        if made.confirmed_at is not None:
            raise WrongState("reporting.reconciled_already")
        offered = {line["row"]: line for line in made.lines}
        wrong = [row for row, card in chosen.items() if str(card) not in offered.get(row, {}).get("cards", ())]
        if wrong or len(set(chosen.values())) < len(chosen):
            raise UserError("reporting.reconcile_choice", rows=wrong)
        for row, card in sorted(chosen.items()):
            try:
                record_entry(
                    card, viewer, national_card_id=offered[row]["number"],
                    entered_at=datetime.fromisoformat(offered[row]["entered_at"]), source=EntrySource.RECONCILED,
                )  # fmt: skip
                done.append(row)
            except YifangError as error:
                refused.append((row, error))
        made.confirmed_at = clock.now()
        made.save(update_fields=["confirmed_at"])
        facts = {"entered": len(done), "refused": len(refused), **Counter(line["verdict"] for line in made.lines)}
        append(
            Change(
                "reporting.reconciled", "reconciliation", made.id, facts=facts, digest=bytes(made.digest).hex(),
                scopes=[viewer.scopes[-1]],
            ),
            viewer,
        )  # fmt: skip
    return Outcome(tuple(done), tuple(refused))


def _waiting(viewer: Viewer) -> Sequence[Card]:
    """Cards that may be entered and are not: the policies keep out what the viewer does not see."""
    rows = Card.objects.filter(state__in=policy.VERBS["enter"].states, entered_at__isnull=True, merged_into=None)
    if viewer.scopes[-1].startswith("org:"):
        rows = rows.filter(organisation_id=viewer.organisation_id)
    return rows.order_by("report_due_at", "id")[:_MOST]


def _candidates(waiting: Sequence[Card]) -> list[Candidate]:
    """What each card says, by the answers in force."""
    numbers = {card.id: card.sent_version or card.version for card in waiting}
    answers = {
        version.card_id: versions.answers_of(version)
        for version in CardVersion.objects.filter(card__in=numbers)
        if version.number == numbers[version.card_id]
    }
    found = []
    for card in waiting:
        read = Answers(answers[card.id], Situation(load(), clock.now(), card.report_area))
        found.append(
            Candidate(
                card.id, card.card_no, read.text("name"), read.text("id_no"), card.disease, read.day("birth_date"),
                card.onset_date,
            )
        )  # fmt: skip
    return found


def _recorded(lines: Sequence[Line]) -> dict[str, datetime]:
    """Entry times, to the minute, of the numbers that stand on cards the viewer sees."""
    numbers = {line.national_card_id for line in lines if line.national_card_id}
    rows = Card.objects.filter(national_card_id__in=numbers, entered_at__isnull=False)
    return {
        number: at.replace(second=0, microsecond=0)
        for number, at in rows.values_list("national_card_id", "entered_at")
        if at is not None
    }


def _kept(one: Match, waiting: Mapping[UUID, Card]) -> dict[str, Any]:
    """The line as it is kept; a match that the entry's own rules refuse says so already in the preview."""
    line = one.line
    kept: dict[str, Any] = {
        "row": line.row, "verdict": one.verdict, "number": line.national_card_id, "card_no": line.card_no,
        "entered_at": line.entered_at.isoformat() if line.entered_at else "", "cards": [str(id) for id in one.cards],
    }  # fmt: skip
    if one.verdict == Verdict.UNREADABLE:
        kept |= {"code": "reporting.export_cell", "params": {"row": line.row, "column": line.fault}}
    elif one.verdict == Verdict.MATCHED:
        try:
            check_entry(waiting[one.cards[0]], line.national_card_id, line.entered_at)
        except UserError as error:
            kept |= {"verdict": Verdict.UNREADABLE, "cards": [], "code": error.code, "params": error.params}
    return kept
