"""Cards of the national system came in: what the hospital entered there itself is only tracked here.

Another hospital's card answers nothing: the duty to report is that of whoever saw the patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from yifang import identify
from yifang.apps.ledger.services import NODE
from yifang.apps.ledger.subscriptions import Heard
from yifang.apps.reporting.models import NationalCard, Suspicion, SuspicionState
from yifang.apps.reporting.services import elsewhere
from yifang.identify import Reported
from yifang.kernel import clock
from yifang.knowledge import load

KINDS = ("reporting.cases_taken",)
_MOVED = (SuspicionState.OPEN, SuspicionState.CONSULTING, SuspicionState.TRACKED)


def on_national(heard: Sequence[Heard]) -> None:
    """Bring the suspicions of the persons of these cards in step."""
    cases = {UUID(one) for entry in heard for one in entry.facts["cases"]}
    people = NationalCard.objects.filter(case_id__in=cases, person__isnull=False).values("person_id")
    waiting = Suspicion.objects.filter(person_id__in=people, state__in=_MOVED)
    if not waiting.exists():
        return
    policy = identify.EpisodePolicy.of(load())
    entered, gone = [], []
    for one in waiting:
        day = one.evidence_at.astimezone(clock.CHINA).date()
        cards = NationalCard.objects.filter(
            person_id=one.person_id, disease=one.disease, organisation_id=one.organisation_id
        )
        same = [
            card
            for card in cards
            if policy.same_episode(
                one.disease, Reported(card.disease, card.diagnosed_at.astimezone(clock.CHINA).date()), day
            )
        ]
        if any(card.stands for card in same):
            entered.append(one.id)
        elif same:  # it was there, and was deleted
            gone.append(one.id)
    elsewhere.track(entered, NODE)
    elsewhere.release(gone, NODE)
