"""What came through an organisation's doors, and what waits in its quarantine. The database shows no other's."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.intake.models import (
    Batch,
    BatchState,
    Connection,
    Feed,
    FeedDay,
    FeedKey,
    FeedMapping,
    LocalName,
    Look,
    NameState,
    Quarantined,
    QuarantineState,
)
from yifang.kernel import clock
from yifang.kernel.errors import NotFound
from yifang.web.tables import MOST_COUNTED

Key = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class FeedLine:
    """A feed, when it last brought anything, and how much of it waits in quarantine."""

    feed: Feed
    last_at: datetime | None
    waiting: int


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed with its days since some day, the source it is read from and the keys it is posted through."""

    line: FeedLine
    days: list[FeedDay]
    connection: Connection | None
    keys: list[FeedKey]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which items of the quarantine; empty parts do not filter."""

    state: str = QuarantineState.OPEN
    feed: UUID | None = None
    batch: UUID | None = None
    code: str = ""


def feeds(viewer: Viewer) -> list[FeedLine]:
    """The feeds of the viewer's organisation, by code."""
    viewer.check("quarantine.view")
    rows = list(Feed.objects.filter(organisation=viewer.organisation_id).order_by("-active", "code"))
    last = dict(Batch.objects.filter(feed__in=rows).values_list("feed").annotate(at=Max("received_at")))
    open_items = Quarantined.objects.filter(organisation=viewer.organisation_id, state=QuarantineState.OPEN)
    waiting = dict(open_items.order_by().values_list("batch__feed").annotate(n=Count("id")))
    return [FeedLine(feed, last.get(feed.id), waiting.get(feed.id, 0)) for feed in rows]


def feed(feed_id: UUID, viewer: Viewer) -> Feed:
    """One feed of the viewer's organisation. Raises NotFound `intake.no_feed`."""
    found = Feed.objects.filter(id=feed_id, organisation=viewer.organisation_id).first()
    if found is None:
        raise NotFound("intake.no_feed")
    return found


def feed_states(viewer: Viewer, since: date, code: str = "") -> list[FeedState]:
    """The feeds of the viewer's organisation with their days from `since` on; only the one of `code` if given."""
    lines = [line for line in feeds(viewer) if not code or line.feed.code == code]
    ids = [line.feed.id for line in lines]
    days: dict[UUID, list[FeedDay]] = defaultdict(list)
    for day in FeedDay.objects.filter(feed__in=ids, day__gte=since).order_by("day"):
        days[day.feed_id].append(day)
    keys: dict[UUID, list[FeedKey]] = defaultdict(list)
    for key in FeedKey.objects.filter(feed__in=ids).defer("digest"):
        keys[key.feed_id].append(key)
    read = _connections(ids)
    return [FeedState(line, days[line.feed.id], read.get(line.feed.id), keys[line.feed.id]) for line in lines]


def feed_state(code: str, since: date, viewer: Viewer) -> FeedState:
    """One feed of the viewer's organisation. Raises NotFound `intake.no_feed`."""
    found = feed_states(viewer, since, code)
    if not found:
        raise NotFound("intake.no_feed")
    return found[0]


def watched(viewer: Viewer) -> list[FeedState]:
    """The feeds of which somebody said how often they should come, or that have a source; without their days."""
    rows = list(Feed.objects.filter(organisation=viewer.organisation_id, active=True))
    read = _connections([feed.id for feed in rows])
    rows = [feed for feed in rows if feed.cadence or feed.id in read]
    last = dict(Batch.objects.filter(feed__in=rows).values_list("feed").annotate(at=Max("received_at")))
    return [FeedState(FeedLine(feed, last.get(feed.id), 0), [], read.get(feed.id), []) for feed in rows]


def _connections(feeds: Sequence[UUID]) -> dict[UUID, Connection]:
    return {one.feed_id: one for one in Connection.objects.filter(feed__in=feeds).defer("sealed", "seen")}


def batches(
    viewer: Viewer,
    *,
    feed_id: UUID | None = None,
    day: date | None = None,
    after: Key | None = None,
    backwards: bool = False,
    limit: int = 50,
) -> list[Batch]:
    """Up to `limit` + 1 batches, the latest first, from `after` on (nearest first when `backwards`)."""
    viewer.check("quarantine.view")
    rows = Batch.objects.select_related("feed").filter(feed__organisation=viewer.organisation_id)
    if feed_id is not None:
        rows = rows.filter(feed=feed_id)
    if day is not None:
        begins = datetime.combine(day, time(), clock.CHINA)
        rows = rows.filter(received_at__gte=begins, received_at__lt=begins + timedelta(days=1))
    return _walk(rows, "received_at", after, backwards, limit)


def receiving(viewer: Viewer) -> int:
    """How many batches are on their way."""
    return Batch.objects.filter(feed__organisation=viewer.organisation_id, state=BatchState.RECEIVING).count()


def batch(batch_id: UUID, viewer: Viewer) -> Batch:
    """One batch. Raises NotFound `intake.no_batch`."""
    viewer.check("quarantine.view")
    found = Batch.objects.select_related("feed").filter(id=batch_id).first()
    if found is None:
        raise NotFound("intake.no_batch")
    return found


