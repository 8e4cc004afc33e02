"""Reads of the ledger: its head, what is new for an open page, and the auditor's list of entries.

`viewer` is anything that can be asked `check(permission)`: the people are a later room.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import connection

from yifang.apps.ledger.models import Cursor, Entry, Failure, Seal, Stream
from yifang.kernel import clock
from yifang.kernel.messages import catalogue


class Checked(Protocol):
    """Who looks."""

    def check(self, permission: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Filters:
    """What the auditor looks for; empty parts do not filter. Days are civil days of the node's zone, both included."""

    stream: str = ""
    subject: UUID | None = None
    kind: str = ""
    actor: int | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class StreamState:
    """How far a stream is sealed; `waiting` counts unsealed entries, at most a thousand."""

    stream: str
    label: Any
    seq: int
    hash: str
    waiting: int
    oldest_waiting: datetime | None


@dataclass(frozen=True, slots=True)
class Reader:
    """How far a subscriber has read; `failures` counts the entries it could not take."""

    name: str
    seq: int
    behind: int
    failures: int


@dataclass(frozen=True, slots=True)
class Stuck:
    """An entry that a subscriber could not take, and how many of the same subject wait behind it."""

    failure: Failure
    entry: Entry
    behind: int


def head() -> int:
    """The last sealed number of the change stream."""
    last = Seal.objects.filter(stream=Stream.CHANGE).order_by("-seq").values_list("seq", flat=True).first()
    return last or 0


def news(after: int) -> tuple[int, list[str]]:
    """The last sealed number, and the kinds of subject that changed since `after` in the entered viewer's scopes.

    `["*"]` stands for every kind, when there was too much to look at.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT reached, topics FROM yf_live(%s)", [after])
        reached, topics = cursor.fetchone()
    return reached, list(topics)


def entries(
    viewer: Checked, filters: Filters, *, after: int | None = None, backwards: bool = False, limit: int = 50
) -> list[Entry]:
    """Up to `limit` + 1 entries, newest first, from id `after` on (nearest first when `backwards`)."""
    viewer.check("ledger.view")
    rows = Entry.objects.all()
    if filters.stream:
        rows = rows.filter(stream=filters.stream)
    if filters.subject is not None:
        rows = rows.filter(subject=filters.subject)
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.actor is not None:
        rows = rows.filter(actor=filters.actor)
    if filters.since is not None:
        rows = rows.filter(at__gte=_midnight(filters.since))
    if filters.until is not None:
        rows = rows.filter(at__lt=_midnight(filters.until + timedelta(days=1)))
    if after is not None:
        rows = rows.filter(id__gt=after) if backwards else rows.filter(id__lt=after)
    return list(rows.order_by("id" if backwards else "-id")[: limit + 1])


def seal_states(viewer: Checked) -> list[StreamState]:
    """The state of each stream."""
    viewer.check("ledger.view")
    found = []
    for stream in Stream:
        last = Seal.objects.filter(stream=stream).order_by("-seq").first()
        xid, entry_id = (last.xid, last.entry_id) if last else (0, 0)
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT count(*), min(at) FROM (
                SELECT at FROM ledger_entry WHERE stream = %s AND (xid, id) > (%s, %s) LIMIT 1000) waiting""",
                [stream, xid, entry_id],
            )
            waiting, oldest = cursor.fetchone()
        seq, digest = (last.seq, bytes(last.hash).hex()) if last else (0, "")
        found.append(StreamState(stream, stream.label, seq, digest, waiting, oldest))
    return found


def readers(viewer: Checked) -> list[Reader]:
    """The state of each subscriber, by name."""
    viewer.check("ledger.view")
    last = head()
    failed = Counter(Failure.objects.exclude(error="").values_list("subscriber", flat=True))
    return [
        Reader(one.name, one.seq, max(last - one.seq, 0), failed[one.name]) for one in Cursor.objects.order_by("name")
    ]


def stuck(viewer: Checked, limit: int = 50) -> list[Stuck]:
    """What subscribers could not take, the oldest first, at most `limit`."""
    viewer.check("ledger.view")
    failures = list(Failure.objects.exclude(error="").order_by("first_at", "id")[:limit])
    seals = Seal.objects.filter(stream=Stream.CHANGE, seq__in={one.seq for one in failures})
    entry_of = dict(seals.values_list("seq", "entry_id"))
    found = Entry.objects.in_bulk(list(entry_of.values()))
    held = Failure.objects.filter(error="", subject__in={one.subject for one in failures if one.subject})
    behind = Counter(held.values_list("subscriber", "subject"))
    return [Stuck(one, found[entry_of[one.seq]], behind[one.subscriber, one.subject]) for one in failures]


def names(actors: set[int]) -> dict[int, str]:
    """The names of those who acted, by user id."""
    return {user.pk: str(user) for user in get_user_model().objects.filter(pk__in=actors)}


def kind_words(kind: str, lang: str) -> str:
    """What a kind of entry is called, or the kind itself where the messages have no words for it."""
    texts = catalogue().get(f"ledger.kind.{kind}")
    return texts[lang] if texts else kind


def kinds() -> list[str]:
    """The kinds that have words, in order: the choices of the filter."""
    prefix = "ledger.kind."
    return sorted(code[len(prefix) :] for code in catalogue() if code.startswith(prefix))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.CHINA)
