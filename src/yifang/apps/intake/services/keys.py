"""The keys of machine clients: made, revoked, and checked when a client shows one.

A key is bound to one feed and so to one organisation. Its secret is said once, when it is made, and kept nowhere.
"""

import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction

from yifang.apps.intake.models import Feed, FeedKey
from yifang.apps.ledger.services import Actor, Change, append
from yifang.kernel import clock
from yifang.kernel.errors import NotFound, UserError

LONGEST_DAYS = 3660
_WRITTEN = re.compile(r"yf1\.([0-9a-f]{32})\.([A-Za-z0-9_-]{43})")
_NO_DIGEST = bytes(32)


def make_key(feed: Feed, name: str, days: int, by: Actor) -> tuple[FeedKey, str]:
    """A new key of the feed for `days` days, and how its client writes it; nobody can say that again.

    Raises UserError `intake.key_days`, `intake.key_taken`.
    """
    if not 0 < days <= LONGEST_DAYS:
        raise UserError("intake.key_days", most=LONGEST_DAYS)
    if feed.keys.filter(name=name, revoked_at=None).exists():
        raise UserError("intake.key_taken", name=name, code=feed.code)
    secret, now = secrets.token_urlsafe(32), clock.now()
    key = FeedKey(
        feed=feed, name=name[:80], digest=digest_of(secret), made_at=now, expires_at=now + timedelta(days=days)
    )
    with transaction.atomic():
        key.save(force_insert=True)
        _say("intake.key_made", key, by)
    return key, f"yf1.{key.id.hex}.{secret}"


def revoke_key(feed: Feed, beginning: str, by: Actor) -> FeedKey:
    """End the key of the feed of that name, or whose id begins so. Raises NotFound `intake.no_key` naming those there
    are, also where several fit."""
    keys = list(feed.keys.filter(revoked_at=None))
    wanted = beginning.lower().replace("-", "")
    found = [key for key in keys if key.name == beginning] or [key for key in keys if key.id.hex.startswith(wanted)]
    if len(found) != 1 or not wanted:
        shown = [f"{key.id.hex} {key.name}" for key in keys]
        raise NotFound("intake.no_key", key=beginning, code=feed.code, keys=shown)
    key = found[0]
    key.revoked_at = clock.now()
    with transaction.atomic():
        key.save(update_fields=["revoked_at"])
        _say("intake.key_revoked", key, by, fields=["revoked_at"])
    return key


def read_key(written: str) -> tuple[str, str] | None:
    """The id and the digest (hex) of a key as its client writes it; None for what is none."""
    match = _WRITTEN.fullmatch(written)
    return (match[1], digest_of(match[2]).hex()) if match else None


def check_key(id: str, digest: str) -> tuple[FeedKey | None, str]:
    """The key, with its feed, or None and why not (a message code). Why is told only to who knows the secret.

    Runs as jobs, outside of any transaction; raises OperationalError where the database is away.
    """
    for last in (False, True):
        try:
            return _check(UUID(id), bytes.fromhex(digest), clock.now())
        except (OperationalError, InterfaceError):
            connection.close()  # it died since it was used last: once more with a fresh one
            if last:
                raise
    raise AssertionError("the last try returns or raises")


def _check(id: UUID, digest: bytes, now: datetime) -> tuple[FeedKey | None, str]:
    key = FeedKey.objects.select_related("feed__organisation").filter(id=id).first()
    if not hmac.compare_digest(bytes(key.digest) if key else _NO_DIGEST, digest) or key is None:
        return None, "intake.api_key_refused"
    if key.revoked_at is not None:
        return None, "intake.api_key_revoked"
    if key.expires_at <= now:
        return None, "intake.api_key_expired"
    if not key.feed.active:
        return None, "intake.api_feed_closed"
    return key, ""


def mark_used(ids: set[UUID]) -> None:
    """Note that the keys were used today."""
    today = clock.today()
    FeedKey.objects.filter(id__in=ids).exclude(used_on=today).update(used_on=today)


def digest_of(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _say(kind: str, key: FeedKey, by: Actor, fields: Sequence[str] = ()) -> None:
    facts, scopes = {"feed": key.feed_id}, [key.feed.organisation.scope]
    append(Change(kind, "feed_key", key.id, fields=fields, facts=facts, scopes=scopes), by)
