"""Which doors there are, and where their folders lie.

A node has one feed from the start, `inbox`, for the folder itself; other feeds have a folder inside it.
"""

import re
from pathlib import Path, PurePath

from django.conf import settings
from django.db import transaction

from yifang.apps.intake.mllp.routes import networks
from yifang.apps.intake.models import Feed
from yifang.apps.ledger.services import NODE, Actor, Change, append
from yifang.apps.places.models import Organisation, OrganisationKind
from yifang.kernel.errors import UserError, WrongState

DEFAULT = "inbox"
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")  # it is the name of a folder too
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


def add_feed(
    code: str, name: str, organisation: Organisation, by: Actor, *, name_en: str = "", folder: str = ""
) -> Feed:
    """Make a feed; the watch makes its folder when it next looks.

    Raises UserError `intake.feed_code`, `intake.feed_taken`, `intake.feed_folder`.
    """
    if not _CODE.fullmatch(code):
        raise UserError("intake.feed_code", code=code)
    if Feed.objects.filter(code=code).exists():
        raise UserError("intake.feed_taken", code=code)
    feed = Feed(code=code, name=name[:80], name_en=name_en[:120], organisation=organisation, folder=folder)
    place = PurePath(folder or code)
    if place.is_absolute() or ".." in place.parts or len(str(place)) > 200:
        raise UserError("intake.feed_folder", folder=folder)
    if any(folder_of(other) == folder_of(feed) for other in Feed.objects.all()):
        raise UserError("intake.feed_folder", folder=folder or code)
    with transaction.atomic():
        feed.save(force_insert=True)
        append(Change("intake.feed_made", "feed", feed.id, scopes=[organisation.scope]), by)
    return feed


def move_feed(feed: Feed, organisation: Organisation, by: Actor) -> None:
    """Give the feed to another organisation. Raises WrongState `intake.feed_used` once anything came through it."""
    if feed.batches.exists():
        raise WrongState("intake.feed_used", code=feed.code, organisation=feed.organisation.name)
    was, feed.organisation = feed.organisation, organisation
    with transaction.atomic():
        feed.save(update_fields=["organisation"])
        scopes = [was.scope, organisation.scope]
        facts = {"was": was.id, "organisation": organisation.id}
        append(Change("intake.feed_moved", "feed", feed.id, fields=["organisation"], facts=facts, scopes=scopes), by)


def set_active(feed: Feed, active: bool, by: Actor) -> None:
    """Take files through the feed again, or nothing more; what lies in its folder stays there."""
    if feed.active is active:
        return
    feed.active = active
    with transaction.atomic():
        feed.save(update_fields=["active"])
        kind = "intake.feed_opened" if active else "intake.feed_closed"
        append(Change(kind, "feed", feed.id, fields=["active"], scopes=[feed.organisation.scope]), by)


def set_senders(feed: Feed, senders: str, by: Actor) -> None:
    """Say which addresses speak HL7 v2 through the feed (MLLP), none where empty.

    Raises UserError `intake.sender` for what is no address, `intake.sender_taken` for one of another feed.
    """
    wanted = networks(senders)
    for other in Feed.objects.exclude(id=feed.id).exclude(senders=""):
        for one in set(networks(other.senders)) & set(wanted):
            raise UserError("intake.sender_taken", address=str(one), feed=other.code)
    feed.senders = ",".join(map(str, wanted))
    with transaction.atomic():
        feed.save(update_fields=["senders"])
        change = Change(
            "intake.feed_senders", "feed", feed.id, fields=["senders"], facts={"senders": len(wanted)},
            scopes=[feed.organisation.scope],
        )  # fmt: skip
        append(change, by)


def set_cadence(feed: Feed, seconds: int, by: Actor) -> None:
    """Say within which time something should come through the feed; 0: nobody expects anything."""
    feed.cadence = seconds
    with transaction.atomic():
        feed.save(update_fields=["cadence"])
        scopes, facts = [feed.organisation.scope], {"cadence": seconds}
        append(Change("intake.feed_cadence", "feed", feed.id, fields=["cadence"], facts=facts, scopes=scopes), by)


def folder_of(feed: Feed) -> Path:
    """Where the feed's files arrive: inside the node's inbox; `.` is the inbox itself."""
    return Path(settings.YIFANG.inbox) / (feed.folder or feed.code)
