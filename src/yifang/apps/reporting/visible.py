"""Who sees a suspicion, a card, a case: the scopes, each with its reason, computed from where things happened.

A draft and a card under hospital review belong to the hospital. From submission on the reporting area, the area of
residence and, for a pupil, the school and its county see it too. `show` only adds and may run for a viewer; `settle`
also ends what no longer holds and runs in jobs.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from yifang.apps.accounts import visibility
from yifang.apps.accounts.models import SubjectKind, Visibility
from yifang.apps.accounts.viewers import department_scope
from yifang.apps.accounts.visibility import SHARED_IN_A_DEPARTMENT, Subject, area_scopes
from yifang.apps.reporting.models import Card, CardState, Case, Suspicion
from yifang.kernel import areas, clock

HOSPITAL, REPORT_AREA, RESIDENCE, SCHOOL = "hospital", "report_area", "residence", "school"
_REASONS = (HOSPITAL, REPORT_AREA, RESIDENCE, SCHOOL)
_INSIDE = (CardState.DRAFT, CardState.HOSPITAL_REVIEW, CardState.RETURNED_BY_HOSPITAL)

Shown = dict[str, str]  # scope → reason; the first reason a scope is met with is kept


def of_suspicion(one: Suspicion) -> Shown:
    """The hospital's desk and the doctor; the department where it shares the disease, or nobody is known to ask."""
    return _inside(one.organisation_id, one.department, one.clinician_id, one.group)


def of_card(card: Card) -> Shown:
    """As the module says; a card sent back by the district or deleted stays where it was seen."""
    # A draft that names no disease yet may come to name a sensitive one: the department waits until it is said.
    department = card.department if card.disease else ""
    shown = _inside(card.organisation_id, department, card.doctor_id, card.group)
    if card.reviewed_at is None or card.state in _INSIDE:
        return shown
    return {**_outside(card.report_area, card.residence_area, card.school, card.group), **shown}


def of_case(case: Case, cards: Iterable[Card]) -> Shown:
    """Wherever one of its cards is seen, and where the case itself lives now."""
    shown = _outside(case.report_area, case.residence_area, case.school, case.group)
    for card in cards:
        shown |= of_card(card)
    return shown


def subject_of(one: Suspicion | Card | Case, day: date) -> Subject:
    """The subject of the rows of a suspicion, a card or a case; `day` orders lists."""
    kinds = {Suspicion: SubjectKind.SUSPICION, Card: SubjectKind.CARD, Case: SubjectKind.CASE}
    return Subject(kinds[type(one)], one.id, day, one.disease, one.group, one.person_id)


def show(subject: Subject, shown: Shown) -> None:
    """Add the rows that are not there yet."""
    for reason in _REASONS:
        if scopes := [scope for scope, why in shown.items() if why == reason]:
            visibility.show(subject, scopes, reason)


def settle(subject: Subject, shown: Shown) -> None:
    """Make the rows say exactly this: end what no longer holds, open what holds again, follow disease and group."""
    show(subject, shown)
    live = Visibility.objects.filter(subject=subject.id, reason__in=_REASONS)
    live.update(disease=subject.disease, group=subject.group, person=subject.person)
    now = clock.now()
    ended = [row.id for row in live.filter(until=None) if shown.get(row.scope) != row.reason]
    again = [row.id for row in live.exclude(until=None) if shown.get(row.scope) == row.reason]
    Visibility.objects.filter(id__in=ended).update(until=now)
    Visibility.objects.filter(id__in=again).update(until=None)


def protect_record(record_id: UUID, group: str) -> None:
    """A record that speaks of a sensitive disease is shown as one; a second disease never lowers the first."""
    if group not in SHARED_IN_A_DEPARTMENT:
        Visibility.objects.filter(subject=record_id, group="ordinary").update(group=group)


def county_scope(area: str) -> str:
    """The scope of the county that a place lies in (of the place itself above counties)."""
    return f"area:{areas.at_level(area, 'county') or areas.normalise(area)}"


def _inside(organisation_id: UUID, department: str, user_id: int | None, group: str) -> Shown:
    shown = {f"org:{organisation_id}": HOSPITAL}
    if user_id is not None:
        shown[f"user:{user_id}"] = HOSPITAL
    if department and (group in SHARED_IN_A_DEPARTMENT or user_id is None):
        shown[department_scope(organisation_id, department)] = HOSPITAL
    return shown


def _outside(report_area: str, residence_area: str, school, group: str) -> Shown:
    shown: Shown = {}
    if school is not None and group in SHARED_IN_A_DEPARTMENT:
        shown |= {school.scope: SCHOOL} | dict.fromkeys(area_scopes(school.area_code), SCHOOL)
    shown |= dict.fromkeys(area_scopes(residence_area), RESIDENCE)
    return shown | dict.fromkeys(area_scopes(report_area), REPORT_AREA)
