"""Daily counts go up even where cards do not: visits and syndromes of each day by organisation and township.

A number for each, nobody's age or sex. Diseases are not among them: a city counts the cases that it holds, and a
province has the national system's figures, beside which a second count would only have to be reconciled.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.ledger.subscriptions import Heard
from yifang.apps.places.models import Organisation
from yifang.apps.relay import outbox
from yifang.apps.relay.kinds.sender import From
from yifang.apps.relay.models import Peer, Side
from yifang.apps.surveillance import counting
from yifang.apps.surveillance.models import Counted, CountState
from yifang.apps.surveillance.services import note
from yifang.kernel import areas
from yifang.kernel.errors import YifangError
from yifang.kernel.protocols import Relayed, RelayEntry

COUNTED = "surveillance.days_counted"
_DAY = UUID("0f6c1c2e-0000-5000-8000-000000000000").int  # a day's subject: this, and its ordinal
_EVERY = 120.0  # seconds
Json = dict[str, Any]
Refused = tuple[RelayEntry, str, Mapping[str, Any]]


def register() -> None:
    """Let counts go up."""
    outbox.carry(
        Relayed(
            "count", _("每日计数"), frozenset({COUNTED}), _counts_concern, _build_counts, take_counts, subjects=_days,
            everything=_all_days,
        )
    )  # fmt: skip


def tell_days(stop: threading.Event) -> None:
    """Say every two minutes which days' counts changed, where there is an upper node; until `stop` is set."""
    while not stop.wait(_EVERY):
        if Peer.objects.filter(side=Side.UP).exists():
            note_days()


def note_days() -> list[date]:
    """The days whose visits or syndromes were counted since the last time, told to the ledger."""
    with transaction.atomic():
        state, _made = CountState.objects.select_for_update().get_or_create(id=1)
        with connection.cursor() as cursor:
            # What commits late has a smaller id: the last minutes are looked at again, and building them says the same.
            cursor.execute("SELECT coalesce(max(id), 0) FROM surveillance_counted")
            (last,) = cursor.fetchone()
            cursor.execute(
                "SELECT DISTINCT onset_day FROM surveillance_counted WHERE id > %s AND sort <> 'disease' "
                "AND onset_day IS NOT NULL ORDER BY onset_day",
                [max(state.told_to - 5000, 0) if last > state.told_to else last],
            )
            days = [day for (day,) in cursor.fetchall()]
        if days:
            CountState.objects.filter(id=1).update(told_to=last)
            append(Change(COUNTED, "count", None, facts={"days": days}), NODE)
    return days


def subject_of(day: date) -> UUID:
    """The subject that a day is to other nodes."""
    return UUID(int=_DAY + day.toordinal())


def _day_of(subject: UUID) -> date:
    return date.fromordinal(subject.int - _DAY)


def _days(heard: Heard) -> Sequence[UUID]:
    return [subject_of(date.fromisoformat(str(day))) for day in heard.facts["days"]]


def _all_days(peer: Peer) -> Iterable[UUID]:
    days = Counted.objects.exclude(sort="disease").filter(onset_day__isnull=False)
    return [subject_of(day) for day in days.values_list("onset_day", flat=True).distinct().order_by("onset_day") if day]


def _counts_concern(subjects: Sequence[UUID], peer: Peer) -> Collection[UUID]:
    return subjects if peer.side == Side.UP else ()


def _build_counts(subjects: Sequence[UUID], peer: Peer) -> Mapping[UUID, Json]:
    """The numbers of each day: [sort, name, organisation, township, number]."""
    days = {_day_of(one): one for one in subjects}
    homes = {
        one.id: {"code": one.code, "name": one.name, "kind": one.kind, "area": one.area_code}
        for one in Organisation.objects.all()
    }
    found: dict[UUID, Json] = {
        one: {"day": day.isoformat(), "organisations": {}, "rows": []} for day, one in days.items()
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT onset_day, sort, name, organisation, left(residence_area, 9), sum(number) "
            "FROM surveillance_counted WHERE onset_day = ANY (%s) AND sort <> 'disease' "
            "GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5",
            [list(days)],
        )
        for day, sort, name, home, township, number in cursor.fetchall():
            if home in homes:
                body = found[days[day]]
                body["organisations"][homes[home]["code"]] = homes[home]
                body["rows"].append([sort, name, homes[home]["code"], township, int(number)])
    return found


def take_counts(entries: Sequence[RelayEntry], peer: Peer) -> list[Refused]:
    """Count what a lower node counted, in place of what it said of these days before."""
    if peer.side != Side.DOWN:
        return [(one, "relay.not_theirs", {"organisation": peer.name}) for one in entries]
    refused: list[Refused] = []
    codes = {code for entry in entries for code in entry.body["organisations"]}
    homes = {one.code: one for one in Organisation.objects.filter(code__in=codes)}
    for entry in entries:
        day = date.fromisoformat(entry.body["day"])
        unknown = next((code for code in entry.body["organisations"] if code not in homes), None)
        if unknown is not None:
            refused.append((entry, "relay.no_organisation", {"organisation": unknown}))
            continue
        foreign = next((code for code in entry.body["organisations"] if not _speaks_for(peer, homes[code])), None)
        if foreign is not None:
            refused.append((entry, "relay.not_theirs", {"organisation": foreign}))
            continue
        facts = [
            counting.Fact(
                subject=uuid5(peer.id, f"{day}|{code}|{township}"), sort=sort, name=name, sex="unknown", age=-1,
                residence_area=_area(township), report_area=homes[code].area_code, organisation=homes[code].id,
                onset_day=day, number=number,
            )
            for sort, name, code, township, number in entry.body["rows"]
        ]  # fmt: skip
        before = Counted.objects.filter(onset_day=day).exclude(sort="disease").values_list("subject", "organisation")
        ours = {homes[code].id for code in homes}
        # what a lower node said has a subject made of the day (version 5), what is counted here a record's
        told = {subject for subject, home in before if subject.version == 5 and (home in ours or _was(peer, home))}
        note(counting.count_facts(facts, [*told, *(one.subject for one in facts)]))
    changes = [
        Change("surveillance.counts_received", "count", None, facts={"node": peer.node, "day": one.body["day"]})
        for one in entries
    ]
    append(changes, From(purpose=peer.name[:120]))
    return refused


def _was(peer: Peer, home: UUID) -> bool:
    found = Organisation.objects.filter(id=home).first()
    return found is not None and _speaks_for(peer, found)


def _speaks_for(peer: Peer, home: Organisation) -> bool:
    """A hospital's node for the organisations of its invitation, any other for its area."""
    if peer.role == "hospital":
        return home.code in peer.organisations
    return bool(peer.area_code) and areas.contains(peer.area_code, home.area_code)


def _area(code: str) -> str:
    try:
        return areas.normalise(code) if code else ""
    except YifangError:
        return ""
