"""The database roles of a node, made idempotently: `owner` owns the tables, `web` and `jobs` sign in and own nothing.

`owner` is a member of the other two without inheriting them, so that it (and a test) can `SET ROLE` and be held by
their policies. What each may touch is granted by `yifang.apps.accounts.grants` after the migrations.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

_PLAIN = sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION")


@dataclass(frozen=True)
class RoleNames:
    """What the three roles are called in this database."""

    owner: str
    web: str
    jobs: str


def make(connection: psycopg.Connection, name: str, password: str) -> None:
    """Make role `name` unless it exists; its password is sent hashed. Raises psycopg.Error."""
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    if not found:
        connection.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(name), _PLAIN))
        set_password(connection, name, password)


def set_password(connection: psycopg.Connection, name: str, password: str) -> None:
    """Give role `name` this password, hashed before it is sent (SCRAM-SHA-256)."""
    hashed = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(name), sql.Literal(hashed)))


def make_member(connection: psycopg.Connection, member: str, role: str) -> None:
    """Let `member` become `role` by SET ROLE, without inheriting what `role` may do."""
    # Before 16 inheritance is a property of the member alone, and an owner that does not inherit loses the rights of
    # pg_database_owner on schema public; there it inherits, which adds nothing to what an owner may do anyway.
    option = sql.SQL(" WITH INHERIT FALSE, SET TRUE") if connection.info.server_version >= 160000 else sql.SQL("")
    connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(member)) + option)
