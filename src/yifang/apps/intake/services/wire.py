"""Messages that come one by one over a connection: what waits together is stored in one transaction.

A readable group is one batch, named by its bytes; an unreadable message is a batch of its own, so that a sender who
repeats it for ever adds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256

from django.db import transaction

from yifang import formats
from yifang.apps.intake.mllp.routes import LOOPBACK, Routes, networks
from yifang.apps.intake.models import BatchState, Feed
from yifang.apps.intake.services.batches import close, open_batch, patiently, store, take
from yifang.apps.intake.services.feeds import active_feeds, default_feed
from yifang.apps.ledger.services import Actor
from yifang.formats.canonical import Item, Refusal


def take_messages(feed: Feed, messages: Sequence[bytes], by: Actor, *, name: str) -> list[Refusal | None]:
    """Store messages that came through `feed`. For each: None, or why it lies in quarantine."""
    read = [list(formats.read_hl7(name, message)) for message in messages]
    outcome = [next((item.refusal for item in items if item.refusal is not None), None) for items in read]
    for message, items, refusal in zip(messages, read, outcome, strict=True):
        if refusal is not None:
            take(patiently(partial(open_batch, feed, name, sha256(message).digest())), items, by)
    good = [place for place, refusal in enumerate(outcome) if refusal is None]
    if good:
        whose = [place for place in good for _ in read[place]]
        items = [item for place in good for item in read[place]]
        numbered = [replace(item, index=index) for index, item in enumerate(items)]
        digest = sha256(b"\x1c".join(messages[place] for place in good)).digest()
        refused = patiently(partial(_store_group, feed, name, digest, numbered, by))
        for index, refusal in refused.items():
            outcome[whose[index]] = refusal
    return outcome


def routes() -> Routes:
    """The senders of all active feeds; this machine's own speak through the inbox's feed where no feed names them."""
    return patiently(_routes)


def _routes() -> Routes:
    feeds = active_feeds()
    pairs = [(network, feed) for feed in feeds for network in networks(feed.senders)]
    inbox = default_feed()
    if inbox.active and not any(network.is_loopback for network, _ in pairs):
        pairs.append((LOOPBACK, inbox))
    return Routes(tuple(pairs))


def _store_group(feed: Feed, name: str, digest: bytes, items: Sequence[Item], by: Actor) -> dict[int, Refusal]:
    """Store a group whole, in one transaction. Returns the items that could not be stored, by index."""
    with transaction.atomic():
        batch = open_batch(feed, name, digest)
        if batch.state != BatchState.DONE:
            batch = close(store(batch, items, 0, by), by)
        kept = batch.quarantined.values_list("index", "code", "params", "place")
        return {index: Refusal(code, place, tuple(params.items())) for index, code, params, place in kept}