def quarantine(
    viewer: Viewer, filters: Filters, *, after: Key | None = None, backwards: bool = False, limit: int = 50
) -> list[Quarantined]:
    """Up to `limit` + 1 items, the latest first, from `after` on (nearest first when `backwards`)."""
    viewer.check("quarantine.view")
    rows = _filtered(viewer, filters).select_related("batch__feed").defer("sealed", "mended")
    return _walk(rows, "arrived_at", after, backwards, limit)


def quarantined(item_id: UUID, viewer: Viewer) -> Quarantined:
    """One item, without its bytes. Raises NotFound `intake.no_item`."""
    viewer.check("quarantine.view")
    rows = Quarantined.objects.select_related("batch__feed", "answered_by").defer("sealed")
    found = rows.filter(id=item_id).first()
    if found is None:
        raise NotFound("intake.no_item")
    return found


def counts(viewer: Viewer, filters: Filters) -> dict[str, int]:
    """How many items there are in each state, up to one beyond `MOST_COUNTED` each."""
    return {
        state: _filtered(viewer, Filters(state, filters.feed, filters.batch, filters.code))[: MOST_COUNTED + 1].count()
        for state in QuarantineState.values
    }


def reasons(viewer: Viewer, filters: Filters) -> Sequence[tuple[str, int]]:
    """The reasons among the items of these filters (but the reason's own), the most frequent first."""
    rows = _filtered(viewer, Filters(filters.state, filters.feed, filters.batch))
    return list(rows.order_by().values_list("code").annotate(n=Count("id")).order_by("-n", "code")[:50])


def waiting(viewer: Viewer) -> int:
    """How many items wait in quarantine: the number beside the menu."""
    return _filtered(viewer, Filters())[: MOST_COUNTED + 1].count()


def _filtered(viewer: Viewer, filters: Filters) -> QuerySet[Quarantined]:
    rows = Quarantined.objects.filter(organisation=viewer.organisation_id, state=filters.state)
    if filters.batch is not None:
        rows = rows.filter(batch=filters.batch)
    elif filters.feed is not None:
        rows = rows.filter(batch__feed=filters.feed)
    return rows.filter(code=filters.code) if filters.code else rows


def _walk(rows: QuerySet, when: str, after: Key | None, backwards: bool, limit: int) -> list:  # type: ignore[type-arg]
    if after is not None:
        at, key = after
        sign = "gt" if backwards else "lt"
        rows = rows.filter(Q(**{f"{when}__{sign}": at}) | Q(**{when: at, f"id__{sign}": key}))
    order = (when, "id") if backwards else (f"-{when}", "-id")
    return list(rows.order_by(*order)[: limit + 1])


@dataclass(frozen=True, slots=True)
class Connected:
    """How a feed is read and by which mapping, the latest version first; None where it is read from nowhere."""

    feed: Feed
    connection: Connection | None
    look: Look | None
    versions: list[FeedMapping]


def connected(code: str, viewer: Viewer) -> Connected:
    """For who may set it. Raises NotFound `intake.no_feed`."""
    viewer.check("feed.connect")
    feed = Feed.objects.filter(code=code, organisation=viewer.organisation_id).first()
    if feed is None:
        raise NotFound("intake.no_feed")
    versions = list(FeedMapping.objects.filter(feed=feed).select_related("made_by")[:50])
    return Connected(feed, _connections([feed.id]).get(feed.id), Look.objects.filter(feed=feed).first(), versions)


NamePlace = tuple[int, UUID]


def names(
    viewer: Viewer, kind: str, state: str = NameState.OPEN, *, after: NamePlace | None = None, limit: int = 50
) -> list[LocalName]:
    """Up to `limit` + 1 names of the viewer's hospital that the packs do not know, the most frequent first."""
    viewer.check("feed.connect")
    rows = LocalName.objects.filter(organisation=viewer.organisation_id, kind=kind, state=state)
    if after is not None:
        seen, key = after
        rows = rows.filter(Q(seen__lt=seen) | Q(seen=seen, id__gt=key))
    return list(rows.select_related("answered_by").order_by("-seen", "id")[: limit + 1])


def name(name_id: UUID, viewer: Viewer) -> LocalName:
    """One of them. Raises NotFound `connect.no_name`."""
    viewer.check("feed.connect")
    found = LocalName.objects.filter(id=name_id).first()
    if found is None:
        raise NotFound("connect.no_name")
    return found


def name_counts(viewer: Viewer) -> dict[tuple[str, str], int]:
    """How many names there are of each kind and state."""
    viewer.check("feed.connect")
    rows = LocalName.objects.filter(organisation=viewer.organisation_id).order_by()
    return {(kind, state): n for kind, state, n in rows.values_list("kind", "state").annotate(n=Count("id"))}


def names_waiting(viewer: Viewer) -> int:
    """How many tests wait for an answer, at most a thousand: the number beside the menu."""
    if not viewer.can("feed.connect"):
        return 0
    return LocalName.objects.filter(organisation=viewer.organisation_id, kind="test", state=NameState.OPEN)[
        :1000
    ].count()
