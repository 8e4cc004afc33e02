"""By which connector a feed is read, and taking what it gave.

Rows go the way of a table's (through a mapping, into a batch), documents the way of files; what cannot be read goes to
quarantine. How far one read moves in the transaction of what was taken, so that nothing is lost or taken twice.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping as Pairs
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2s, sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app as queue

from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.words import message_language
from yifang.apps.intake import connectors
from yifang.apps.intake.connectors import changes, position
from yifang.apps.intake.connectors.protocol import Column, Connector, Document, Rows
from yifang.apps.intake.connectors.settings import Settings, read, secret_of
from yifang.apps.intake.models import Batch, BatchState, Connection, Feed, Look
from yifang.apps.intake.services.batches import close, open_batch, patiently, store, take_bytes
from yifang.apps.intake.services.mappings import mapping_of
from yifang.apps.ledger.services import Actor, Change, append
from yifang.formats import tabular
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState, YifangError
from yifang.kernel.messages import render

LOOK_TASK = "yifang.apps.intake.jobs.look"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a part: rows or documents not taken before, and how much of them was stored or known."""

    fresh: int = 0
    held: int = 0

    def __add__(self, other: Taken) -> Taken:
        return Taken(self.fresh + other.fresh, self.held + other.held)


def connect(feed: Feed, name: str, given: Pairs[str, Any], by: Actor, *, since: str = "") -> Connection:
    """Read the feed by the connector `name` from now on. A blank secret stays what it was while the source is the same.

    Another source begins anew, at `since` where it is given. Raises UserError `connect.settings_wrong`,
    `connect.secret_again`; NotAllowed for a viewer who may not.
    """
    if isinstance(by, Viewer):
        by.check("feed.connect")
    connector = connectors.get(name)
    settings = read(connector.settings, given)
    secret = secret_of(connector.settings)
    word = str(getattr(settings, secret)) if secret else ""
    told = settings.model_dump(mode="json", exclude={secret} if secret else set())
    shown = connector.shown(settings)
    before = Connection.objects.filter(feed=feed).defer("sealed", "seen").first()
    same = before is not None and (before.connector, before.shown) == (name, shown)
    same_account = same and before is not None and before.settings.get("user", "") == told.get("user", "")
    if isinstance(by, Viewer):
        _check_node(connector, told, before)
    if not word and before is not None and not same_account and secret:
        raise UserError("connect.secret_again", fields={secret: ""}, said="")
    if not word and before is None and settings.needs_secret():
        missing = render("connect.field_missing", {}, message_language())
        raise UserError("connect.settings_wrong", fields={secret: missing}, said=missing)
    values: dict[str, Any] = {
        "connector": name, "settings": told, "shown": shown, "every": settings.every, "quiet": settings.quiet,
        "error": "", "error_params": {}, "tried_at": None,
    }  # fmt: skip
    if word or before is None:
        values["sealed"] = sealing().seal(json.dumps({secret: word} if word else {}).encode(), context(feed.id))
    if since:
        values |= {"position": position.typed(since), "seen": {}}
    place = [told.get(key) for key in ("view", "cursor", "operation")]
    kept = (
        same and before is not None and place == [before.settings.get(key) for key in ("view", "cursor", "operation")]
    )
    if not kept:
        values |= {"columns": [], "found": []} | ({} if since else {"position": {}, "seen": {}})
    with transaction.atomic():
        if before is None:
            Connection(feed=feed, **values).save(force_insert=True)
        else:
            Connection.objects.filter(feed=feed).update(**values)
        _say("intake.view_set", feed, by, {"every": settings.every, "connector": name})
    return Connection.objects.defer("sealed", "seen").get(feed=feed)


def _check_node(connector: Connector, told: Pairs[str, Any], before: Connection | None) -> None:
    """A page may not point the node at its own files: a folder, a library, a socket. Raises NotAllowed."""
    known = before.settings if before is not None and before.connector == connector.name else {}
    fields = {name for name in connector.of_the_node if told.get(name) and told.get(name) != known.get(name)}
    if str(told.get("host", "")).startswith("/") and told["host"] != known.get("host"):
        fields.add("host")
    if fields:
        labels = [str(connector.settings.model_fields[name].json_schema_extra["label"]) for name in sorted(fields)]  # type: ignore[index, call-overload]
        raise NotAllowed("connect.only_node", fields=labels)


