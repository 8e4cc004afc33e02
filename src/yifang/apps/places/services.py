"""Matching the free texts of records to places, and answering what could not be matched.

`match_text` runs in jobs while a record is taken further; what it cannot match waits in the queue, one row for a text
and county, with a mention for each record that bears it. A person answers once; the app of the records hears of it
through the ledger and asks `match_text` again, for the earlier records as for every later one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction

from yifang.apps.ledger.services import NODE, Actor, Change, append
from yifang.apps.places.models import TRANSITIONS, MatchState, Mention, Organisation, Place, PlaceMatch
from yifang.apps.places.naming import KINDS, Match, county, fold, folded_names, named, place_in
from yifang.kernel import areas, clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState
from yifang.kernel.ids import new_id

KIND = "place_match"


class Matcher(Actor, Protocol):
    """Who answers: a viewer in a seat."""

    @property
    def scopes(self) -> tuple[str, ...]: ...
    def can(self, permission: str) -> bool: ...
    def check(self, permission: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Bearer:
    """The record that bears a text, and the organisation it came from."""

    kind: str
    subject: UUID
    organisation: Organisation


def match_text(text: str, area_code: str, bearer: Bearer) -> Match:
    """The school or worksite that `text` names, near `area_code` first; an unknown text joins the match queue.

    An answer once given to the same text and county serves again. Runs in jobs, in the caller's transaction; a second
    call for the same record replaces what the first one noted of it, an empty text takes it away.
    """
    folded, area = fold(text)[:200], county(area_code)
    if not folded:
        forget(bearer)
        return Match()
    asked = PlaceMatch.objects.select_related("organisation", "place").filter(text=folded, area_code=area).first()
    answered = asked is not None and asked.state != MatchState.OPEN
    found = Match(asked.organisation, asked.place) if answered else named(folded, area)
    if found is not None and not answered:
        forget(bearer)
        return found
    _mention(bearer, folded, area)
    return found or Match()


def forget(bearer: Bearer) -> None:
    """The record bears no queued text any more; a question that no record asks is withdrawn."""
    for mention in Mention.objects.filter(subject_kind=bearer.kind, subject=bearer.subject):
        mention.delete()
        _withdraw_unless_asked(mention.match_id)


def answer(match_id: UUID, organisation_id: UUID | None, viewer: Matcher) -> PlaceMatch:
    """Say which organisation the text means; None for no such place.

    Raises NotFound `places.no_match`, WrongState `places.state`, NotAllowed `places.district_answers`,
    UserError `places.no_organisation`.
    """
    viewer.check("place.match")
    with transaction.atomic():
        match = _locked(match_id)
        if not may_answer(match, viewer):
            raise NotAllowed("places.district_answers")
        chosen = None
        if organisation_id is not None:
            chosen = Organisation.objects.filter(id=organisation_id, active=True).first()
            if chosen is None:
                raise UserError("places.no_organisation")
        _move(match, MatchState.MATCHED if chosen else MatchState.NONE)
        match.organisation, match.place = chosen, place_in(chosen, match.text) if chosen else None
        match.answered_by, match.answered_at = viewer.user_id, clock.now()
        facts = {"organisation": chosen.id if chosen else None, "place": match.place_id}
        _tell(match, "matched" if chosen else "not_a_place", viewer, facts)
        match.save(update_fields=_ANSWER)
    return match


def create(match_id: UUID, name: str, kind: str, code: str, viewer: Matcher) -> PlaceMatch:
    """Put the school or employer that the text means on the list, and answer the text with it.

    Without a `code` it is given one of the node's own. Raises as `answer`, and NotAllowed `places.outside`,
    UserError `places.new_name`, `.new_kind`, `.name_taken`, `.code_taken`.
    """
    viewer.check("place.create")
    with transaction.atomic():
        match = _locked(match_id)
        if not may_create(match, viewer):
            raise NotAllowed("places.outside")
        _move(match, MatchState.MATCHED)
        made = _made(name.strip(), kind, code.strip(), match.area_code, viewer)
        match.organisation, match.place = made, None
        match.answered_by, match.answered_at = viewer.user_id, clock.now()
        _tell(match, "created", viewer, {"organisation": made.id})
        match.save(update_fields=_ANSWER)
    return match


def answer_by_name(by: Actor) -> int:
    """Answer the waiting texts that an organisation bears as its name by now. Runs in jobs; returns how many."""
    waiting = list(PlaceMatch.objects.select_for_update().filter(state=MatchState.OPEN))
    among = folded_names() if waiting else []
    answered = 0
    for match in waiting:
        found = named(match.text, match.area_code, among)
        if found is None:
            continue
        _move(match, MatchState.MATCHED)
        match.organisation, match.place, match.answered_at = found.organisation, found.place, clock.now()
        facts = {"organisation": found.organisation.id, "place": match.place.id if match.place else None}
        _tell(match, "matched", by, facts)
        match.save(update_fields=_ANSWER)
        answered += 1
    return answered


def reopen(match_id: UUID, viewer: Matcher) -> PlaceMatch:
    """Take an answer back: the text waits again. Raises as `answer`."""
    viewer.check("place.match")
    with transaction.atomic():
        match = _locked(match_id)
        if not may_answer(match, viewer):
            raise NotAllowed("places.district_answers")
        _move(match, MatchState.OPEN)
        was = match.organisation_id
        match.organisation = match.place = match.answered_by = match.answered_at = None
        _tell(match, "reopened", viewer, {"was": was})
        match.save(update_fields=_ANSWER)
    return match


def may_answer(match: PlaceMatch, viewer: Matcher) -> bool:
    """A hospital answers for its own records; where others bear the text too, the district does."""
    return not match.shared or any(scope.startswith("area:") for scope in viewer.scopes)


def may_create(match: PlaceMatch, viewer: Matcher) -> bool:
    """A new place is put on the list by the CDC of an area that it lies in."""
    mine = [scope.removeprefix("area:") for scope in viewer.scopes if scope.startswith("area:")]
    here = match.area_code
    return viewer.can("place.create") and bool(here) and any(areas.contains(one, here) for one in mine)


_ANSWER = ["state", "organisation", "place", "answered_by", "answered_at"]


def _made(name: str, kind: str, code: str, area: str, by: Actor) -> Organisation:
    if not 2 <= len(name) <= 120:
        raise UserError("places.new_name")
    if kind not in KINDS:
        raise UserError("places.new_kind")
    wanted = fold(name)
    for other in Organisation.objects.filter(kind__in=KINDS, active=True):
        if fold(other.name) == wanted and county(other.area_code) == area:
            raise UserError("places.name_taken", name=other.name, code=other.code)
    made = Organisation(id=new_id(), name=name, kind=kind, area_code=area)
    made.code = code or f"N{area}-{made.id.hex[-8:]}"
    if len(made.code) > 30 or any(letter.isspace() for letter in made.code):
        raise UserError("places.line_code", code=code)
    if Organisation.objects.filter(code=made.code).exists() or Place.objects.filter(code=made.code).exists():
        raise UserError("places.code_taken", code=made.code)
    made.save(force_insert=True)
    append(Change("places.organisation_made", "organisation", made.id, facts={"kind": kind}), by)
    return made


def _mention(bearer: Bearer, text: str, area: str) -> None:
    match, made = PlaceMatch.objects.select_for_update().get_or_create(
        text=text, area_code=area, defaults={"first_seen": clock.now()}
    )
    before = Mention.objects.filter(subject_kind=bearer.kind, subject=bearer.subject).first()
    if before is not None and before.match_id == match.id:
        return
    where = bearer.organisation
    codes = [code for one in (area, where.area_code) if one for code in areas.ancestors(one)]
    scopes = list(dict.fromkeys([where.scope, *(f"area:{code}" for code in codes)]))
    if before is not None:
        forget(bearer)
    if not made and not match.shared and match.mentions.exclude(organisation=where).exists():
        match.shared = True
        match.save(update_fields=["shared"])
        _tell(match, "shared", NODE, {})
    Mention.objects.create(
        match=match, subject_kind=bearer.kind, subject=bearer.subject, organisation=where, scopes=scopes
    )
    if made:
        _tell(match, "unmatched", NODE, {"organisation": where.id, "area": area})


def _withdraw_unless_asked(match_id: UUID) -> None:
    match = PlaceMatch.objects.select_for_update().filter(id=match_id, state=MatchState.OPEN).first()
    if match is not None and not match.mentions.exists():
        _tell(match, "withdrawn", NODE, {})
        match.delete()


def _locked(match_id: UUID) -> PlaceMatch:
    match = PlaceMatch.objects.select_for_update().filter(id=match_id).first()
    if match is None:
        raise NotFound("places.no_match")
    return match


def _move(match: PlaceMatch, state: MatchState) -> None:
    if state not in TRANSITIONS[MatchState(match.state)]:
        raise WrongState("places.state")
    match.state = state


def _tell(match: PlaceMatch, what: str, by: Actor, facts: Mapping[str, Any]) -> None:
    scopes = sorted({scope for each in match.mentions.values_list("scopes", flat=True) for scope in each})
    append(Change(f"places.{what}", KIND, match.id, facts=facts, scopes=scopes), by)
