"""A file dropped on a page: its batch is opened at once, its bytes go to the feed's folder, where the watch is.

So an upload and a copied file go the same way, and the page has a batch to follow. The bytes are never in the web
process's hands for longer than the write.
"""

import os
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path, PurePath

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.intake.models import Batch, BatchState, Feed
from yifang.apps.intake.services.batches import open_batch
from yifang.apps.intake.services.feeds import folder_of
from yifang.apps.ledger.services import Change, append
from yifang.kernel.errors import NotAllowed, UserError

LARGEST = 50_000_000  # bytes


def upload(feed: Feed, name: str, data: bytes, viewer: Viewer) -> Batch:
    """Take a file from a page; the same bytes again give the batch there is. Returns it, perhaps still receiving.

    Raises UserError `intake.empty_file`, `intake.too_large`; NotAllowed for another organisation's feed.
    """
    viewer.check("intake.upload")
    if feed.organisation_id != viewer.organisation_id or not feed.active:
        raise NotAllowed("intake.other_feed", feed=feed.name)
    if not data:
        raise UserError("intake.empty_file", name=name)
    if len(data) > LARGEST:
        raise UserError("intake.too_large", name=name, size=len(data) // 1_000_000, most=LARGEST // 1_000_000)
    shown = PurePath(name).name[-200:] or "upload"
    with transaction.atomic():
        batch = open_batch(feed, shown, sha256(data).digest())
        if batch.state == BatchState.DONE:
            return batch
        facts = {"feed": feed.id, "size": len(data)}
        append(Change("intake.uploaded", "batch", batch.id, facts=facts, scopes=[feed.organisation.scope]), viewer)
        # After the write: the watch opens the same batch by its bytes, whichever of the two commits first.
        _put(folder_of(feed), f"{batch.id.hex}-{shown}", data)
    return batch


def _put(folder: Path, name: str, data: bytes) -> None:
    """Write under a hidden name, then rename: the watch never sees half a file."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, hidden = tempfile.mkstemp(dir=folder, prefix=".upload-")  # 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(hidden, folder / name)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(hidden)
        raise
