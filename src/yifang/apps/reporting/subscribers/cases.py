"""A card that stands in the national system makes a case, or joins the one of the same illness; cards that change
carry their case along.

What a case says is computed from its live cards each time. A case that lost its last card, or whose card turned out to
be another disease, is excluded, never removed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from django.db.models import QuerySet

from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.ledger.subscriptions import Heard
from yifang.apps.places.models import OrganisationKind
from yifang.apps.places.naming import county, fold, named, place_in, village_in
from yifang.apps.reporting import national, persons, versions, visible
from yifang.apps.reporting.models import Card, CardState, Case, RevisionKind
from yifang.apps.reporting.rules import illness_days
from yifang.apps.reporting.subscribers.cards import PUPILS, taken
from yifang.kernel import clock
from yifang.kernel.ids import new_id
from yifang.knowledge import load

_STEPS = (
    "entered",
    "entry_corrected",
    "approved",
    "audited",
    "audit_undone",
    "corrected",
    "revision_audited",
    "deleted",
    "merged",
    "unmerged",
    "placed",
)
KINDS = tuple(f"reporting.card_{step}" for step in _STEPS)
# The class that says most of an illness wins where several cards report it.
_RANK = ("confirmed", "clinical", "positive_test", "carrier", "suspected", "")
_FOLLOWED = (
    "disease",
    "subtype",
    "group",
    "case_class",
    "onset_date",
    "diagnosed_at",
    "entered_on",
    "audited_on",
    "residence_area",
    "report_area",
    "report_org_id",
    "school_id",
    "place_id",
    "worksite_id",
    "unit_unresolved",
    "population",
    "sex",
    "age_days",
    "died_on",
    "death_audited_on",
    "excluded",
)


def on_cards(heard: Sequence[Heard]) -> None:
    """Make, join, move and bring in step the cases behind these cards."""
    taken_back = {
        entry.subject: UUID(entry.facts["case"])
        for entry in heard
        if entry.kind == "reporting.card_unmerged" and entry.facts.get("case") not in (None, "None")
    }
    for card in taken(heard):
        if card.entered_at is None:
            continue
        if card.person_id is None:
            persons.link(card)  # this subscriber may run before the one that sets the person
        before = card.case_id
        there = national.link_own(card)
        if there is not None and card.state != CardState.DELETED:
            _put(card, there)
        else:
            _place(card, taken_back.get(card.id))
        for case_id in {before, card.case_id} - {None}:
            follow(Case.objects.select_for_update().get(id=case_id))


def follow(case: Case) -> None:
    """Bring a case, and who sees it, in step with its live cards."""
    cards = list(
        _live(case.cards.all()).select_related("organisation", "reported_for", "school").order_by("entered_at", "id")
    )
    before = [getattr(case, name) for name in _FOLLOWED]
    case.excluded = not cards
    if cards:
        _fill(case, cards)
    national.refollow(case)
    fields = [name for name, value in zip(_FOLLOWED, before, strict=True) if getattr(case, name) != value]
    visible.settle(
        visible.subject_of(case, case.entered_on), visible.of_case(case, case.cards.select_related("school"))
    )
    if fields:
        case.save()
        _tell(case, "excluded" if case.excluded else "changed", fields=fields)


def _place(card: Card, taken_back: UUID | None) -> None:
    """Put the card to its case: of the card it was merged into, its own, one of the same illness, or a new one."""
    if card.state == CardState.DELETED:
        return
    case = None
    if card.merged_into is not None:
        case = card.merged_into.case
    elif taken_back is not None:
        case = Case.objects.filter(id=taken_back).first()
    elif card.case is not None and card.case.disease == card.disease and card.case.person_id == card.person_id:
        return
    case = case or _same_illness(card)
    if case is None:
        card.case = _make(card)
        card.save(update_fields=["case"])
    else:
        _put(card, case)


def _put(card: Card, case: Case) -> None:
    if card.case_id != case.id:
        card.case = case
        card.save(update_fields=["case"])
        _tell(case, "joined", card=card.id)


def _same_illness(card: Card) -> Case | None:
    """The person's case of this disease whose onset lies within the illness window, the nearest first."""
    days = illness_days(card.disease, load())
    known = Case.objects.filter(person_id=card.person_id, disease=card.disease, excluded=False)
    if days is not None:
        span = timedelta(days=days)
        known = known.filter(onset_date__range=(card.onset_date - span, card.onset_date + span))
    return min(known, key=lambda case: abs(case.onset_date - card.onset_date), default=None)


