"""The versions of how a feed's tables are read. The latest counts; an earlier one is brought back as a new one."""

from __future__ import annotations

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.intake.models import Feed, FeedMapping
from yifang.apps.ledger.services import Actor, Change, append
from yifang.formats import Mapping, tabular
from yifang.kernel import clock

LARGEST = 100_000  # characters


def mapping_of(feed: Feed) -> Mapping | None:
    """The mapping that the feed's tables are read by; None where it has none of its own."""
    text = mapping_text(feed)
    return tabular.parse_mapping(text, feed.code) if text else None


def mapping_text(feed: Feed) -> str:
    """The latest version's text, empty for none."""
    return FeedMapping.objects.filter(feed=feed).order_by("-number").values_list("text", flat=True).first() or ""


def set_mapping(feed: Feed, text: str, by: Actor, *, note: str = "") -> FeedMapping | None:
    """Keep a new version; None where it says what the latest says. Raises UserError `table.mapping_wrong`."""
    if isinstance(by, Viewer):
        by.check("feed.connect")
    if text.strip():
        tabular.parse_mapping(text, feed.code)
    else:
        text = ""
    with transaction.atomic():
        last = FeedMapping.objects.filter(feed=feed).order_by("-number").first()
        if (last.text if last else "") == text:
            return None
        number = (last.number if last else 0) + 1
        user = by.user_id if isinstance(by, Viewer) else None
        made = FeedMapping.objects.create(
            feed=feed, number=number, text=text, note=note[:200], made_at=clock.now(), made_by_id=user
        )
        facts = {"version": number}
        append(Change("intake.mapping_set", "feed", feed.id, facts=facts, scopes=[feed.organisation.scope]), by)
    return made
