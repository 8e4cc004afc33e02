"""After every step of a card or suspicion, in jobs: what the acting viewer could not see or may not do.

The person of a card written by hand, the school behind an employer's name, rows of visibility that moved, work items of
other desks. Each is computed from the card as it stands, so that a second run changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from yifang.apps.accounts.models import Visibility
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.ledger.subscriptions import Heard
from yifang.apps.places.models import Mention
from yifang.apps.places.services import Bearer, forget, match_text
from yifang.apps.reporting import desks, followups, persons, versions, visible
from yifang.apps.reporting.missed import results
from yifang.apps.reporting.models import Card, CardState, Suspicion
from yifang.kernel import clock

_STEPS = (
    "saved", "discarded", "reported", "returned", "approved", "entered", "entry_corrected", "audited",
    "audit_undone", "corrected", "revision_audited", "deleted", "merged", "unmerged",
)  # fmt: skip
KINDS = tuple(f"reporting.card_{step}" for step in _STEPS)
SUSPICION_KINDS = ("reporting.suspicion_answered",)
MATCH_KINDS = tuple(f"places.{what}" for what in ("matched", "created", "not_a_place", "reopened"))
_BEARER = "card"
_UNPLACED = (CardState.DRAFT, CardState.DISCARDED, CardState.DELETED)  # no longer, or not yet, anybody's to place
PUPILS = ("1", "3")  # 人群分类: their 工作单位 is a school


def on_cards(heard: Sequence[Heard]) -> None:
    """Bring what surrounds these cards in step with them."""
    touched = taken(heard)
    for card in touched:
        reported = card.state not in (CardState.DRAFT, CardState.DISCARDED)
        if reported:
            persons.link(card)
        _find_school(card)
        visible.settle(visible.subject_of(card, first_day(card.id)), visible.of_card(card))
        if reported:
            desks.follow_card(card, NODE)
    followups.follow(touched)
    desks.close_orphans([card.id for card in touched])


def on_answers(heard: Sequence[Heard]) -> None:
    """End what waits for an answer that was given."""
    subjects = {entry.subject for entry in heard if entry.subject}
    for suspicion in Suspicion.objects.filter(id__in=subjects):
        desks.follow_suspicion(suspicion, NODE)
    desks.close_orphans(list(subjects))
    results.follow_answers(subjects)


def taken(heard: Iterable[Heard]) -> list[Card]:
    """The cards these entries speak of, each once, locked."""
    return _locked({entry.subject for entry in heard if entry.subject})


def _locked(subjects: set[UUID]) -> list[Card]:
    rows = Card.objects.select_for_update(of=("self",)).filter(id__in=subjects).order_by("id")
    return list(rows.select_related("organisation", "school"))


def first_day(subject: UUID) -> date:
    """The day under which lists hold the subject already, today for a new one."""
    day = Visibility.objects.filter(subject=subject).order_by("day").values_list("day", flat=True).first()
    return day or clock.today()


def on_matches(heard: Sequence[Heard]) -> None:
    """A person said which school a text means, or took it back: the cards that bear the text follow."""
    matches = {entry.subject for entry in heard}
    bearing = Mention.objects.filter(match__in=matches, subject_kind=_BEARER).values_list("subject", flat=True)
    for card in _locked(set(bearing)):
        _find_school(card)
        visible.settle(visible.subject_of(card, first_day(card.id)), visible.of_card(card))


def _find_school(card: Card) -> None:
    """The school of a pupil by its name on the card; a name that no school bears waits in the match queue."""
    bearer = Bearer(_BEARER, card.id, card.organisation)
    if card.state in _UNPLACED:
        forget(bearer)
        return
    employer = ""
    if card.population in PUPILS:
        employer = str(versions.answers_of(versions.in_force(card)).get("employer", ""))
    school = match_text(employer, card.residence_area or card.report_area, bearer).organisation
    if card.school_id != (school.id if school else None):
        card.school = school
        card.save(update_fields=["school"])
        facts = {"school": school.id if school else None}
        scopes = list(visible.of_card(card))
        append(Change("reporting.card_placed", "card", card.id, fields=["school"], facts=facts, scopes=scopes), NODE)
