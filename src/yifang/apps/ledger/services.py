"""Writing to the ledger. A service that changes state calls `append` in the transaction of its change.

Not for reading (`queries`), sealing (`seal`) or waking subscribers (`subscriptions`).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from django.db import connection

from yifang.apps.ledger.models import Stream
from yifang.kernel import clock

Row = tuple[Any, ...]


class Actor(Protocol):
    """Who acts: a viewer in a seat, or the node itself."""

    @property
    def user_id(self) -> int | None: ...
    @property
    def role(self) -> str: ...
    @property
    def purpose(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Node:
    """The node acting by itself: jobs, the command line, the intake."""

    user_id: int | None = None
    role: str = "node"
    purpose: str = ""


NODE = Node()


@dataclass(frozen=True, slots=True)
class Change:
    """What happened. `facts` holds ids, states and counts only; `digest` that of the values in the version tables."""

    kind: str
    subject_kind: str
    subject: UUID | None
    fields: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    scopes: Sequence[str] = ()
    digest: str = ""


# One array a column, whatever the number of rows; lists in lists as one text each.
_APART = "\x1f"
_INSERT = f"""
INSERT INTO ledger_entry
(stream, at, xid, kind, subject_kind, subject, actor, role, purpose, scopes, fields, facts, digest)
SELECT stream, at, yf_xid(), kind, subject_kind, subject, actor, role, purpose,
    string_to_array(scopes, '{_APART}'), string_to_array(fields, '{_APART}'), facts::jsonb, digest
FROM unnest(%b::text[], %b::timestamptz[], %b::text[], %b::text[], %b::uuid[], %b::bigint[], %b::text[], %b::text[],
    %b::text[], %b::text[], %b::text[], %b::text[])
    n (stream, at, kind, subject_kind, subject, actor, role, purpose, scopes, fields, facts, digest)"""


def append(changes: Change | Iterable[Change], by: Actor) -> None:
    """Write the change (or changes) to the ledger, in the transaction that makes it; a trigger wakes the readers."""
    _write(Stream.CHANGE, [changes] if isinstance(changes, Change) else list(changes), by)


@contextmanager
def together() -> Iterator[None]:
    """What is said inside is written by one statement at the end, in the order it was said; nothing where it fails."""
    outer: list[Row] | None = getattr(connection, "_yifang_said", None)
    connection._yifang_said = said = [] if outer is None else outer
    try:
        yield
    finally:
        connection._yifang_said = outer
    if outer is None:
        _insert(said)


def looked(kind: str, subject_kind: str, subject: UUID | None, by: Actor, **facts: Any) -> None:
    """Write to the access stream that `by` looked at `subject` (`subject` None: a search or an export)."""
    _write(Stream.ACCESS, [Change(kind, subject_kind, subject, facts=facts)], by)


def _write(stream: Stream, changes: list[Change], by: Actor) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("a ledger entry is written in the transaction of its change")
    at = clock.now()
    rows = [
        (
            stream, at, change.kind, change.subject_kind, change.subject, by.user_id, by.role, by.purpose,
            _APART.join(change.scopes), _APART.join(change.fields), json.dumps(change.facts, default=str),
            change.digest,
        )
        for change in changes
    ]  # fmt: skip
    said: list[Row] | None = getattr(connection, "_yifang_said", None)
    if said is None:
        _insert(rows)
    else:
        said += rows


def _insert(rows: list[Row]) -> None:
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
