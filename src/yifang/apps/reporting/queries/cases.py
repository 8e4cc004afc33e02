"""Cases: the list, one with its cards, and the line list for export. Identity is masked here; it opens elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from yifang.apps.accounts.models import SubjectKind
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import looked
from yifang.apps.reporting.models import Card, Case
from yifang.apps.reporting.queries.walking import Key, looked_to, seen
from yifang.kernel.errors import NotFound, UserError
from yifang.knowledge import load

_AT_ONCE = 1000
MOST_EXPORTED = 100_000  # in one file: the request that writes it ends within half a minute


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """`since` and `until` bound the day of entry, both included; `audited` True for final cases only."""

    disease: str = ""
    case_class: str = ""
    organisation: UUID | None = None
    since: date | None = None
    until: date | None = None
    audited: bool | None = None
    excluded: bool = False
    sensitive: bool = True  # False leaves out every disease of a sensitive group of the visibility pack


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """A case and those of its cards that the viewer sees."""

    case: Case
    cards: Sequence[Card]


def case_list(
    viewer: Viewer,
    chosen: CaseFilter,
    *,
    key: Key | None = None,
    backwards: bool = False,
    limit: int = 50,
    look: int = 0,
) -> list[tuple[Key, Case]]:
    """Cases that the viewer's place sees, newest entry first, with the key (day, id) of each row.

    `look` bounds how many are looked at; `cases_looked_to` then says where to go on.
    """
    viewer.check("case.list")
    found = seen(
        SubjectKind.CASE, Case, viewer, disease=chosen.disease, conditions=_conditions(chosen), key=key,
        backwards=backwards, limit=limit, look=look,
    )  # fmt: skip
    cases = Case.objects.select_related("person", "report_org", "school").in_bulk([subject for _, subject in found])
    return [(place, cases[subject]) for place, subject in found if subject in cases]


def cases_looked_to(viewer: Viewer, chosen: CaseFilter, *, key: Key | None, backwards: bool, look: int) -> Key | None:
    """The last case that a list with this bound looked at, None where there are no more."""
    return looked_to(
        SubjectKind.CASE, viewer, disease=chosen.disease, conditions=_conditions(chosen), key=key, backwards=backwards,
        look=look,
    )  # fmt: skip


def case(case_id: UUID, viewer: Viewer) -> CaseDetail:
    """One case; leaves an access entry. Raises NotAllowed, NotFound `reporting.no_case`."""
    viewer.check("case.list")
    one = Case.objects.select_related("person", "report_org", "school").filter(id=case_id).first()
    if one is None:
        raise NotFound("reporting.no_case")
    looked("case.viewed", "case", case_id, viewer)
    cards = Card.objects.filter(case=one).select_related("organisation", "doctor").order_by("entered_at")
    return CaseDetail(one, list(cards))


def line_list(viewer: Viewer, chosen: CaseFilter, columns: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """The line list, masked, row by row: the keys of `documents.LINE_LIST`, id and sensitivity group, codes as stored.

    At its end it leaves an entry in the access stream: conditions, columns, how many rows.

    Raises NotAllowed for a viewer who may not export, and on the way UserError `reporting.export_too_long`.
    """
    viewer.check("case.export")
    return _lines(viewer, chosen, columns)


def _lines(viewer: Viewer, chosen: CaseFilter, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    regions = load().regions
    key: Key | None = None
    count = 0
    while True:
        rows = case_list(viewer, chosen, key=key, limit=_AT_ONCE)
        for _, one in rows[:_AT_ONCE]:
            count += 1
            if count > MOST_EXPORTED:
                raise UserError("reporting.export_too_long", most=MOST_EXPORTED)
            yield {
                "id": one.id,
                "group": one.group,
                "name": one.person.masked_name,
                "sex": one.person.sex,
                "age": one.age_days // 365 if one.age_days is not None else None,
                "disease": one.disease,
                "case_class": one.case_class,
                "onset_date": one.onset_date,
                "diagnosed_at": one.diagnosed_at,
                "entered_on": one.entered_on,
                "audited_on": one.audited_on,
                "died_on": one.died_on,
                "residence": regions.full_name(one.residence_area) or one.residence_area,
                "report_org": one.report_org.name,
                "school": one.school.name if one.school else "",
                "population": one.population,
            }
        if len(rows) <= _AT_ONCE:
            break
        key = rows[_AT_ONCE - 1][0]
    given = {name: value for name, value in asdict(chosen).items() if value not in ("", None)}
    looked("case.exported", "case", None, viewer, conditions=given, columns=list(columns), rows=count)


def _conditions(chosen: CaseFilter) -> list[tuple[str, Any]]:
    given = [
        ("s.excluded = %s", chosen.excluded),
        ("s.case_class = %s", chosen.case_class or None),
        ('s."group" = %s', None if chosen.sensitive else "ordinary"),
        ("s.report_org_id = %s", chosen.organisation),
        ("v.day >= %s", chosen.since),
        ("v.day <= %s", chosen.until),
    ]
    conditions: list[tuple[str, Any]] = [one for one in given if one[1] is not None]
    if chosen.audited is not None:
        conditions.append((f"s.audited_on IS {'NOT ' if chosen.audited else ''}NULL", None))
    return conditions
