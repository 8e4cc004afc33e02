"""Which doors there are, and where their folders lie.

A node has one feed from the start, `inbox`, for the folder itself; other feeds have a folder inside it.
"""

from pathlib import Path

from django.conf import settings
from django.db import transaction

from yifang.apps.intake.models import Feed
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.places.models import Organisation, OrganisationKind
from yifang.kernel.errors import UserError

DEFAULT = "inbox"
_OWN_KIND = {"hospital": OrganisationKind.HOSPITAL}  # a hospital's node is that hospital; others are run by a CDC


def active_feeds() -> list[Feed]:
    """Every feed that takes anything, with its organisation."""
    return list(Feed.objects.filter(active=True).select_related("organisation").order_by("code"))


def feed_by_code(code: str) -> Feed:
    """The active feed of that code. Raises UserError `intake.unknown_feed`, naming those there are."""
    feeds = {feed.code: feed for feed in active_feeds()}
    if code not in feeds:
        raise UserError("intake.unknown_feed", code=code, feeds=sorted(feeds))
    return feeds[code]


def default_feed() -> Feed:
    """The feed of the inbox itself, made (with the node's own organisation) where there is none. Runs as jobs."""
    with transaction.atomic():
        found = Feed.objects.filter(code=DEFAULT).select_related("organisation").first()
        if found is not None:
            return found
        config = settings.YIFANG
        organisation, _ = Organisation.objects.get_or_create(
            code="NODE",
            defaults={
                "name": config.name,
                "kind": _OWN_KIND.get(config.role, OrganisationKind.CDC),
                "area_code": config.area,
            },
        )
        feed, made = Feed.objects.get_or_create(
            code=DEFAULT,
            defaults={
                "name": "收件目录", "name_en": "Inbox folder", "organisation": organisation, "folder": ".",
            },
        )  # fmt: skip
        if made:
            append(Change("intake.feed_made", "feed", feed.id, scopes=[organisation.scope]), NODE)
        return feed


def folder_of(feed: Feed) -> Path:
    """Where the feed's files arrive: inside the node's inbox; `.` is the inbox itself."""
    return Path(settings.YIFANG.inbox) / (feed.folder or feed.code)