def disconnect(feed: Feed, by: Actor) -> bool:
    """Read the feed by no connector any more; what came stays. False where there was none."""
    if isinstance(by, Viewer):
        by.check("feed.connect")
    with transaction.atomic():
        found, _ = Connection.objects.filter(feed=feed).delete()
        if found:
            _say("intake.view_dropped", feed, by, {})
    return bool(found)


def settings_of(connection: Connection) -> tuple[Connector, Settings]:
    """The connector and its settings, the secret with them. Runs as jobs."""
    connector = connectors.get(connection.connector)
    opened = sealing().open(connection.sealed, context(connection.feed_id)).decode()
    if opened.startswith("{"):
        secrets = json.loads(opened)
    else:  # the address of a view, as it was kept before there were connectors
        from yifang.apps.intake.connectors.sql.settings import from_address

        secrets = from_address(opened)
    return connector, connector.settings.model_validate({**connection.settings, **secrets})


def accept_columns(feed: Feed, by: Actor) -> None:
    """Go by the columns that are there now; what waited is read at the next turn.

    Raises WrongState `connect.nothing_changed`, UserError `table.columns_missing` where the mapping lacks one of them.
    """
    if isinstance(by, Viewer):
        by.check("feed.connect")
    with transaction.atomic():
        rows = Connection.objects.select_for_update(of=("self",)).defer("sealed", "seen")
        one = rows.filter(feed=feed).first()
        if one is None or not one.found:
            raise WrongState("connect.nothing_changed")
        if refusal := tabular.fits([name for name, _kind in one.found], mapping_of(feed)):
            raise UserError(refusal.code, **dict(refusal.params))
        one.columns, one.found, one.error, one.error_params, one.tried_at = one.found, [], "", {}, None
        one.save(update_fields=["columns", "found", "error", "error_params", "tried_at"])
        _say("intake.columns_accepted", feed, by, {"columns": len(one.columns)})


def check_columns(connection: Connection, now: Sequence[Column]) -> None:
    """Whether the columns are those that reading goes by; the first time they are kept. Runs as jobs.

    Raises YifangError `intake.columns_changed`, and what is there now is kept for whoever looks.
    """
    if not now:
        return
    difference = changes.between(connection.columns, now)
    if difference:
        Connection.objects.filter(feed=connection.feed_id).update(found=changes.kept(now))
        raise YifangError("intake.columns_changed", **difference.params())
    if connection.columns != changes.kept(now) or connection.found:
        connection.columns, connection.found = changes.kept(now), []
        Connection.objects.filter(feed=connection.feed_id).update(columns=connection.columns, found=[])


def take_part(feed_id: UUID, part: Rows | Sequence[Document], overlap: int, by: Actor) -> Taken:
    """Take rows or documents in the order of their watermark, and move on."""
    if isinstance(part, Rows):
        return patiently(partial(_take_rows, feed_id, part, overlap, by))
    return _take_documents(feed_id, part, overlap, by)


def _take_rows(feed_id: UUID, part: Rows, overlap: int, by: Actor) -> Taken:
    with transaction.atomic():
        one = _locked(feed_id)
        under = _columns(one.columns)
        digests = [under + _digest(part.header, values) for values in part.rows]
        known = _known(one.seen, part, under)
        every = dict(zip(digests, part.rows, strict=True))
        fresh = {
            row: values for row, values in every.items() if row not in one.seen and _mark(part, values) not in known
        }
        taken = Taken()
        if fresh:
            name = str(one.settings.get("view") or one.settings.get("operation") or one.connector)
            items = list(tabular.read_rows(part.header, list(fresh.values()), name, mapping_of(one.feed)))
            digest = sha256("".join([one.shown, name, *sorted(fresh)]).encode()).digest()
            batch = open_batch(one.feed, f"{name}.csv", digest)
            if batch.state != BatchState.DONE:
                batch = close(store(batch, items, 0, by), by)
            taken = Taken(len(fresh), batch.records + batch.repeats)
        last = part.rows[-1][part.cursor]
        marks = {row: _mark(part, values) for row, values in every.items()}
        _move(one, last, marks, overlap)
    return taken


