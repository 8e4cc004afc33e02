"""The loop of the jobs process that reads the views of hospital databases, each when it is due.

A database that is away is tried again at its next turn; the others and the rest of the node go on.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial

import structlog
from django.db import Error

from yifang.apps.intake.models import SqlView
from yifang.apps.intake.services.batches import patiently
from yifang.apps.intake.services.views import mapping_of, note_try, take_rows, url_of
from yifang.apps.intake.sql import position, source
from yifang.apps.ledger.services import NODE, Actor
from yifang.formats import tabular
from yifang.kernel import clock
from yifang.kernel.errors import ConfigError, YifangError, place_of

_LOOK_SECONDS = 1.0
log = structlog.get_logger(__name__)


def poll(stop: threading.Event) -> None:
    """Read what is due, until `stop`."""
    while not stop.is_set():
        for view in due():
            if not stop.is_set():
                poll_one(view, NODE, stop)
        stop.wait(_LOOK_SECONDS)


def due() -> list[SqlView]:
    """The views whose turn it is, the longest waiting first."""
    now = clock.now()
    views = SqlView.objects.filter(feed__active=True).select_related("feed__organisation").order_by("tried_at")
    return [one for one in views if one.tried_at is None or one.tried_at + timedelta(seconds=one.every) <= now]


def poll_one(view: SqlView, by: Actor, stop: threading.Event | None = None) -> int:
    """Read one view from where it stands. Returns how many rows were new; a failure is noted at the view."""
    taken = 0
    try:
        with source.opened(source.read_url(url_of(view))) as database:
            # its columns first: breaking off a reading that has begun may make the driver read all that is left
            header, _none = database.rows(view.view, view.cursor, most=0)
            place = column(header, view.cursor)
            if refusal := tabular.fits(header, mapping_of(view.feed)):
                raise YifangError(refusal.code, **dict(refusal.params))
            lower = position.begin(position.loaded(view.position), view.overlap)
            _header, parts = database.rows(view.view, view.cursor, lower)
            for part in parts:
                taken += patiently(partial(take_rows, view.feed_id, header, [tuple(row) for row in part], place, by))
                if stop is not None and stop.is_set():
                    return taken
    except source.SourceFailed as failed:
        log.warning("a view could not be read", feed=view.feed.code, reason=failed.reason)
        patiently(partial(note_try, view.feed_id, by, "intake.view_away", reason=failed.reason))
    except ConfigError as failed:
        patiently(partial(note_try, view.feed_id, by, failed.code, **failed.params))
    except YifangError as failed:  # its columns changed, or its mapping no longer loads
        params = {name: str(value) for name, value in failed.params.items()}
        patiently(partial(note_try, view.feed_id, by, failed.code, **params))
    except Error:
        raise  # our own database is away: the jobs process starts the loop again
    except Exception as error:  # one view must not stop the others
        log.exception("a view could not be taken", feed=view.feed.code)
        patiently(partial(note_try, view.feed_id, by, "intake.view_away", reason=place_of(error)))
    else:
        patiently(partial(note_try, view.feed_id, by))
    return taken


def column(header: list[str], name: str) -> int:
    """The place of the cursor column, whose case databases see differently. Raises YifangError `intake.view_cursor`."""
    folded = [one.casefold() for one in header]
    if name.casefold() not in folded:
        raise YifangError("intake.view_cursor", cursor=name, columns=", ".join(header)[:200])
    return folded.index(name.casefold())
