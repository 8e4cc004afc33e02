"""`yifang keys rotate`: a new cipher key, and everything sealed anew with it, while the node runs.

Every process seals with the new key from its next call on and opens what either key sealed, so nobody waits. Cut short,
the next call makes no further key but goes on where it stopped. Old keys stay in the ring: a row that another process
sealed with one in the same moment still opens, and is found by the next call. The key of the blind index stays.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from yifang.apps.accounts.keys import sealing
from yifang.apps.ledger.services import NODE, Change, append
from yifang.kernel import protocols
from yifang.kernel.errors import UserError
from yifang.kernel.messages import render
from yifang.kernel.sealing import SealBroken
from yifang.node import secrets

HELP = "加密密钥 · keys of the cipher"
BATCH = 500  # rows in one transaction: it stays far below a second
_LOCK = 0x4B45_5953


@dataclass(slots=True)
class Column:
    """What became of one column: how many rows were sealed anew, and which no key of the ring opens."""

    name: str
    done: int = 0
    broken: list[str] = field(default_factory=list)


def configure(parser: argparse.ArgumentParser) -> None:
    """`rotate`."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="rotate")
    says = "换新密钥，并重新加密全部身份信息 · make a new key and seal all identities anew"
    verbs.add_parser("rotate", help=says, description=says)


def run(args: argparse.Namespace) -> int:
    """Rotate and say what was done. Returns 1 when a row could not be opened."""

    def say(code: str, **params: Any) -> None:
        print(render(f"node.{code}", params, args.config.lang), flush=True)

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            raise UserError("node.keys_busy")
    done = reseal()
    if any(one.done for one in done):
        say("keys_gone_on", key=sealing().current)
    else:
        say("keys_made", key=new_key(args.config.data))
        done = reseal()
    for one in done:
        say("keys_column", name=one.name, rows=one.done)
        for key in one.broken:
            say("keys_broken", name=one.name, key=key)
    say("keys_done")
    return 1 if any(one.broken for one in done) else 0


def new_key(data: Path) -> str:
    """Add a key to the ring and make it the current one; a ledger entry names it. Returns its id."""
    key = secrets.rotate(data).current
    with transaction.atomic():
        append(Change("node.keys_rotated", "node", None, facts={"key": key}), NODE)
    return key


def reseal() -> list[Column]:
    """Seal anew whatever an earlier key (or cipher) sealed, batch by batch.

    One ledger entry says how many rows in which columns; none where there was nothing to do.
    """
    done = [_reseal(one) for one in protocols.sealed]
    if not any(one.done for one in done):
        return done
    with transaction.atomic():
        facts = {"key": sealing().current, "rows": {one.name: one.done for one in done if one.done},
                 "broken": sum(len(one.broken) for one in done)}  # fmt: skip
        append(Change("node.keys_resealed", "node", None, facts=facts), NODE)
    return done


def _reseal(column: protocols.Sealed) -> Column:
    found, last = Column(column.name), None
    table, key, name = _names(column)
    while True:
        with transaction.atomic():
            rows = _batch(column, last, BATCH)
            if not rows:
                return found
            fresh = []
            for id, sealed in rows:
                try:
                    plain = sealing().open(sealed, column.context(id))
                except SealBroken:
                    found.broken.append(str(id))
                else:
                    fresh.append((sealing().seal(plain, column.context(id)), id))
            with connection.cursor() as cursor:
                cursor.executemany(f'UPDATE "{table}" SET "{name}" = %s WHERE "{key}" = %s', fresh)
            found.done += len(fresh)
            last = rows[-1][0]


def _batch(column: protocols.Sealed, after: Any, limit: int) -> list[tuple[Any, bytes]]:
    """The next rows by primary key that the current key did not seal, locked until the transaction ends."""
    table, key, name = _names(column)
    head = sealing().head
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f'SELECT "{key}", "{name}" FROM "{table}" WHERE "{name}" IS NOT NULL '
            f'AND substring("{name}" from 1 for %s) <> %s AND (%s::text IS NULL OR "{key}" > %s) '
            f'ORDER BY "{key}" LIMIT %s FOR UPDATE',
            [len(head), head, None if after is None else str(after), after, limit],
        )
        return [(id, bytes(sealed)) for id, sealed in cursor.fetchall()]


def _names(column: protocols.Sealed) -> tuple[str, str, str]:
    """Table, primary key and column in the database."""
    label, _, name = column.name.rpartition(".")
    model = apps.get_model(label)._meta
    return model.db_table, model.pk.column, model.get_field(name).column
