"""A PostgreSQL that somebody else runs (`DATABASE_URL`), in the same shape as the embedded one.

Its URL names the owner, who must be able to CREATE ROLE; the roles `<database>_web` and `<database>_jobs` are made
there, with passwords from the node's secrets. Nothing is started or stopped.
"""

from __future__ import annotations

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from yifang.kernel.errors import ConfigError
from yifang.node import roles
from yifang.node.secrets import Secrets

_OLDEST = 150000


class Server:
    """The database of `url`, a libpq connection URL with a database name."""

    def __init__(self, url: str, secrets: Secrets) -> None:
        self._owner = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
        self._passwords = secrets.passwords
        database = self._owner["dbname"]
        self.names = roles.RoleNames(self._owner.get("user", ""), f"{database}_web", f"{database}_jobs")

    def params(self, role: str) -> dict[str, str]:
        """libpq's parameters for `role`: owner (admin is the same), web or jobs."""
        if role in ("owner", "admin"):
            return dict(self._owner)
        return {**self._owner, "user": getattr(self.names, role), "password": self._passwords[role]}

    def dsn(self, role: str, **changed: str) -> str:
        """The connection string for `role`, with `changed` parameters."""
        return make_conninfo(**{**self.params(role), **changed})

    def start(self) -> None:
        """Check version and rights, make the roles. Idempotent. Raises ConfigError with the mend."""
        try:
            owner = psycopg.connect(self.dsn("owner"), connect_timeout=10, autocommit=True)
        except psycopg.OperationalError as refused:
            raise ConfigError("node.postgres_unreachable", reason=str(refused).strip()) from None
        with owner:
            if owner.info.server_version < _OLDEST:
                raise ConfigError("node.postgres_old", version=owner.info.server_version // 10000)
            for role in ("web", "jobs"):
                self._make_role(owner, role)

    def ensure(self) -> bool:
        """Nothing to do: somebody else keeps it running."""
        return False

    def alive(self) -> bool:
        """True: whether it answers is what `/healthz` says."""
        return True

    def running(self) -> bool:
        """True: commands may connect at once."""
        return True

    def stop(self) -> None:
        """Nothing to do."""

    def _make_role(self, owner: psycopg.Connection, role: str) -> None:
        name = getattr(self.names, role)
        try:
            roles.make(owner, name, self._passwords[role])
            try:
                psycopg.connect(self.dsn(role), connect_timeout=10).close()
            except psycopg.OperationalError:
                # roles outlive a dropped database: one of an earlier installation has another password
                roles.set_password(owner, name, self._passwords[role])
                owner.execute(
                    sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                        sql.Identifier(self._owner["dbname"]), sql.Identifier(name)
                    )
                )
            user = owner.info.user
            roles.make_member(owner, user, name)
        except psycopg.Error as refused:
            raise ConfigError("node.postgres_roles", role=name, reason=str(refused).strip()) from None
