"""The loop of the jobs process that reads the sources of feeds, each when it is due and not in its quiet hours.

A source that is away is tried again at its next turn; the others and the rest of the node go on. What its columns or
its mapping no longer fit stays where it is: the watermark does not move, and it is read once somebody has answered.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.db import Error

from yifang.apps.intake.connectors import position
from yifang.apps.intake.connectors.protocol import Rows, SourceFailed
from yifang.apps.intake.models import Connection
from yifang.apps.intake.services.batches import patiently
from yifang.apps.intake.services.connections import Taken, check_columns, note_try, settings_of, take_part
from yifang.apps.intake.services.mappings import mapping_of
from yifang.apps.ledger.services import NODE, Actor
from yifang.formats import tabular
from yifang.kernel import clock
from yifang.kernel.errors import YifangError, place_of

_LOOK_SECONDS = 1.0
_NOTHING = "intake.nothing_stored"
log = structlog.get_logger(__name__)


def poll(stop: threading.Event) -> None:
    """Read what is due, until `stop`."""
    while not stop.is_set():
        for one in due():
            if not stop.is_set():
                poll_one(one, NODE, stop)
        stop.wait(_LOOK_SECONDS)


def due() -> list[Connection]:
    """The sources whose turn it is, the longest waiting first."""
    now = clock.now()
    rows = Connection.objects.filter(feed__active=True).select_related("feed__organisation").order_by("tried_at")
    turn = [one for one in rows if one.tried_at is None or one.tried_at + timedelta(seconds=one.every) <= now]
    return [one for one in turn if not is_quiet(one.quiet, now)]


def is_quiet(spans: str, now: datetime) -> bool:
    """Whether an instant lies in one of the day's spans (`22:00-06:30,12:00-13:00`), in the node's zone."""
    at = f"{now.astimezone(clock.CHINA):%H:%M}"
    for span in filter(None, spans.split(",")):
        begins, ends = span.split("-")
        if begins <= at < ends if begins <= ends else at >= begins or at < ends:
            return True
    return False


def poll_one(one: Connection, by: Actor, stop: threading.Event | None = None) -> int:
    """Read one source from where it stands. Returns how many rows were new; a failure is noted at the connection."""
    taken = Taken()
    note = partial(note_try, one.feed_id, by)
    try:
        connector, settings = settings_of(one)
        with connector.opened(settings) as source:
            columns = source.columns()
            if columns:
                patiently(partial(check_columns, one, columns))
                _check_mapping(one, [column.name for column in columns])
            since = position.begin(position.loaded(one.position), settings.overlap)
            # the overlap is met again: what is known of it does not count
            most = settings.most + len(one.seen) if settings.most else None
            for part in source.parts(since, most):
                if isinstance(part, Rows) and not columns:
                    _check_mapping(one, part.header)
                taken += take_part(one.feed_id, part, settings.overlap, by)
                if stop is not None and stop.is_set():
                    return taken.fresh
                if settings.pause:
                    (stop or threading.Event()).wait(settings.pause / 1000)
    except SourceFailed as failed:
        log.warning("a source could not be read", feed=one.feed.code, reason=failed.reason)
        patiently(partial(note, failed.code, reason=failed.reason))
    except YifangError as failed:  # its columns changed, its mapping no longer loads, a part of ours is missing
        params = {name: str(value) for name, value in failed.params.items()}
        patiently(partial(note, failed.code, **params))
    except Error:
        raise  # our own database is away: the jobs process starts the loop again
    except Exception as error:  # one source must not stop the others
        log.exception("a source could not be taken", feed=one.feed.code)
        patiently(partial(note, "intake.view_away", reason=place_of(error)))
    else:
        if taken.fresh and not taken.held:
            # rows came and not one of them became anything: that is no success, whatever the source says
            patiently(partial(note, _NOTHING, rows=str(taken.fresh)))
        elif not taken.fresh and one.error == _NOTHING:
            patiently(partial(note, _NOTHING, **one.error_params))  # nothing better came since
        else:
            patiently(note)
    return taken.fresh


def _check_mapping(one: Connection, header: list[str]) -> None:
    if refusal := tabular.fits(header, mapping_of(one.feed)):
        raise YifangError(refusal.code, **dict(refusal.params))
