"""Which view of a hospital's database a feed is read from, and taking what it gave.

The rows go the way of a table's: through a mapping, into a batch, what cannot be read into quarantine. How far the view
was read moves in the transaction of what was taken, so that nothing is lost and nothing is taken twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2s, sha256
from typing import Any
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.keys import sealing
from yifang.apps.intake.models import BatchState, Feed, SqlView
from yifang.apps.intake.services.batches import close, open_batch, store
from yifang.apps.intake.sql import position
from yifang.apps.ledger.services import Actor, Change, append
from yifang.formats import Mapping, tabular
from yifang.kernel import clock


def set_view(
    feed: Feed, url: str, server: str, view: str, cursor: str, by: Actor, *, every: int, overlap: int,
    mapping: str = "", since: str = "",
) -> SqlView:  # fmt: skip
    """Read the feed from this view from now on. Another view or column begins anew, at `since` where it is given."""
    before = SqlView.objects.filter(feed=feed).first()
    one = SqlView(
        feed=feed, server=server, view=view, cursor=cursor, every=every, overlap=overlap, mapping=mapping,
        sealed=sealing().seal(url.encode(), context(feed.id)),
    )  # fmt: skip
    if since:
        one.position = position.typed(since)
    elif before and (before.server, before.view, before.cursor) == (server, view, cursor):
        one.position, one.seen = before.position, before.seen
    with transaction.atomic():
        one.save(force_insert=before is None, force_update=before is not None)
        _say("intake.view_set", feed, by, {"every": every})
    return one


def drop_view(feed: Feed, by: Actor) -> bool:
    """Read the feed from no view any more; what came stays. False where there was none."""
    with transaction.atomic():
        found, _ = SqlView.objects.filter(feed=feed).delete()
        if found:
            _say("intake.view_dropped", feed, by, {})
    return bool(found)


def url_of(view: SqlView) -> str:
    """The address with its password."""
    return sealing().open(view.sealed, context(view.feed_id)).decode()


def mapping_of(feed: Feed) -> Mapping | None:
    """The mapping that the feed's tables are read by; None where it has none of its own."""
    text = SqlView.objects.filter(feed=feed).values_list("mapping", flat=True).first()
    return tabular.parse_mapping(text, feed.code) if text else None


def take_rows(view_id: UUID, header: Sequence[str], rows: Sequence[Sequence[Any]], cursor: int, by: Actor) -> int:
    """Take rows in the order of their cursor (its place in a row), and move on, in one transaction.

    Returns how many were not taken before.
    """
    with transaction.atomic():
        view = SqlView.objects.select_for_update(of=("self",)).select_related("feed__organisation").get(feed=view_id)
        fresh = {row: values for values in rows if (row := _digest(values)) not in view.seen}
        if fresh:
            items = list(tabular.read_rows(header, list(fresh.values()), view.view, mapping_of(view.feed)))
            digest = sha256("".join([view.server, view.view, *sorted(fresh)]).encode()).digest()
            batch = open_batch(view.feed, f"{view.view}.csv", digest)
            if batch.state != BatchState.DONE:
                close(store(batch, items, 0, by), by)
        last = rows[-1][cursor]
        view.position = position.dumped(last)
        taken = {row: position.dumped(values[cursor])["value"] for row, values in fresh.items()}
        view.seen = position.kept({**view.seen, **taken}, last, view.overlap)
        view.save(update_fields=["position", "seen"])
    return len(fresh)


def note_try(view_id: UUID, by: Actor, error: str = "", **params: str) -> None:
    """Note how the last try ended; the ledger hears when a view fails that did not, and when it is well again."""
    with transaction.atomic():
        view = SqlView.objects.select_for_update(of=("self",)).select_related("feed__organisation").get(feed=view_id)
        was, now = view.error, clock.now()
        view.tried_at, view.error, view.error_params = now, error, params
        if not error:
            view.succeeded_at = now
        view.save(update_fields=["tried_at", "succeeded_at", "error", "error_params"])
        if bool(error) is not bool(was):
            _say("intake.view_failed" if error else "intake.view_well", view.feed, by, {"code": error} if error else {})


def context(feed: UUID) -> str:
    """What the sealed address of a view is bound to."""
    return f"sql-view:{feed}"


def _digest(values: Sequence[Any]) -> str:
    return blake2s(repr(tuple(values)).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _say(kind: str, feed: Feed, by: Actor, facts: dict[str, Any]) -> None:
    append(Change(kind, "feed", feed.id, facts=facts, scopes=[feed.organisation.scope]), by)