def _take_documents(feed_id: UUID, part: Sequence[Document], overlap: int, by: Actor) -> Taken:
    """Each document is a batch, known by its bytes: one that is taken again does nothing."""
    one = Connection.objects.select_related("feed__organisation").get(feed=feed_id)
    taken, began = Taken(), clock.now()
    marks: dict[str, str] = {}
    for document in part:
        key = blake2s(document.key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        if key in one.seen:
            continue
        batch: Batch = take_bytes(document.read(), document.name, one.feed, by)
        if batch.done_at is not None and batch.done_at >= began:  # else its bytes were taken before
            taken += Taken(1, batch.items - batch.refused)
        marks[key] = position.dumped(document.at)["value"]
    if part:
        with transaction.atomic():
            _move(_locked(feed_id), part[-1].at, marks, overlap)
    return taken


def _locked(feed_id: UUID) -> Connection:
    rows = Connection.objects.select_for_update(of=("self",)).select_related("feed__organisation")
    return rows.get(feed=feed_id)


def _move(one: Connection, last: Any, marks: Pairs[str, str], overlap: int) -> None:
    come = position.reached(last, clock.now().astimezone(clock.CHINA))
    one.position = position.dumped(come)
    one.seen = position.kept({**one.seen, **marks}, come, overlap)
    one.save(update_fields=["position", "seen"])


def note_try(feed_id: UUID, by: Actor, error: str = "", **params: Any) -> None:
    """Note how the last try ended; the ledger hears when a source fails that did not, and when it is well again."""
    with transaction.atomic():
        one = _locked(feed_id)
        was, now = one.error, clock.now()
        one.tried_at, one.error, one.error_params = now, error, params
        if not error:
            one.succeeded_at = now
        one.save(update_fields=["tried_at", "succeeded_at", "error", "error_params"])
        if bool(error) is not bool(was):
            _say("intake.view_failed" if error else "intake.view_well", one.feed, by, {"code": error} if error else {})


def ask_for_look(feed: Feed, viewer: Viewer) -> None:
    """Have the jobs process look at the source. Raises NotFound `connect.no_connection`."""
    viewer.check("feed.connect")
    with transaction.atomic():
        if not Connection.objects.filter(feed=feed).exists():
            raise NotFound("connect.no_connection", code=feed.code)
        Look.objects.update_or_create(feed=feed, defaults={"asked_at": clock.now(), "done_at": None})
        _say("intake.looked", feed, viewer, {})
        queue.configure_task(LOOK_TASK).defer(feed=str(feed.id))


def context(feed: UUID) -> str:
    """What the sealed secret of a connection is bound to."""
    return f"sql-view:{feed}"  # as it was named when there were views only


def sample_context(feed: UUID) -> str:
    """What the sealed sample of a source is bound to."""
    return f"look:{feed}"


def _digest(header: Sequence[str], values: Sequence[Any]) -> str:
    """What a row says, in whatever order its columns stand."""
    told = repr(sorted(zip(header, map(repr, values), strict=True))).encode("utf-8", "surrogatepass")
    return blake2s(told, digest_size=8).hexdigest()


def _columns(columns: changes.Kept) -> str:
    """Under which columns a row was taken; sources that tell none have one sort of rows."""
    told = repr(sorted((name, kind) for name, kind in columns)).encode("utf-8", "surrogatepass")
    return blake2s(told, digest_size=3).hexdigest()


def _mark(part: Rows, values: Sequence[Any]) -> str:
    return position.dumped(values[part.cursor])["value"]


def _known(seen: Pairs[str, str], part: Rows, under: str) -> set[str]:
    """The watermarks whose rows were taken under other columns, as many as there are now.

    A row of the overlap reads otherwise when its columns changed; it is the same row, and not taken a second time.
    """
    before = Counter(mark for row, mark in seen.items() if not row.startswith(under))
    now = Counter(_mark(part, values) for values in part.rows) if before else Counter()
    return {mark for mark, number in now.items() if number <= before[mark]}


def _say(kind: str, feed: Feed, by: Actor, facts: dict[str, Any]) -> None:
    append(Change(kind, "feed", feed.id, facts=facts, scopes=[feed.organisation.scope]), by)
