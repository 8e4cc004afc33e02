"""The pump: wakes on NOTIFY (or every half second), seals, delivers to subscribers, keeps the anchor fresh."""

import threading
import time

import psycopg
from django.conf import settings
from django.db import connection

from yifang.apps.ledger import seal, subscriptions
from yifang.apps.ledger.policies import CHANNEL

_ANCHOR_SECONDS = 5.0
_LATER_SECONDS = 1.0  # of quiet, before what may be done later is


def pump(stop: threading.Event) -> None:
    """Run until `stop` is set. Raises when the database goes away; the jobs process starts it again."""
    connection.ensure_connection()
    listener = psycopg.connect(**connection.get_connection_params() | {"autocommit": True})
    anchored = 0.0
    try:
        listener.execute(f"LISTEN {CHANNEL}")
        busy = time.monotonic()
        while not stop.is_set():
            if _drain():
                busy = time.monotonic()
            more = time.monotonic() - busy > _LATER_SECONDS and subscriptions.deliver_pending()
            if time.monotonic() - anchored > _ANCHOR_SECONDS:
                seal.write_anchor(settings.LEDGER_ANCHOR)
                anchored = time.monotonic()
            for _ in listener.notifies(timeout=0 if more else 0.5, stop_after=1):
                pass
    finally:
        listener.close()
        connection.close()


def run_once() -> None:
    """Seal and deliver until nothing is left to do, what may be done later too."""
    while _drain() or subscriptions.deliver_pending():
        pass


def _drain() -> bool:
    """Seal and deliver until only what may be done later is left. Returns whether there was anything."""
    worked = False
    while sum(seal.seal_pending().values()) or subscriptions.deliver_pending(later=False):
        worked = True
    return worked
