"""Inside the hospital: the doctor reports, the public-health desk approves or sends back.

The report clock runs through all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import Change, append, together
from yifang.apps.places.models import OrganisationKind
from yifang.apps.reporting import desks, interrupting, policy, versions, visible
from yifang.apps.reporting.models import SUSPICION_TRANSITIONS, Card, CardState, Suspicion, SuspicionState
from yifang.apps.reporting.rules import blocking
from yifang.apps.reporting.rules.answers import class_ids
from yifang.apps.reporting.services import cards, trials
from yifang.apps.reporting.services.entering import enter, is_entered
from yifang.apps.reporting.services.errors import CardErrors
from yifang.kernel import clock
from yifang.kernel.errors import UserError
from yifang.knowledge import load

CLINICAL = (OrganisationKind.HOSPITAL, OrganisationKind.PRIMARY, OrganisationKind.CDC, OrganisationKind.LABORATORY)
POSITIVE = "positive_test"


def report(card_id: UUID, viewer: Viewer, answers: Mapping[str, Any] | None = None) -> Card:
    """Send a draft or a returned card to the hospital's desk: `answers` replace those last saved.

    Raises CardErrors with every finding while there is an error; nothing is changed then.
    """
    with transaction.atomic():
        card = cards.taken(card_id)
        policy.check(card, "report", viewer)
        standing, shown, was = versions.current(card), visible.of_card(card), card.state
        before = versions.answers_of(standing)
        given = dict(before if answers is None else answers)
        findings = cards.findings_of(card, given)
        if blocking(findings):
            raise CardErrors(findings)
        check_reporter(card, given)
        if card.sent_version is None:
            cards.apply(card, given)
        else:  # what the district has stays in force until the desk approves
            cards.tighten(card, given)
        version = cards.add_version(card, given, viewer, before=standing, findings=findings, reported=True)
        card.state, card.reason = CardState.HOSPITAL_REVIEW, ""
        card.save()
        if card.suspicion_id is not None:
            _answer_suspicion(card, viewer)
        with together():
            cards.follow(card, viewer, shown=shown, was=was)
            changed = versions.changed_fields(before, given)
            cards.tell(card, "reported", viewer, fields=changed, digest=versions.digest(version))
    return card


def return_by_hospital(card_id: UUID, reason: str, viewer: Viewer) -> Card:
    """Send a card back to its doctor. Raises UserError without a reason."""
    with transaction.atomic():
        card = cards.taken(card_id)
        policy.check(card, "return_by_hospital", viewer)
        card.state, card.reason = CardState.RETURNED_BY_HOSPITAL, cards.reason_given(reason)
        card.save()
        cards.follow(card, viewer)
        cards.tell(card, "returned", viewer, said=cards.say(card, "returned", card.reason, viewer))
    return card


def approve(
    card_id: UUID,
    viewer: Viewer,
    *,
    national_card_id: str = "",
    entered_at: datetime | None = None,
    late_reason: str = "",
) -> Card:
    """Submit a card to the district; with `national_card_id` and `entered_at` record the entry in the same step.

    Raises CardErrors where the answers no longer pass (a new version of the packs, a card saved under an older one),
    and as `record_entry`.
    """
    with transaction.atomic():
        card = cards.taken(card_id)
        policy.check(card, "approve", viewer)
        trials.refuse_while_trying(card.organisation_id)
        given = versions.answers_of(versions.current(card))
        findings = cards.findings_of(card, given)
        if blocking(findings):
            raise CardErrors(findings)
        cards.apply(card, given)
        card.state, card.reason, card.reviewed_at = CardState.SUBMITTED, "", clock.now()
        card.sent_version = card.version
        entered = bool(national_card_id or entered_at) and not is_entered(card, national_card_id)
        if entered:
            enter(card, national_card_id, entered_at, late_reason)
        card.save()
        with together():
            cards.follow(card, viewer)
            cards.tell(card, "approved", viewer)
            if entered:
                cards.tell(card, "entered", viewer)
    return card


def check_reporter(card: Card, given: Mapping[str, Any]) -> None:
    """Who is no medical institution (blood centre, customs, school) reports positive tests, never cases.

    Raises UserError `reporting.only_positive`.
    """
    if card.reporter.kind not in CLINICAL and class_ids(load()).get(str(given.get("case_class", ""))) != POSITIVE:
        raise UserError("reporting.only_positive", unit=card.reporter.name)


def _answer_suspicion(card: Card, viewer: Viewer) -> None:
    """The suspicion behind a card is answered by reporting it."""
    suspicion = Suspicion.objects.select_for_update().filter(id=card.suspicion_id).first()
    if suspicion is None or SuspicionState.REPORTED not in SUSPICION_TRANSITIONS[SuspicionState(suspicion.state)]:
        return
    suspicion.state, suspicion.reason_code, suspicion.reason = SuspicionState.REPORTED, "", ""
    suspicion.answered_by_id, suspicion.answered_at = viewer.user_id, clock.now()
    suspicion.save()
    desks.follow_suspicion(suspicion, viewer)
    interrupting.follow([suspicion], viewer)
    append(
        Change(
            "reporting.suspicion_answered", "suspicion", suspicion.id,
            facts={"state": suspicion.state, "card": card.id}, scopes=list(visible.of_suspicion(suspicion)),
        ),
        viewer,
    )  # fmt: skip
