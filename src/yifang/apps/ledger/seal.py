"""The sealer: SM3 over the previous hash and the entry, in transaction order, dense numbers per stream.

One sealer runs at a time (advisory lock). It takes only entries of transactions older than the oldest running one, so
a late committer is never passed over. The last sealed number and hash also go to an anchor file beside the database:
a chain cut off at its end would otherwise still be a valid chain. The check is in `verifying`.
"""

import json
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from yifang.apps.ledger.models import Stream
from yifang.kernel.digest import canonical_json, sm3

_LOCK = 0x5EA1
COLUMNS = "id, stream, at, xid, kind, subject_kind, subject, actor, role, purpose, scopes, fields, facts, digest"
GENESIS = "0" * 64
_SEAL = """INSERT INTO ledger_seal (stream, seq, entry_id, xid, hash)
SELECT %s, n.* FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::bytea[]) n (seq, entry, xid, hash)"""


def entry_hash(previous: str, row: tuple[Any, ...]) -> str:
    """Hex SM3 of the previous hash and the canonical JSON of the entry's columns."""
    content = [value.isoformat() if hasattr(value, "isoformat") else value for value in row]
    content[6] = str(row[6]) if row[6] else None
    content[12] = json.loads(row[12]) if isinstance(row[12], str) else row[12]
    return sm3(previous.encode() + canonical_json(content))


def seal_pending(limit: int = 5000) -> dict[str, int]:
    """Seal what can be, at most `limit` entries a stream. Returns how many, by stream; {} while another seals."""
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
                f"""SELECT {COLUMNS} FROM ledger_entry
                WHERE stream = %s AND (xid, id) > (%s, %s)
                  AND xid < yf_finished()
                ORDER BY xid, id LIMIT %s""",
                [stream, xid, entry_id, limit],
            )
            seals = []
            for row in cursor.fetchall():
                seq += 1
                previous = entry_hash(previous, row)
                seals.append((seq, row[0], row[3], bytes.fromhex(previous)))
            if seals:
                cursor.execute(_SEAL, [stream, *(list(column) for column in zip(*seals, strict=True))])
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
