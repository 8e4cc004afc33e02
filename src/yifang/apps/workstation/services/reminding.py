"""Reminders of care: which of those that fit a visit are shown to its doctor, and why one is closed.

Quiet by the pack's own measure: a few in a visit, not again within its days for that patient, never in a trial, and
never so that they stop anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from yifang import advise
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import Change, append
from yifang.apps.reporting.presenting import steps
from yifang.apps.reporting.rulebook import in_force
from yifang.apps.reporting.services import trials
from yifang.apps.workstation.models import Reminder
from yifang.formats.canonical import Record
from yifang.kernel import clock
from yifang.kernel.errors import NotFound, UserError
from yifang.kernel.ids import new_id
from yifang.knowledge import load

WINDOW = "window"


@dataclass(frozen=True, slots=True)
class Shown:
    """A reminder that is shown now: the row that closing it names, and what it says."""

    id: UUID
    advice: advise.Advice


def remind(
    visit: Sequence[Record], earlier: Sequence[Record], about: Sequence[bytes], viewer: Viewer, *, where: str = WINDOW
) -> list[Shown]:
    """Show the viewer what fits the visit of the patient whose numbers hash to `about`, the surest first.

    `where`: the window, or the hook of a CDS Hooks client, which is told only what the pack says it should be, once.
    """
    organisation = viewer.organisation_id
    if not about or organisation is None or trials.running([organisation]):
        return []
    knowledge = in_force()
    book, quiet = advise.book(knowledge), knowledge.reminders.quiet
    advised = frozenset(disease for disease in book.advised if steps.advice(viewer, disease))
    found = [
        one
        for one in book.remind(visit, earlier, advised=advised)
        if where == WINDOW or where in one.reminder.hooks
    ]  # fmt: skip
    if not found:
        return []
    since = clock.now() - timedelta(days=quiet.again_days)
    rows = Reminder.objects.filter(organisation_id=organisation, about__in=list(about), shown_at__gte=since)
    known = {row.rule: row for row in rows.order_by("shown_at")}
    room = quiet.at_once - sum(_of_today(row) and row.closed_at is not None for row in known.values())
    shown: list[Shown] = []
    fresh: list[Reminder] = []
    for one in found:
        if len(shown) >= room:
            break
        row = known.get(one.reminder.id)
        if row is None:
            row = Reminder(
                id=new_id(), organisation_id=organisation, user_id=viewer.user_id, department=viewer.department[:60],
                about=about[0], rule=one.reminder.id, pack_digest=knowledge.digest, where=where, shown_at=clock.now(),
            )  # fmt: skip
            fresh.append(row)
        elif where != WINDOW or not _still_open(row, viewer):
            continue
        shown.append(Shown(row.id, one))
    if fresh:
        Reminder.objects.bulk_create(fresh)
        append([_change("shown", row) for row in fresh], viewer)
    return shown


def close_reminder(reminder_id: UUID, viewer: Viewer, *, code: str, note: str = "") -> None:
    """The doctor closes a reminder, for a reason of the pack.

    Raises NotFound `workstation.no_reminder`, UserError `workstation.reminder_reason`, `workstation.reminder_words`.
    """
    reason, note = load().reminders.reason(code), note.strip()[:200]
    if reason is None:
        raise UserError("workstation.reminder_reason")
    if reason.words and not note:
        raise UserError("workstation.reminder_words")
    with transaction.atomic():
        row = Reminder.objects.select_for_update().filter(id=reminder_id, user_id=viewer.user_id).first()
        if row is None:
            raise NotFound("workstation.no_reminder")
        if row.closed_at is not None:  # said once: a second word changes nothing
            return
        row.reason_code, row.reason, row.closed_at = code, note, clock.now()
        row.save(update_fields=["reason_code", "reason", "closed_at"])
        append(_change("closed", row), viewer)


def _still_open(row: Reminder, viewer: Viewer) -> bool:
    """Whether it is of this visit and not answered: it stays where it is until the day is over."""
    return row.closed_at is None and row.user_id == viewer.user_id and _of_today(row)


def _of_today(row: Reminder) -> bool:
    return row.shown_at.astimezone(clock.CHINA).date() == clock.today()


def _change(what: str, row: Reminder) -> Change:
    facts = {"rule": row.rule} | ({"reason": row.reason_code} if row.reason_code else {})
    scopes = [f"org:{row.organisation_id}"]
    return Change(f"workstation.reminder_{what}", "reminder", row.id, facts=facts, scopes=scopes)
