"""Corrections that a card has had: what kind each is, which clocks it starts, and the district's audit of them.

The pack's ck_revision runs from the new diagnosis to the report of the correction, ck_revision_audit from there to its
audit; a correction that leaves the diagnosis as it was starts no report clock.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting import clocks, policy
from yifang.apps.reporting.models import Card, CardVersion, Revision, RevisionKind
from yifang.apps.reporting.services import cards
from yifang.kernel import clock
from yifang.kernel.errors import ConfigError, WrongState
from yifang.kernel.ids import new_id
from yifang.knowledge import Knowledge, load

_NO_CLOCK = {"其他疾病": "other", "艾滋病": "hiv_aids"}  # the pack's words for what ck_revision leaves out


def record(card: Card, version: CardVersion, was: Was) -> Revision:
    """Keep that `version` corrected the card; `was` is what stood before."""
    now, disease = clock.now(), load().disease(card.disease).for_subtype(card.subtype)
    hours = clock_hours(load(), "ck_revision_audit")
    urgent = clocks.audit_due(disease, now, load())
    made = Revision(
        id=new_id(), card=card, version=version.number, kind=was.kind(card), previous_disease=was.disease,
        previous_class=was.case_class, previous_diagnosed_at=was.diagnosed_at, reported_at=now,
        due_at=_due(card, was), audit_due_at=min(now + timedelta(hours=hours), urgent),
    )  # fmt: skip
    made.save(force_insert=True)
    return made


class Was:
    """What a card said before a correction."""

    def __init__(self, card: Card) -> None:
        self.disease, self.case_class, self.died_on = card.disease, card.case_class, card.died_on
        self.diagnosed_at = card.diagnosed_at

    def kind(self, card: Card) -> RevisionKind:
        """What the correction is called: the weightiest of what it changed."""
        if card.disease != self.disease:
            return RevisionKind.DISEASE
        if card.died_on is not None and card.died_on != self.died_on:
            return RevisionKind.DEATH
        return RevisionKind.CLASS if card.case_class != self.case_class else RevisionKind.OTHER


def audit_revision(card_id: UUID, viewer: Viewer) -> Card:
    """Audit what was corrected since the final audit. Raises WrongState `reporting.no_revision` where nothing waits."""
    with transaction.atomic():
        card = cards.taken(card_id)
        policy.check(card, "audit_revision", viewer)
        waiting = card.revisions.filter(audited_at=None)
        numbers = list(waiting.values_list("version", flat=True))
        if not numbers:
            raise WrongState("reporting.no_revision")
        settle(card, viewer)
        cards.follow(card, viewer)
        cards.tell(card, "revision_audited", viewer, versions=numbers)
    return card


def settle(card: Card, viewer: Viewer) -> None:
    """Whoever audits the card has looked at its corrections too."""
    card.revisions.filter(audited_at=None).update(audited_at=clock.now(), audited_by_id=viewer.user_id)


@lru_cache(maxsize=8)
def _hours(text: str) -> int:
    found = re.fullmatch(r"(\d+)h", text)
    if found is None:
        raise ConfigError("reporting.clock_limit", limit=text)
    return int(found[1])


def clock_hours(knowledge: Knowledge, id: str) -> int:
    """The hours of a clock of the national system pack. Raises ConfigError for a limit that is not `…h`."""
    return _hours(next(one.limit for one in knowledge.national_system.clocks if one.id == id))


def _due(card: Card, was: Was) -> datetime | None:
    """When the correction was due: within the pack's hours of the new diagnosis, sooner where the disease asks."""
    rule = next(one for one in load().national_system.clocks if one.id == "ck_revision")
    if card.diagnosed_at in (None, was.diagnosed_at) or card.disease in {_NO_CLOCK.get(one) for one in rule.exclude}:
        return None
    disease = load().disease(card.disease).for_subtype(card.subtype)
    hours = min(clock_hours(load(), "ck_revision"), disease.report_hours)
    return card.diagnosed_at + timedelta(hours=hours) if card.diagnosed_at else None
