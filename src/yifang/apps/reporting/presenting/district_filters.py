"""The conditions of the district's lists: read from an address, and told as a sentence of chips.

What cannot be read counts as not given, so that a broken link shows a list rather than an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from yifang.apps.places.models import Organisation
from yifang.apps.reporting.models import CardState
from yifang.apps.reporting.presenting import words
from yifang.apps.reporting.presenting.district import CLASSES
from yifang.apps.reporting.queries import AuditFilter, CaseFilter
from yifang.apps.reporting.queries.walking import Key
from yifang.knowledge import load
from yifang.web import tables
from yifang.web.components import Chip

AUDIT_TABS = ("waiting", "overdue", "all")
# What a district may see of a card: before submission it is the hospital's own.
STATES = (CardState.SUBMITTED, CardState.RETURNED_BY_DISTRICT, CardState.AUDITED, CardState.DELETED)


def audit_tab(query: QueryDict) -> str:
    """Which of the tabs; the first for anything else."""
    tab = query.get("tab", "")
    return tab if tab in AUDIT_TABS else "waiting"


def audit_filter(query: QueryDict) -> AuditFilter:
    """The conditions of the audit list."""
    tab = audit_tab(query)
    state = query.get("state", "")
    return AuditFilter(
        waiting=tab != "all",
        disease=_disease(query),
        state=state if tab == "all" and state in STATES else "",
        organisation=_uuid(query.get("org", "")),
        case_class=_class(query),
        overdue=tab == "overdue" or (tab == "all" and query.get("late") == "1"),
        since=day(query.get("since", "")),
        until=day(query.get("until", "")),
    )


def case_filter(query: QueryDict) -> CaseFilter:
    """The conditions of the line list."""
    audited = {"1": True, "0": False}.get(query.get("audited", ""))
    return CaseFilter(
        disease=_disease(query),
        case_class=_class(query),
        organisation=_uuid(query.get("org", "")),
        since=day(query.get("since", "")),
        until=day(query.get("until", "")),
        audited=audited,
        excluded=query.get("excluded") == "1",
    )


def chips(query: QueryDict, chosen: AuditFilter | CaseFilter, organisations: Sequence[Organisation]) -> list[Chip]:
    """The conditions in words, each with the address of the list without it."""
    found: list[Chip] = []

    def say(name: str, label: Any, value: Any, verb: Any = "") -> None:
        found.append(Chip(label, value, tables.with_query(query, **{name: "", "at": "", "work": ""}), verb or _("为")))

    if chosen.disease:
        say("disease", _("病种"), words.disease(chosen.disease))
    if isinstance(chosen, AuditFilter) and chosen.state:
        say("state", _("状态"), CardState(chosen.state).label)
    if chosen.organisation:
        name = next((one.name for one in organisations if one.id == chosen.organisation), _("其他单位"))
        say("org", _("报告单位"), name)
    if chosen.case_class:
        say("class", _("病例分类"), CLASSES[chosen.case_class])
    if isinstance(chosen, AuditFilter) and chosen.overdue and not chosen.waiting:
        say("late", _("报告"), _("超时限"))
    if isinstance(chosen, CaseFilter) and chosen.audited is not None:
        say("audited", _("终审"), _("已终审") if chosen.audited else _("未终审"))
    if isinstance(chosen, CaseFilter) and chosen.excluded:
        say("excluded", _("排除"), _("已排除"))
    if chosen.since:
        say("since", _("日期"), chosen.since.isoformat(), _("不早于"))
    if chosen.until:
        say("until", _("日期"), chosen.until.isoformat(), _("不晚于"))
    return found


def sentence(found: Sequence[Chip]) -> str:
    """The same for the provenance of an export."""
    return "；".join(f"{chip.label}{chip.verb}{chip.value}" for chip in found)


def posted(request: HttpRequest) -> QueryDict:
    """The address of the list that a form stood beside: its field `query`."""
    return QueryDict(request.POST.get("query", "")[:2000])


def cursor(query: QueryDict, *, instants: bool) -> tuple[Key | None, bool, tables.Cursor | None]:
    """Where the page goes on: key, whether backwards, the cursor; a token of another list is no token."""
    found = tables.read_place(query.get("at", ""), instants=instants)
    if found is None:
        return None, False, None
    return (found.values[0], found.values[1]), found.backwards, found


def further(query: QueryDict, stopped: Key | None, backwards: bool) -> str:
    """Where a list that stopped looking goes on; "" where it saw everything."""
    return tables.with_query(query, at=tables.Cursor(stopped, backwards).token(), work="") if stopped else ""


def _disease(query: QueryDict) -> str:
    disease = query.get("disease", "")
    return disease if disease in load().diseases else ""


def _class(query: QueryDict) -> str:
    given = query.get("class", "")
    return given if given in CLASSES else ""


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
