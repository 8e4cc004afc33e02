"""The pump: wakes on NOTIFY (or every half second), seals, delivers to subscribers, keeps the anchor fresh."""

import threading
import time

import psycopg
from django.conf import settings
from django.db import connection

from yifang.apps.ledger import seal, subscriptions
from yifang.apps.ledger.policies import CHANNEL

_ANCHOR_SECONDS = 5.0


def pump(stop: threading.Event) -> None:
    """Run until `stop` is set. Raises when the database goes away; the jobs process starts it again."""
    connection.ensure_connection()
    listener = psycopg.connect(**connection.get_connection_params() | {"autocommit": True})
    anchored = 0.0
    try:
        listener.execute(f"LISTEN {CHANNEL}")
        while not stop.is_set():
            run_once()
            if time.monotonic() - anchored > _ANCHOR_SECONDS:
                seal.write_anchor(settings.LEDGER_ANCHOR)
                anchored = time.monotonic()
            for _ in listener.notifies(timeout=0.5, stop_after=1):
                pass
    finally:
        listener.close()
        connection.close()


def run_once() -> None:
    """Seal and deliver until nothing is left to do."""
    while sum(seal.seal_pending().values()) or subscriptions.deliver_pending():
        pass
