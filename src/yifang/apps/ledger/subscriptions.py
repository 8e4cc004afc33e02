"""Who hears what: subscribers of the change stream, at least once, in sealed order.

A subscriber's work and its cursor move in one transaction, so that what it writes to this database happens once; it
must still be idempotent towards anything outside. A batch that fails is taken entry by entry up to the one that fails;
what then becomes of that one is `failing`. The other subscribers go on meanwhile.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from yifang.apps.ledger import failing
from yifang.apps.ledger.models import Cursor, Failure, Stream


@dataclass(frozen=True, slots=True)
class Heard:
    """A sealed entry as a subscriber hears it."""

    seq: int
    kind: str
    subject_kind: str
    subject: UUID | None
    actor: int | None
    facts: dict[str, Any]


_HEARD = """SELECT s.seq, e.kind, e.subject_kind, e.subject, e.actor, e.facts
FROM ledger_seal s JOIN ledger_entry e ON e.id = s.entry_id"""

Handler = Callable[[Sequence[Heard]], None]


@dataclass(frozen=True, slots=True)
class Subscriber:
    name: str
    kinds: frozenset[str]
    handle: Handler
    batch: int
    later: bool


_subscribers: dict[str, Subscriber] = {}


def subscribe(name: str, kinds: Sequence[str], handle: Handler, batch: int = 200, *, later: bool = False) -> None:
    """Register a subscriber of entries of `kinds`; a `later` one gets its turn when the others have nothing to do.

    Raises ValueError when the name is taken by another handler.
    """
    if name in _subscribers and _subscribers[name].handle is not handle:
        raise ValueError(f"subscriber {name!r} is registered already")
    _subscribers[name] = Subscriber(name, frozenset(kinds), handle, batch, later)


def deliver_pending(*, later: bool = True) -> bool:
    """Give every subscriber its next batch. Returns whether any had something to do (then call again).

    Without `later` those who wait for a quiet moment wait on.
    """
    concerned = _concerned()
    worked = [
        _deliver(subscriber) for subscriber in concerned if not subscriber.later
    ]  # every one, not up to the first
    if later and not any(worked):
        worked = [_deliver(subscriber) for subscriber in concerned if subscriber.later]
    return any(worked)


def _concerned() -> list[Subscriber]:
    """Who has entries to take or to try again. The others have nothing before the head: their cursors move there."""
    read = dict(Cursor.objects.filter(name__in=_subscribers).values_list("name", "seq"))
    if missing := _subscribers.keys() - read:
        Cursor.objects.bulk_create([Cursor(name=name) for name in missing], ignore_conflicts=True)
        read |= dict.fromkeys(missing, 0)
    failed = set(Failure.objects.values_list("subscriber", flat=True).distinct())
    head = _head()
    newest: dict[str, int] = {}
    if (lowest := min(read.values(), default=head)) < head:
        with connection.cursor() as sql:
            sql.execute(
                """SELECT e.kind, max(s.seq) FROM ledger_seal s JOIN ledger_entry e ON e.id = s.entry_id
                WHERE s.stream = %s AND s.seq > %s AND s.seq <= %s GROUP BY e.kind""",
                [Stream.CHANGE, lowest, head],
            )
            newest = dict(sql.fetchall())
    concerned = {
        name
        for name, one in _subscribers.items()
        if name in failed or any(newest.get(kind, 0) > read[name] for kind in one.kinds)
    }
    if idle := [name for name, seq in read.items() if name not in concerned and seq < head]:
        Cursor.objects.filter(name__in=idle, seq__lt=head).update(seq=head)
    return [one for name, one in _subscribers.items() if name in concerned]


def _deliver(subscriber: Subscriber) -> bool:
    worked = _take_again(subscriber)
    if failing.is_waiting(subscriber.name):
        return worked
    try:
        return _take(subscriber, subscriber.batch) or worked
    except Exception as error:
        failing.raise_if_the_database_is_gone(error)
    # One by one, for the good ones before the bad one.
    for _ in range(subscriber.batch):
        try:
            if not _take(subscriber, 1):
                break
        except Exception as error:  # a subscriber's bug must not stop the others; it is counted, shown and tried again
            failing.raise_if_the_database_is_gone(error)
            bad = _next(subscriber, Cursor.objects.get(name=subscriber.name).seq, 1)[0][0]
            return failing.note(subscriber.name, bad.seq, bad.subject, error)
    return True


def _take(subscriber: Subscriber, batch: int) -> bool:
    """Hand over the next entries, at most `batch`. Returns whether the cursor moved."""
    with transaction.atomic():
        cursor = Cursor.objects.select_for_update().get(name=subscriber.name)
        heard, reached = _next(subscriber, cursor.seq, batch)
        if reached == cursor.seq:
            return False
        held = failing.hold(subscriber.name, {one.seq: one.subject for one in heard})
        if due := [one for one in heard if one.seq not in held]:
            subscriber.handle(due)
        failing.passed(subscriber.name, reached)
        cursor.seq = reached
        cursor.save()
    return True


def _take_again(subscriber: Subscriber) -> bool:
    """Try what was set aside and is due, each subject in its order. Returns whether any was taken."""
    worked = False
    for failure in failing.due(subscriber.name):
        heard = _entry(failure.seq)
        try:
            with transaction.atomic():
                Cursor.objects.select_for_update().get(name=subscriber.name)  # another process may be at it
                if failing.taken(failure):
                    subscriber.handle([heard])
                    worked = True
        except Exception as error:
            failing.raise_if_the_database_is_gone(error)
            failing.note(subscriber.name, heard.seq, heard.subject, error)
    return worked


def _entry(seq: int) -> Heard:
    with connection.cursor() as sql:
        sql.execute(f"{_HEARD} WHERE s.stream = %s AND s.seq = %s", [Stream.CHANGE, seq])
        row = sql.fetchone()
    return Heard(*row[:5], facts=json.loads(row[5]))


def _head() -> int:
    with connection.cursor() as sql:
        sql.execute("SELECT coalesce(max(seq), 0) FROM ledger_seal WHERE stream = %s", [Stream.CHANGE])
        return int(sql.fetchone()[0])


def _next(subscriber: Subscriber, after: int, batch: int) -> tuple[list[Heard], int]:
    """The next entries for the subscriber, and the sequence number up to which it will have read."""
    head = max(_head(), after)  # first: an entry sealed between the two queries must not be counted as read
    with connection.cursor() as sql:
        sql.execute(
            f"""{_HEARD}
            WHERE s.stream = %s AND s.seq > %s AND s.seq <= %s AND e.kind = ANY(%s) ORDER BY s.seq LIMIT %s""",
            [Stream.CHANGE, after, head, list(subscriber.kinds), batch],
        )
        heard = [Heard(*row[:5], facts=json.loads(row[5])) for row in sql.fetchall()]
    return heard, heard[-1].seq if len(heard) == batch else head
