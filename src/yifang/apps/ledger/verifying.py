"""The check of the sealed ledger: walk each chain and name every entry that is not as it was sealed.

Entries are taken in the order in which they must have been sealed (transaction, then id), whatever numbers their seals
bear now, so that two swapped entries are named and those between them are not. What is no longer in the database at the
end of the chain is known from the anchor file only.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from django.db import connection, transaction

from yifang.apps.ledger.models import Stream
from yifang.apps.ledger.seal import COLUMNS, GENESIS, entry_hash

What = Literal["edited", "removed", "reordered", "unproven", "unsealed", "cut", "rewritten"]
_ENTRY = ", ".join(f"e.{name}" for name in COLUMNS.split(", "))
CHUNK = 2000

_CHAIN = f"""DECLARE chain NO SCROLL CURSOR FOR
SELECT s.seq, s.entry_id, s.xid, s.hash, s.seq - s.seq_before > 1, s.place <> s.rightful, {_ENTRY}
FROM (
    SELECT *, coalesce(lag(seq) OVER (ORDER BY seq), 0) AS seq_before, row_number() OVER (ORDER BY seq) AS place,
        row_number() OVER (ORDER BY xid, entry_id) AS rightful
    FROM ledger_seal WHERE stream = %s
) s LEFT JOIN ledger_entry e ON e.id = s.entry_id ORDER BY s.rightful"""

_GAPS = """SELECT missing FROM (
    SELECT seq, coalesce(lag(seq) OVER (ORDER BY seq), 0) AS before FROM ledger_seal WHERE stream = %s
) s, generate_series(s.before + 1, s.seq - 1) AS missing"""

_UNSEALED = """SELECT e.id FROM ledger_entry e LEFT JOIN ledger_seal s ON s.entry_id = e.id
WHERE e.stream = %s AND s.id IS NULL AND (e.xid, e.id) <= (
    SELECT xid, entry_id FROM ledger_seal WHERE stream = %s ORDER BY xid DESC, entry_id DESC LIMIT 1
) ORDER BY e.id"""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one entry. `seq` is its number in the stream, `entry` the ledger entry's id, where known."""

    what: What
    stream: str
    seq: int | None
    entry: int | None

    @property
    def code(self) -> str:
        """The code of its message."""
        return f"ledger.fault.{self.what}"


def anchored(anchor: Path) -> dict[str, tuple[int, str]]:
    """The head (number, hash) of each stream as the anchor file has it; empty where there is no file."""
    if not anchor.exists():
        return {}
    return {stream: (seq, digest) for stream, (seq, digest) in json.loads(anchor.read_text()).items()}


def verify(anchor: Path | None = None) -> Iterator[Fault]:
    """Every fault of every stream; nothing for a whole ledger."""
    heads = anchored(anchor) if anchor is not None else {}
    for stream in Stream.values:
        yield from verify_stream(stream, heads.get(stream))


def verify_stream(stream: str, head: tuple[int, str] | None) -> Iterator[Fault]:
    """Every fault of one stream, in the order of its numbers but for what was inserted, which comes last."""
    with transaction.atomic(), connection.cursor() as cursor:
        found = sorted([*_gaps(cursor, stream), *_chain(cursor, stream, head)], key=lambda fault: fault.seq or 0)
        cursor.execute("SELECT coalesce(max(seq), 0) FROM ledger_seal WHERE stream = %s", [stream])
        last = cursor.fetchone()[0]
        yield from found
        if head is not None:
            yield from (Fault("cut", stream, seq, None) for seq in range(last + 1, head[0] + 1))
        cursor.execute(_UNSEALED, [stream, stream])
        yield from (Fault("unsealed", stream, None, entry_id) for (entry_id,) in cursor.fetchall())


def _gaps(cursor: Any, stream: str) -> Iterator[Fault]:
    cursor.execute(_GAPS, [stream])
    yield from (Fault("removed", stream, seq, None) for (seq,) in cursor.fetchall())


def _chain(cursor: Any, stream: str, head: tuple[int, str] | None) -> Iterator[Fault]:
    previous, recomputed = GENESIS, GENESIS
    for seq, entry_id, _xid, sealed, after_gap, displaced, *row in _rows(cursor, stream):
        digest = bytes(sealed).hex()
        present = row[0] is not None
        given = entry_hash(previous, tuple(row)) if present else ""
        # Where the seal before was changed and its entry was not, the chain goes on from what that seal should be.
        fits = given == digest or (present and previous != recomputed and entry_hash(recomputed, tuple(row)) == digest)
        if not present:
            yield Fault("removed", stream, seq, entry_id)
        elif displaced:
            yield Fault("reordered", stream, seq, entry_id)
        elif not fits:
            yield Fault("unproven" if after_gap else "edited", stream, seq, entry_id)
        elif head is not None and seq == head[0] and digest != head[1]:
            yield Fault("rewritten", stream, seq, entry_id)
        previous, recomputed = digest, given or digest


def _rows(cursor: Any, stream: str) -> Iterator[tuple[Any, ...]]:
    cursor.execute(_CHAIN, [stream])
    while rows := _fetch(cursor):
        yield from rows
    cursor.execute("CLOSE chain")


def _fetch(cursor: Any) -> list[tuple[Any, ...]]:
    cursor.execute(f"FETCH {CHUNK} FROM chain")
    return cursor.fetchall()
