"""Our cards beside those of the national system: in both, only there, only here, different; and how punctual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet

from yifang.apps.accounts.models import SubjectKind
from yifang.apps.accounts.viewers import Viewer, list_scope
from yifang.apps.accounts.visibility import listed
from yifang.apps.reporting.models import Card, CardState, NationalCard, Standing
from yifang.kernel import clock
from yifang.web.tables import MOST_COUNTED

Tab = Literal["different", "only_there", "only_here", "unknown", "both"]
TABS: tuple[Tab, ...] = ("different", "only_there", "only_here", "unknown", "both")
_MOST = MOST_COUNTED + 1  # which the tabs show as 1000+
_LOOK = 2000  # cards looked at for those that stand here alone


@dataclass(frozen=True, slots=True)
class Punctuality:
    """Of the cards entered in a period by one organisation: how many, and the share in per cent in time."""

    organisation: str
    cards: int
    reported: float | None
    audited: float | None


def national_cards(
    viewer: Viewer,
    tab: Tab,
    *,
    organisation: str = "",
    cursor: tuple[datetime, UUID] | None = None,
    backwards: bool = False,
    limit: int = 50,
) -> list[NationalCard]:
    """Up to `limit` + 1 cards of the national system in one standing, the newest entry first."""
    viewer.check("national.view")
    rows = _standing(tab)
    if organisation:
        rows = rows.filter(organisation_text=organisation)
    if cursor is not None:
        at, key = cursor
        older = Q(entered_at__lt=at) | Q(entered_at=at, id__lt=key)
        newer = Q(entered_at__gt=at) | Q(entered_at=at, id__gt=key)
        rows = rows.filter(newer if backwards else older)
    sign = "" if backwards else "-"
    rows = rows.select_related("person", "case", "card", "organisation")
    return list(rows.order_by(f"{sign}entered_at", f"{sign}id")[: limit + 1])


def only_here(viewer: Viewer, limit: int = 50) -> list[Card]:
    """Our cards, sent to the district, that the national system's export does not hold though it reaches beyond them.

    Looks through the newest of the viewer's cards; those entered after the last export are not missing yet.
    """
    viewer.check("national.view")
    reach = NationalCard.objects.aggregate(last=Max("entered_at"))["last"]
    if reach is None:
        return []
    ids = [subject for _, subject in listed(SubjectKind.CARD, list_scope(viewer), limit=_LOOK)]
    cards = Card.objects.filter(id__in=ids, state__in=(CardState.SUBMITTED, CardState.AUDITED), national__isnull=True)
    cards = cards.filter(Q(entered_at__lte=reach) | Q(entered_at=None, reviewed_at__lte=reach))
    return list(cards.select_related("organisation", "person").order_by("-created_at")[:limit])


def tab_counts(viewer: Viewer) -> Mapping[Tab, int]:
    """How many stand in each tab, at most one beyond what is shown; those in both are not counted, they need nobody."""
    found: dict[Tab, int] = {
        tab: _standing(tab).order_by().values("id")[:_MOST].count() for tab in ("different", "only_there", "unknown")
    }
    found["only_here"] = len(only_here(viewer, _MOST))
    return found


def last_export(viewer: Viewer) -> datetime | None:
    """When a card of the national system came in last, None where there never was one."""
    viewer.check("national.view")
    return NationalCard.objects.aggregate(last=Max("received_at"))["last"]


def punctuality(viewer: Viewer, since: date, until: date) -> Sequence[Punctuality]:
    """By reporting organisation, the least punctual first. Cards without a clock (not notifiable) are in no share."""
    viewer.check("national.view")
    start = datetime.combine(since, time(), tzinfo=clock.CHINA)
    end = datetime.combine(until + timedelta(days=1), time(), tzinfo=clock.CHINA)
    rows = (
        NationalCard.objects.filter(entered_at__gte=start, entered_at__lt=end, stands=True)
        .values("organisation_text")
        .annotate(
            cards=Count("id"),
            reported=Count("id", filter=Q(report_in_time=True)),
            with_report=Count("report_in_time"),
            audited=Count("id", filter=Q(audit_in_time=True)),
            with_audit=Count("audit_in_time"),
        )
    )
    found = [
        Punctuality(
            row["organisation_text"], row["cards"], _share(row["reported"], row["with_report"]),
            _share(row["audited"], row["with_audit"]),
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.reported if one.reported is not None else 101, -one.cards))


def _standing(tab: Tab) -> QuerySet[NationalCard]:
    if tab == "unknown":
        return NationalCard.objects.filter(disease="", stands=True)
    return NationalCard.objects.filter(standing=Standing(tab), stands=True)


def _share(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None
