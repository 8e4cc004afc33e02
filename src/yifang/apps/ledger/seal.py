"""The sealer and its check: SM3 over the previous hash and the entry, in transaction order, dense numbers per stream.

One sealer runs at a time (advisory lock). It takes only entries of transactions older than the oldest running one, so
a late committer is never passed over. The last sealed number and hash also go to an anchor file beside the database:
a chain cut off at its end would otherwise still be a valid chain.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from yifang.apps.ledger.models import Seal, Stream
from yifang.kernel.digest import canonical_json, sm3

_LOCK = 0x5EA1
_COLUMNS = "id, stream, at, xid, kind, subject_kind, subject, actor, role, purpose, scopes, fields, facts, digest"
_ENTRY = ", ".join(f"e.{name.strip()}" for name in _COLUMNS.split(","))
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Fault:
    """What verification found: `what` is edited, removed, reordered, unsealed or cut; `entry` the ledger entry's id."""

    what: str
    stream: str
    seq: int | None
    entry: int | None


def entry_hash(previous: str, row: tuple[Any, ...]) -> str:
    """Hex SM3 of the previous hash and the canonical JSON of the entry's columns."""
    content = [value.isoformat() if hasattr(value, "isoformat") else value for value in row]
    content[6] = str(row[6]) if row[6] else None
    content[12] = json.loads(row[12]) if isinstance(row[12], str) else row[12]
    return sm3(previous.encode() + canonical_json(content))


def seal_pending(limit: int = 5000) -> dict[str, int]:
    """Seal what can be sealed, at most `limit` entries a stream. Returns how many, by stream; {} while another seals."""
    done: dict[str, int] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return {}
        for stream in Stream.values:
            cursor.execute(
                "SELECT seq, xid, entry_id, hash FROM ledger_seal WHERE stream = %s ORDER BY seq DESC LIMIT 1", [stream]
            )
            seq, xid, entry_id, last = cursor.fetchone() or (0, 0, 0, None)
            previous = bytes(last).hex() if last is not None else GENESIS
            cursor.execute(
                f"""SELECT {_COLUMNS} FROM ledger_entry
                WHERE stream = %s AND (xid, id) > (%s, %s)
                  AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
                ORDER BY xid, id LIMIT %s""",
                [stream, xid, entry_id, limit],
            )
            seals = []
            for row in cursor.fetchall():
                seq += 1
                previous = entry_hash(previous, row)
                seals.append(Seal(stream=stream, seq=seq, entry_id=row[0], xid=row[3], hash=bytes.fromhex(previous)))
            Seal.objects.bulk_create(seals, batch_size=1000)
            if seals:
                done[stream] = len(seals)
    return done


def write_anchor(path: Path) -> None:
    """Write the head of each stream (`{stream: [seq, hash]}`) to the anchor file, atomically."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT ON (stream) stream, seq, hash FROM ledger_seal ORDER BY stream, seq DESC")
        heads = {stream: [seq, bytes(value).hex()] for stream, seq, value in cursor.fetchall()}
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(heads, sort_keys=True))
    fresh.replace(path)


def verify(anchor: Path | None = None) -> Iterator[Fault]:
    """Walk each chain from its first entry and yield every fault found; yields nothing for a whole ledger."""
    heads = json.loads(anchor.read_text()) if anchor is not None and anchor.exists() else {}
    for stream in Stream.values:
        yield from _verify_stream(stream, heads.get(stream))


def _verify_stream(stream: str, head: list[Any] | None) -> Iterator[Fault]:
    previous, expected, last = GENESIS, 1, (0, 0)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""DECLARE chain NO SCROLL CURSOR FOR
            SELECT s.seq, s.entry_id, s.xid, s.hash, {_ENTRY}
            FROM ledger_seal s LEFT JOIN ledger_entry e ON e.id = s.entry_id WHERE s.stream = %s ORDER BY s.seq""",
            [stream],
        )
        while True:
            cursor.execute("FETCH 2000 FROM chain")
            rows = cursor.fetchall()
            if not rows:
                break
            for seq, entry_id, xid, sealed, *row in rows:
                for missing in range(expected, seq):
                    yield Fault("removed", stream, missing, None)
                expected = seq + 1
                if row[0] is None:
                    yield Fault("removed", stream, seq, entry_id)
                elif (xid, entry_id) <= last or row[3] != xid:
                    yield Fault("reordered", stream, seq, entry_id)
                elif entry_hash(previous, tuple(row)) != bytes(sealed).hex():
                    yield Fault("edited", stream, seq, entry_id)
                last = (xid, entry_id)
                previous = bytes(sealed).hex()  # go on from what was sealed: one edit is one fault
                if head is not None and seq == head[0] and previous != head[1]:
                    yield Fault("edited", stream, seq, entry_id)
        cursor.execute("CLOSE chain")
        if head is not None and expected <= head[0]:
            yield Fault("cut", stream, expected, None)
        cursor.execute(
            """SELECT e.id FROM ledger_entry e LEFT JOIN ledger_seal s ON s.entry_id = e.id
            WHERE e.stream = %s AND s.id IS NULL AND (e.xid, e.id) <= (%s, %s) ORDER BY e.id""",
            [stream, *last],
        )
        for (entry_id,) in cursor.fetchall():
            yield Fault("unsealed", stream, None, entry_id)
