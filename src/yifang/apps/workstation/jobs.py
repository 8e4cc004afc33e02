"""Forgetting what no longer matters: nonces whose links have expired, windows and cards of long ago."""

from __future__ import annotations

import threading
from datetime import timedelta

from yifang.apps.workstation.models import UsedLink, Window
from yifang.kernel import clock

_EVERY = 3600.0  # seconds
WINDOWS_KEPT = timedelta(days=30)  # the ledger's access stream keeps who looked; the rows are of no more use


def forget(stop: threading.Event) -> None:
    """Run until `stop` is set."""
    while not stop.is_set():
        forget_once()
        stop.wait(_EVERY)


def forget_once() -> int:
    """Remove what is over. Returns how many rows."""
    now = clock.now()
    nonces, _ = UsedLink.objects.filter(until__lt=now).delete()
    windows, _ = Window.objects.filter(opened_at__lt=now - WINDOWS_KEPT).delete()
    return nonces + windows
