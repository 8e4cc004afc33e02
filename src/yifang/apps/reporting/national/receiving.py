"""Cards of the export come in by the chunk: new ones make cases, changed ones change theirs, the rest say nothing new.

Runs in jobs, in the transaction of the chunk. Rows are written by COPY and what a chunk needs is read at once: a county
has 200,000 cards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.visibility import group_of, show_many
from yifang.apps.ledger.bulk import copy_in, maker
from yifang.apps.ledger.services import Actor, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.records import people
from yifang.apps.records.identity import identity_of
from yifang.apps.reporting import visible
from yifang.apps.reporting.models import Card, Case, NationalCard, Standing
from yifang.apps.reporting.national.casing import fill
from yifang.apps.reporting.national.comparing import differences
from yifang.apps.reporting.national.sites import Reporters, Sites
from yifang.apps.reporting.national.timing import audit_in_time, report_in_time
from yifang.formats import canonical
from yifang.kernel import clock
from yifang.kernel.sealing import Sealing
from yifang.knowledge import load

_AGE, _AGE_DAYS = re.compile(r"(\d{1,3})(岁|月|天|日)?"), {"岁": 365.25, "月": 30.44, "天": 1, "日": 1}
_FIELDS = [one.name for one in NationalCard._meta.concrete_fields if one.name not in ("id", "national_card_id")]
_new_card, _new_case = maker(NationalCard), maker(Case)
_CASE_FIELDS = [one.name for one in Case._meta.concrete_fields if one.name not in ("id", "created_at")]


def prepare(cards: Sequence[canonical.NationalCard], organisation: Organisation) -> dict[str, NationalCard]:
    """The rows of the cards that have news, as if all were new, by the cards' numbers; their persons are stored.

    That is half the work of a chunk. Where its storing then fails, a person stays who is found again when it is tried
    again.
    """
    told, ring = _newest(cards), sealing()
    known = {one.national_card_id: one for one in NationalCard.objects.filter(national_card_id__in=told)}
    fresh = {number: one for number, one in told.items() if _is_news(one, known.get(number), ring)}
    with transaction.atomic():
        return _Sayings().of(fresh, organisation)


def receive(
    cards: Sequence[canonical.NationalCard],
    organisation: Organisation,
    batch: UUID,
    by: Actor,
    prepared: Mapping[str, NationalCard] | None = None,
) -> tuple[list[UUID], int]:
    """Store a chunk. Returns the ids of the cards that are new or changed, and how many said only what is there.

    Of one number the latest revision stands, whichever of the export's two scopes or files it came in. `prepared`: what
    `prepare` returned.
    """
    told, ring = _newest(cards), sealing()
    known = {
        row.national_card_id: row
        for row in NationalCard.objects.select_for_update(of=("self",)).filter(national_card_id__in=told)
    }
    fresh = {number: one for number, one in told.items() if _is_news(one, known.get(number), ring)}
    rows = _Chunk(fresh, known, organisation, batch, prepared or {}).rows()
    if rows:
        counted = [row.case_id for row in rows if row.case_id is not None]
        append(
            Change(
                "reporting.cases_taken", "batch", batch,
                facts={"cases": counted, "cards": len(rows), "organisation": organisation.id},
                scopes=[organisation.scope],
            ),
            by,
        )  # fmt: skip
    return [row.id for row in rows], len(cards) - len(rows)


def _newest(cards: Sequence[canonical.NationalCard]) -> dict[str, canonical.NationalCard]:
    found: dict[str, canonical.NationalCard] = {}
    for card in cards:
        other = found.get(card.national_card_id)
        if other is None or (card.revised_at or card.entered_at) >= (other.revised_at or other.entered_at):
            found[card.national_card_id] = card
    return found


def _is_news(card: canonical.NationalCard, row: NationalCard | None, ring: Sealing) -> bool:
    if row is None:
        return True
    older = card.revised_at is not None and row.revised_at is not None and card.revised_at < row.revised_at
    older = older or (card.revised_at is None and row.revised_at is not None)
    return not older and _digest(card, ring) != bytes(row.digest)


def _digest(card: canonical.NationalCard, ring: Sealing) -> bytes:
    return bytes.fromhex(ring.digest("national", repr(card).encode()))


@dataclass(slots=True)
class _Chunk:
    """The news of a chunk and what its rows need: persons, our own cards, organisations, cases."""

    fresh: Mapping[str, canonical.NationalCard]
    known: Mapping[str, NationalCard]
    organisation: Organisation
    batch: UUID
    prepared: Mapping[str, NationalCard]

    def rows(self) -> list[NationalCard]:
        """Write everything that follows from the news."""
        if not self.fresh:
            return []
        sayings, sites = _Sayings(), Sites()
        others = {number: card for number, card in self.fresh.items() if number not in self.prepared}
        said = {**self.prepared, **sayings.of(others, self.organisation)}
        own = {
            one.national_card_id: one
            for one in Card.objects.select_related("case").filter(national_card_id__in=self.fresh)
        }
        cases = Case.objects.in_bulk([row.case_id for row in self.known.values() if row.case_id])
        made: list[NationalCard] = []
        changed: list[NationalCard] = []
        new_cases: list[Case] = []
        old_cases: list[Case] = []
        for number, card in self.fresh.items():
            if (row := self.known.get(number)) is None:
                made.append(row := said[number])
            else:
                changed.append(row)
                sayings.tell(row, card)
                row.person_id = said[number].person_id
            row.batch = self.batch
            mine = own.get(number)
            _hold_against(row, mine)
            if not row.disease:
                continue
            case = cases.get(row.case_id) if row.case_id else None
            if case is None and mine is not None and mine.case is not None and mine.case_id not in cases:
                case = mine.case
            (old_cases if case is not None else new_cases).append(case := case or _new_case())
            self._case(case, row, card, sites)
            row.case_id = case.id
        show_many([_shown(case) for case in new_cases], new=True)
        copy_in(new_cases)
        Case.objects.bulk_update(old_cases, _CASE_FIELDS, batch_size=200)
        for case in old_cases:
            visible.settle(
                visible.subject_of(case, case.entered_on), visible.of_case(case, case.cards.select_related("school"))
            )
        copy_in(made)
        NationalCard.objects.bulk_update(changed, _FIELDS, batch_size=200)
        _follow_cards(own.values(), [*made, *changed])
        return [*made, *changed]

    def _case(self, case: Case, row: NationalCard, card: canonical.NationalCard, sites: Sites) -> None:
        fill(case, row)
        case.residence_area = sites.village(case.residence_area, card.person.address)
        case.person_id, case.sex, case.created_at = row.person_id, card.person.sex, case.created_at or row.received_at
        case.age_days = _age_days(card)
        case.report_org_id = row.organisation_id or self.organisation.id
        case.population = card.population[:2]
        died = card.death_audited_at or row.audited_at
        case.death_audited_on = died.astimezone(clock.CHINA).date() if row.died_on and died else None
        sites.place(case, card.person.employer)


def _persons(cards: Mapping[str, canonical.NationalCard], organisation: Organisation) -> list[UUID]:
    known = [
        people.Known(identity_of(card.person), card.person.sex, _birth(card), card.residence_area, f"national|{number}")
        for number, card in cards.items()
    ]
    return people.find_or_make(known, organisation)


def _birth(card: canonical.NationalCard) -> date | None:
    return date.fromisoformat(card.person.birth.iso[:10]) if card.person.birth else None


def _age_days(card: canonical.NationalCard) -> int | None:
    """Age at onset, from the birth date, else from the age as the export writes it: 35岁, 6月."""
    if (birth := _birth(card)) is not None:
        return max((card.onset - birth).days, 0)
    written = _AGE.fullmatch(card.person.age_text)
    return round(int(written[1]) * _AGE_DAYS[written[2] or "岁"]) if written else None


class _Sayings:
    """What cards say, as rows; who and where they speak of is looked up once for a chunk."""

    def __init__(self) -> None:
        self._knowledge, self._ring, self._reporters = load(), sealing(), Reporters()
        self._counts = {one.id: one.counts for one in self._knowledge.national_system.audit_states}

    def of(self, cards: Mapping[str, canonical.NationalCard], organisation: Organisation) -> dict[str, NationalCard]:
        """New rows of the cards, by their numbers, with their persons found or made."""
        rows: dict[str, NationalCard] = {}
        for (number, card), person in zip(cards.items(), _persons(cards, organisation), strict=True):
            rows[number] = row = _new_card()
            self.tell(row, card)
            row.person_id = person
        return rows

    def tell(self, row: NationalCard, card: canonical.NationalCard) -> None:
        """Have the row say what the card says."""
        row.national_card_id = card.national_card_id
        pending = self._counts[card.audit_state] == "previous"
        audited = card.finally_audited_at if self._counts[card.audit_state] is True else None
        row.card_no, row.digest = card.card_no[:40], _digest(card, self._ring)
        row.audit_state, row.card_state = card.audit_state, card.card_state
        row.stands = card.audit_state not in _GONE
        row.disease = (card.previous_disease or card.disease) if pending else card.disease
        row.disease_text, row.subtype = card.disease_text[:80], card.subtype
        row.group, row.case_class = group_of(row.disease) if row.disease else "ordinary", card.case_class
        row.residence_area, row.report_area = card.residence_area, card.report_area
        row.organisation_id = self._reporters.find(card.report_org, card.report_area)
        row.organisation_text = card.report_org[:120]
        row.onset_date, row.diagnosed_at, row.entered_at = card.onset, card.diagnosed_at, card.entered_at
        row.county_audited_at = card.county_audited_at
        row.audited_at = (card.previous_audited_at or row.audited_at) if pending else audited
        row.revised_at, row.deleted_at, row.died_on = card.revised_at, card.deleted_at, card.died_on
        row.report_in_time = report_in_time(card, self._knowledge)
        row.audit_in_time = audit_in_time(card, self._knowledge)
        row.values, row.received_at = dict(card.others), clock.now()


_GONE = ("deleted", "not_counted", "duplicate")


def _hold_against(row: NationalCard, own: Card | None) -> None:
    row.card_id = own.id if own is not None else None
    row.differs = differences(own, row) if own is not None else []
    row.standing = Standing.ONLY_THERE if own is None else Standing.DIFFERENT if row.differs else Standing.BOTH


def _shown(case: Case) -> tuple[visible.Subject, visible.Shown]:
    shown = visible.of_case(case, ()) | {f"org:{case.report_org_id}": visible.HOSPITAL}
    return visible.subject_of(case, case.entered_on), shown


def _follow_cards(own: Iterable[Card], rows: Sequence[NationalCard]) -> None:
    """Our own cards belong to the case that their national card has."""
    cases = {row.card_id: row.case_id for row in rows if row.card_id is not None}
    for card in own:
        if card.case_id != cases[card.id]:
            Card.objects.filter(id=card.id).update(case=cases[card.id])
