"""Several nodes in one process: each with a database, a data folder and keys of its own, entered by `with node:`.

`on` chooses the database role: owner (as the tests of the apps have it), jobs (what applies and sends), web (the door).
Nothing runs inside a test's transaction here: what a node commits stays until its database is dropped.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.test.utils import override_settings

from tests import apps
from yifang.apps.ledger import jobs as ledger_jobs
from yifang.apps.relay import jobs, keys, pairing
from yifang.apps.relay.models import Peer
from yifang.apps.relay.transport import https
from yifang.node import secrets

_KEPT = ("hospital", "other_hospital", "cdc", "school", "bureau", "city_cdc", "residence_hospital")


class Node:
    """One node: `role` of the house, the database cloned from the tests' own, the county of the cast inside."""

    def __init__(self, name: str, role: str, area: str, folder: Path, cluster: Any, template: str) -> None:
        self.name, self.role, self.area = name, role, area
        self.data = folder / name
        self.data.mkdir(mode=0o711)
        self.secrets = secrets.load(self.data)
        self._cluster, self._template = cluster, template
        self.database = f"relay_{name}_{os.getpid()}"
        self._wrappers: dict[str, Any] = {}
        self.county: apps.County | None = None

    def make(self) -> None:
        """Make the database anew, empty but for the cast."""
        self.close()
        with psycopg.connect(self._cluster.dsn("admin", dbname="postgres"), autocommit=True) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')
            # a thread of an earlier file of tests may have left its connection: a database with guests is no template
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [self._template])
            admin.execute(f'CREATE DATABASE "{self.database}" TEMPLATE "{self._template}" OWNER owner')

    def back_up(self) -> None:
        """Keep the database and the relay's keys as they stand now."""
        self._copy(self.database, f"{self.database}_kept")
        shutil.copy(self.data / keys.FILE, self.data / "kept-keys.json")

    def restore(self) -> None:
        """Both as they were backed up: what came after is lost."""
        self._copy(f"{self.database}_kept", self.database)
        shutil.copy(self.data / "kept-keys.json", self.data / keys.FILE)

    def _copy(self, source: str, target: str) -> None:
        self.close()
        with psycopg.connect(self._cluster.dsn("admin", dbname="postgres"), autocommit=True) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
            admin.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}" OWNER owner')

    def drop(self) -> None:
        self.close()
        with psycopg.connect(self._cluster.dsn("admin", dbname="postgres"), autocommit=True) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{self.database}_kept" WITH (FORCE)')
        with psycopg.connect(self._cluster.dsn("admin", dbname="postgres"), autocommit=True) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')

    def close(self) -> None:
        for wrapper in self._wrappers.values():
            wrapper.close()
        self._wrappers.clear()

    @contextmanager
    def on(self, role: str = "owner") -> Iterator[Node]:
        """Inside, this process is this node, signed in to its database as `role`."""
        if role not in self._wrappers:
            made = connections.create_connection("default")
            given = self._cluster.params(role)
            made.settings_dict = {
                **made.settings_dict, "NAME": self.database, "USER": given["user"], "PASSWORD": given["password"],
            }  # fmt: skip
            self._wrappers[role] = made
        outside = connections["default"]
        config = replace(settings.YIFANG, data=self.data, role=self.role, area=self.area, name=self.name)
        with override_settings(
            YIFANG=config, YIFANG_READ_SECRETS=partial(secrets.latest, self.data),
            LEDGER_ANCHOR=self.data / "ledger-anchor.json",
        ):  # fmt: skip
            connections["default"] = self._wrappers[role]
            try:
                yield self
            finally:
                connections["default"] = outside

    # -- what happens on it

    def with_county(self) -> apps.County:
        """Make the cast here."""
        with self.on():
            self.county = apps.county()
        return self.county

    def deliver(self) -> None:
        """Seal and deliver all that was written here."""
        with self.on("jobs"):
            ledger_jobs.run_once()

    def turn(self, *uppers: Node, send: https.Post | None = None) -> bool:
        """One turn of the relay's loop with every peer."""
        with self.on("jobs"):
            moved = [jobs.turn(peer, send or answered_by(*uppers)) for peer in Peer.objects.all()]  # every one
        return any(moved)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the owner of the tables reads."""
        with self.on(), connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall()


def answered_by(*uppers: Node) -> https.Post:
    """Requests that reach the door of an upper node as its web process, by the host of the url."""

    def send(url: str, body: bytes) -> tuple[int, bytes]:
        node = next((one for one in uppers if one.name in url), None)
        if node is None:
            raise ConnectionRefusedError(url)
        with node.on("web"):
            answer = Client().post(https.PATH, body, content_type=https.KIND)
            return answer.status_code, answer.content

    return send


def pair(lower: Node, upper: Node, organisations: list[str], *, folder: Path | None = None) -> None:
    """Join two nodes as their administrators do: invitation, answer, both fingerprints read aloud."""
    with upper.on("jobs"):
        invitation = pairing.invite(
            lower.role, organisations, url=f"https://{upper.name}.test", folder=str(folder / "upper") if folder else ""
        )
        theirs = pairing.own_fingerprint()
    with lower.on("jobs"):
        answer = pairing.join(invitation, theirs, folder=str(folder / "lower") if folder else "")
        ours = pairing.own_fingerprint()
    with upper.on("jobs"):
        pairing.admit(answer, ours)


def settle(*nodes: Node, most: int = 60) -> None:
    """Deliver and relay, lowest first, until nothing moves any more."""
    for node in nodes:
        with node.on():
            Peer.objects.update(next_try_at=None, attempts=0)
    for _ in range(most):
        moved = False
        for node in nodes:
            node.deliver()
            moved |= node.turn(*nodes)
        if not moved:
            return
    raise AssertionError("the nodes did not come to rest")
