"""Who hears what: subscribers of the change stream, at least once, in sealed order.

A subscriber's work and its cursor move in one transaction, so that what it writes to this database happens once; it
must still be idempotent towards anything outside. A failing subscriber stops at the entry that fails, says so on the
ledger page and is tried again; the others go on.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction

from yifang.apps.ledger.models import Cursor, Stream

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """A sealed entry as a subscriber hears it."""

    seq: int
    kind: str
    subject_kind: str
    subject: UUID | None
    actor: int | None
    facts: dict[str, Any]


Handler = Callable[[Sequence[Heard]], None]


@dataclass(frozen=True, slots=True)
class Subscriber:
    name: str
    kinds: frozenset[str]
    handle: Handler
    batch: int


_subscribers: dict[str, Subscriber] = {}


def subscribe(name: str, kinds: Sequence[str], handle: Handler, batch: int = 200) -> None:
    """Register a subscriber of entries of `kinds`. Raises ValueError when the name is taken by another handler."""
    if name in _subscribers and _subscribers[name].handle is not handle:
        raise ValueError(f"subscriber {name!r} is registered already")
    _subscribers[name] = Subscriber(name, frozenset(kinds), handle, batch)


def deliver_pending() -> bool:
    """Give every subscriber its next batch. Returns whether any had something to do (then call again)."""
    worked = [
        _deliver(subscriber) for subscriber in _subscribers.values()
    ]  # every one, not up to the first that worked
    return any(worked)


def _deliver(subscriber: Subscriber) -> bool:
    cursor, _ = Cursor.objects.get_or_create(name=subscriber.name)
    batch = 1 if cursor.failures else subscriber.batch
    try:
        with transaction.atomic():
            cursor = Cursor.objects.select_for_update().get(name=subscriber.name)
            heard, reached = _next(subscriber, cursor.seq, batch)
            if reached == cursor.seq:
                return False
            if heard:
                subscriber.handle(heard)
            cursor.seq, cursor.failures, cursor.last_error = reached, 0, ""
            cursor.save()
    except Exception as error:  # a subscriber's bug must not stop the others; it is counted, shown and tried again
        log.exception("subscriber failed", subscriber=subscriber.name, seq=cursor.seq)
        Cursor.objects.filter(name=subscriber.name).update(
            failures=cursor.failures + 1, last_error=f"{type(error).__name__}: {error}"[:2000]
        )
        return False
    return True


def _next(subscriber: Subscriber, after: int, batch: int) -> tuple[list[Heard], int]:
    """The next entries for the subscriber, and the sequence number up to which it will have read."""
    with connection.cursor() as sql:
        # The head first: an entry sealed between the two queries must not be counted as read.
        sql.execute("SELECT coalesce(max(seq), 0) FROM ledger_seal WHERE stream = %s", [Stream.CHANGE])
        head = max(sql.fetchone()[0], after)
        sql.execute(
            """SELECT s.seq, e.kind, e.subject_kind, e.subject, e.actor, e.facts
            FROM ledger_seal s JOIN ledger_entry e ON e.id = s.entry_id
            WHERE s.stream = %s AND s.seq > %s AND s.seq <= %s AND e.kind = ANY(%s) ORDER BY s.seq LIMIT %s""",
            [Stream.CHANGE, after, head, list(subscriber.kinds), batch],
        )
        heard = [Heard(*row[:5], facts=json.loads(row[5])) for row in sql.fetchall()]
    return heard, heard[-1].seq if len(heard) == batch else head
