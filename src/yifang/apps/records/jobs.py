"""Once after every start: persons who came in before there was an index get their keys and are looked at."""

import threading
from uuid import UUID

from django.db import transaction

from yifang.apps.records import linking


def link_missing(stop: threading.Event) -> None:
    """Work through them, then wait for the end. Raises when the database goes away; it is started again then."""
    last: UUID | None = None
    while not stop.is_set():
        with transaction.atomic():
            last = linking.missing(last)
        if last is None:
            stop.wait()
