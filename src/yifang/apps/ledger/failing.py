"""What becomes of an entry that a subscriber cannot take: tried again later and later, then set aside.

Up to `ATTEMPTS` the subscriber waits before it: most failures pass (a lock, a file that is being written), and until
then all stays in order. After that it is set aside and the subscriber goes on. Later entries of the same subject are
held behind it, because handlers follow one subject from state to state (a card returned, then deleted) and a later step
taken before an earlier one could be undone by it; between subjects no handler relies on order. What is set aside is
tried on, at most hourly, for a mended program or pack takes it; an administrator need not wait (`retry`).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import structlog
from django.db import OperationalError, connection, transaction

from yifang.apps.ledger.models import Cursor, Failure
from yifang.apps.ledger.services import Actor, Change, append
from yifang.kernel import clock
from yifang.kernel.errors import NotFound, place_of

log = structlog.get_logger(__name__)

ATTEMPTS = 5
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=0.5), timedelta(hours=1)
_AT_ONCE = 100  # retried in one pass


class Keeper(Actor, Protocol):
    """Who asks for another try."""

    def check(self, permission: str) -> None: ...


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many failures: half a second, four times as long each time, at most an hour."""
    return min(_FIRST_WAIT * 4 ** min(attempts - 1, 10), _LONGEST_WAIT)


def raise_if_the_database_is_gone(error: Exception) -> None:
    """That is no fault of an entry: the pump starts again and nothing is counted. Raises OperationalError."""
    if not connection.is_usable():
        raise OperationalError(f"the database went away: {place_of(error)}") from None


def is_waiting(subscriber: str) -> bool:
    """Whether the subscriber stands before an entry whose next try is not due."""
    return Failure.objects.filter(subscriber=subscriber, aside=False, next_try_at__gt=clock.now()).exists()


def note(subscriber: str, seq: int, subject: UUID | None, error: Exception) -> bool:
    """Count the failure. Returns whether the subscriber may go on, because the entry was just set aside."""
    with transaction.atomic():
        now, told = clock.now(), place_of(error)[:200]
        failure, _ = Failure.objects.select_for_update().get_or_create(
            subscriber=subscriber, seq=seq, defaults={"subject": subject, "first_at": now, "next_try_at": now}
        )
        failure.error, failure.attempts = told, failure.attempts + 1
        failure.next_try_at = now + wait_after(failure.attempts)
        newly_aside = not failure.aside and failure.attempts >= ATTEMPTS
        if newly_aside:
            failure.aside = True
            Cursor.objects.filter(name=subscriber).update(seq=seq)
        failure.save()
    log.error("subscriber failed", subscriber=subscriber, seq=seq, error=told, attempts=failure.attempts)
    return newly_aside


def hold(subscriber: str, subjects: Mapping[int, UUID | None]) -> set[int]:
    """Put aside those entries (seq → subject) whose subject has one aside already. Returns their numbers."""
    stuck = Failure.objects.filter(subscriber=subscriber, aside=True, subject__in=set(subjects.values()) - {None})
    behind = set(stuck.values_list("subject", flat=True))
    held = {seq: subject for seq, subject in subjects.items() if subject in behind}
    now = clock.now()
    Failure.objects.bulk_create(
        Failure(subscriber=subscriber, seq=seq, subject=subject, aside=True, first_at=now, next_try_at=now)
        for seq, subject in held.items()
    )
    return set(held)


def passed(subscriber: str, reached: int) -> None:
    """The subscriber has taken all up to `reached`: what it waited for before is over."""
    Failure.objects.filter(subscriber=subscriber, aside=False, seq__lte=reached).delete()


def due(subscriber: str) -> list[Failure]:
    """What to try again now: of each subject only the first entry, the others wait behind it."""
    aside = Failure.objects.filter(subscriber=subscriber, aside=True)
    first = aside.filter(subject__isnull=False).order_by("subject", "seq").distinct("subject")
    waiting = [*first, *aside.filter(subject__isnull=True)]
    now = clock.now()
    return sorted((one for one in waiting if one.next_try_at <= now), key=lambda one: one.seq)[:_AT_ONCE]


def taken(failure: Failure) -> bool:
    """Take the row away, in the transaction of the entry's work. False where another process did."""
    return bool(Failure.objects.filter(id=failure.id).delete()[0])


def retry(failure_id: int, viewer: Keeper) -> None:
    """Try an entry at the next turn instead of later. Raises NotFound `ledger.no_failure`."""
    viewer.check("ledger.retry")
    with transaction.atomic():
        failure = Failure.objects.filter(id=failure_id).first()
        if failure is None:
            raise NotFound("ledger.no_failure")
        Failure.objects.filter(id=failure_id).update(next_try_at=clock.now())
        facts = {"subscriber": failure.subscriber, "seq": failure.seq, "attempts": failure.attempts}
        append(Change("ledger.retried", "failure", None, facts=facts), viewer)


def set_aside() -> int:
    """How many entries subscribers could not take, those that wait behind them not counted: for `/healthz`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT yf_set_aside()")
        return int(cursor.fetchone()[0])
