"""What the node has found, as the score asks for it: suspicions by visit, cards by person, signals by place."""

from __future__ import annotations

from datetime import date

from yifang.apps.places.models import Organisation, Place
from yifang.apps.records import identity
from yifang.apps.records.models import PersonIdentity
from yifang.apps.reporting.models import Card, CardState, NationalCard, Suspicion, SuspicionState
from yifang.apps.surveillance.models import Signal
from yifang.apps.surveillance.services import replay
from yifang.kernel import clock
from yifang.world import scoring


def found(since: date, until: date) -> scoring.Found:
    """Everything, signals of these days. Runs as jobs: the score counts what there is, whoever may see it."""
    return scoring.Found(_suspicions(), _cards(), _signals(since, until))


def _suspicions() -> list[scoring.Suspicion]:
    rows = Suspicion.objects.exclude(state=SuspicionState.WITHDRAWN).select_related("record")
    told = []
    for one in rows.iterator(chunk_size=2000):
        payload = one.record.payload
        told.append(scoring.Suspicion(payload.get("encounter", {}).get("id") or payload["key"], one.disease))
    return told


def _cards() -> list[scoring.Card]:
    numbers = {
        row.person_id: identity.unseal(row.person_id, row.sealed).id_no
        for row in PersonIdentity.objects.filter(
            person_id__in=NationalCard.objects.filter(person__isnull=False).values("person_id")
        ).iterator(chunk_size=2000)
    }
    told = [
        scoring.Card(
            numbers.get(one.person_id, ""), one.disease, one.national_card_id, one.diagnosed_at.date().isoformat()
        )
        for one in NationalCard.objects.filter(stands=True)
    ]
    own = Card.objects.exclude(state__in=(CardState.DRAFT, CardState.DELETED, CardState.DISCARDED))
    return told + [scoring.Card("", one.disease, one.national_card_id) for one in own if one.national_card_id]


def _signals(since: date, until: date) -> list[scoring.Signal]:
    """Those that were raised, and those of the year that came in at once: what its days would have raised."""
    organisations = {f"org:{id}": code for id, code in Organisation.objects.values_list("id", "code")}
    places = {f"place:{id}": code for id, code in Place.objects.values_list("id", "code")}

    def unit(scope: str) -> str:
        return organisations.get(scope) or places.get(scope) or _area(scope)

    raised = [
        scoring.Signal(
            one.disease, one.area_code, unit(one.unit),
            one.first_day.isoformat(), one.last_day.isoformat(),
            one.raised_at.astimezone(clock.CHINA).isoformat(), one.method,
        )
        for one in Signal.objects.order_by("raised_at")
    ]  # fmt: skip
    replayed = [
        scoring.Signal(
            one.name, one.area, unit(one.unit), one.first_day.isoformat(), one.last_day.isoformat(),
            one.raised.isoformat(), one.method,
        )
        for one in replay(since, until)
    ]  # fmt: skip
    return raised + replayed


def _area(unit: str) -> str:
    return unit.removeprefix("area:") if unit.startswith("area:") else ""