def _make(card: Card) -> Case:
    # Named after the card that makes it: a node that was restored makes the same case again, no other node doubles it.
    id = UUID(int=card.id.int ^ 1)
    if Case.objects.filter(id=id).exists():
        id = new_id()
    case = Case(id=id, person_id=card.person_id, created_at=clock.now())
    _fill(case, [card])
    visible.show(visible.subject_of(case, case.entered_on), visible.of_case(case, [card]))
    case.save(force_insert=True)
    _tell(case, "made", card=card.id)
    return case


def _fill(case: Case, cards: Sequence[Card]) -> None:
    """What the first card to be entered says, with the best class, the earliest audit, and any death."""
    first = cards[0]
    best = min(cards, key=lambda card: _RANK.index(card.case_class))
    audits = [card.audited_at for card in cards if card.audited_at]
    deaths = [card.died_on for card in cards if card.died_on]
    case.disease, case.subtype, case.group = first.disease, best.subtype or first.subtype, first.group
    case.case_class, case.onset_date, case.diagnosed_at = best.case_class, first.onset_date, first.diagnosed_at
    case.entered_on = _day(first.entered_at)
    case.audited_on = _day(min(audits)) if audits else None
    answers = versions.answers_of(versions.in_force(first))
    case.residence_area = village_in(first.residence_area, str(answers.get("residence_detail", "")))
    case.report_area = first.report_area
    case.report_org, case.school, case.population = first.reporter, first.school, first.population
    case.place = place_in(first.school, fold(first.school_class)) if first.school and first.school_class else None
    case.unit_unresolved = first.school is None and bool(first.school_class)
    case.worksite = None
    employer = fold(str(answers.get("employer", "")))
    if employer and first.population not in PUPILS:
        match = named(employer, county(first.residence_area))
        if match and match.organisation and match.organisation.kind == OrganisationKind.WORKSITE:
            case.worksite, case.place = match.organisation, match.place
    birth = first.person.birth_date
    case.age_days = max((first.onset_date - birth).days, 0) if birth else None
    case.sex = first.person.sex
    case.died_on = min(deaths) if deaths else None
    case.death_audited_on = _death_audited_on(cards) if deaths else None


def _death_audited_on(cards: Sequence[Card]) -> date | None:
    """终审死亡日期: a death that came by a correction counts from the audit of that correction."""
    days = []
    for card in cards:
        if card.died_on is None or card.audited_at is None:
            continue
        reported = card.revisions.filter(kind=RevisionKind.DEATH, reported_at__gt=card.audited_at).last()
        at = reported.audited_at if reported is not None else card.audited_at
        days += [_day(at)] if at else []
    return min(days, default=None)


def _live(cards: QuerySet[Card]) -> QuerySet[Card]:
    return cards.exclude(state=CardState.DELETED).filter(merged_into=None, entered_at__isnull=False)


def _tell(case: Case, what: str, *, fields: Sequence[str] = (), **facts: object) -> None:
    scopes = list(visible.of_case(case, case.cards.select_related("school")))
    append(Change(f"reporting.case_{what}", "case", case.id, fields=fields, facts=facts, scopes=scopes), NODE)


def _day(at) -> date:
    return at.astimezone(clock.CHINA).date()
