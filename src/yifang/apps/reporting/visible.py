"""Who sees a suspicion, a card, a case: the scopes, each with its reason, computed from where things happened.

A draft and a card under hospital review belong to the hospital. From submission on the reporting area, the area of
residence and, for a pupil, the school and its county see it too. `show` only adds and may run for a viewer; `settle`
also ends what no longer holds and runs in jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from yifang.apps.accounts import visibility
from yifang.apps.accounts.models import SubjectKind, Visibility
from yifang.apps.accounts.services.glass import ROW as GLASS
from yifang.apps.accounts.viewers import department_scope
from yifang.apps.accounts.visibility import SHARED_IN_A_DEPARTMENT, Subject, area_scopes
from yifang.apps.reporting.models import Card, Case, Suspicion
from yifang.kernel import areas, clock
from yifang.knowledge import load

HOSPITAL, REPORT_AREA, RESIDENCE, SCHOOL = "hospital", "report_area", "residence", "school"
_REASONS = (HOSPITAL, REPORT_AREA, RESIDENCE, SCHOOL)

Shown = dict[str, str]  # scope → reason; the first reason a scope is met with is kept


def of_suspicion(one: Suspicion) -> Shown:
    """The hospital's desk and the doctor; the department where it shares the disease, or nobody is known to ask."""
    return _inside(one.organisation_id, one.department, one.clinician_id, one.group)


def of_card(card: Card) -> Shown:
    """As the module says; what was once sent on stays where it was seen, returned, deleted or under review anew."""
    # A draft that names no disease yet may come to name a sensitive one: the department waits until it is said.
    department = card.department if card.disease else ""
    shown = _inside(card.organisation_id, department, card.doctor_id, card.group)
    if card.reported_for_id is not None:  # whose patient it is
        shown[f"org:{card.reported_for_id}"] = HOSPITAL
    if card.reviewed_at is None:
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
    visibility.show_many([(subject, shown)])


def settle(subject: Subject, shown: Shown) -> None:
    """Make the rows say exactly this: end what no longer holds, open what holds again, follow disease and group.

    One read where all of it is so already, as it mostly is.
    """
    live = Visibility.objects.filter(subject=subject.id, reason__in=_REASONS)
    rows = list(live)
    there = {(row.scope, row.reason) for row in rows}
    if new := {scope: why for scope, why in shown.items() if (scope, why) not in there}:
        show(subject, new)
    said = (subject.disease, subject.group, subject.person)
    if any((row.disease, row.group, row.person) != said for row in rows):
        live.update(disease=subject.disease, group=subject.group, person=subject.person)
    ended = [row.id for row in rows if row.until is None and shown.get(row.scope) != row.reason]
    again = [row.id for row in rows if row.until is not None and shown.get(row.scope) == row.reason]
    Visibility.objects.filter(id__in=ended).update(until=clock.now())
    Visibility.objects.filter(id__in=again).update(until=None)


def of_record(one: Suspicion, group: str) -> Shown:
    """To whom a suspicion shows the record behind it, which may speak of a more sensitive disease than its own."""
    return _inside(one.organisation_id, one.department, one.clinician_id, group)


def strictest(groups: Iterable[str]) -> str:
    """The most guarded of `groups`: the visibility pack names them in that order, `ordinary` last."""
    order = list(load().visibility.groups)
    return min(groups, key=order.index, default="ordinary")


def protect_record(record_id: UUID, groups: Iterable[str]) -> str:
    """`protect_records` for one; returns the group it is in now."""
    return protect_records({record_id: groups})[record_id]


def protect_records(records: Mapping[UUID, Iterable[str]]) -> dict[UUID, str]:
    """Records that speak of a sensitive disease are shown as such, and their departments no longer see them.

    Never lowers what stood before; a broken glass goes on showing what it opened. Returns the group each is in now.
    """
    before = guarded_groups(records)
    now = {
        record: strictest({*groups, *before.get(record, ())} - SHARED_IN_A_DEPARTMENT)
        for record, groups in records.items()
    }
    for record, group in now.items():
        if group not in SHARED_IN_A_DEPARTMENT:
            rows = Visibility.objects.filter(subject=record).exclude(reason__startswith=GLASS)
            rows.exclude(group=group).update(group=group)
            if rows.filter(scope__startswith="user:").exists():
                rows.filter(scope__startswith="dept:", until=None).update(until=clock.now())
    return now


def guarded_groups(records: Iterable[UUID]) -> dict[UUID, set[str]]:
    """The sensitive groups that records are in already, of those that are in one."""
    found: dict[UUID, set[str]] = {}
    rows = Visibility.objects.filter(subject__in=list(records)).exclude(reason__startswith=GLASS)
    for record, group in rows.exclude(group__in=SHARED_IN_A_DEPARTMENT).values_list("subject", "group"):
        found.setdefault(record, set()).add(group)
    return found


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
