"""Reads of reporting, each scoped to its viewer: suspicions, the desk's tabs, the district's audit list, cases, search.

A list answers with up to `limit` + 1 rows in the direction of reading; `yifang.web.tables.page` cuts the page. Lists of
what waits start from small partial indexes, lists of everything from the visibility rows.
"""

from yifang.apps.reporting.queries.cards import (
    AuditFilter,
    CardDetail,
    answers,
    audit_counts,
    audit_list,
    card,
    cards_looked_to,
    duplicates_of,
    history,
    revisions_waiting,
    version_for,
)
from yifang.apps.reporting.queries.cases import CaseDetail, CaseFilter, case, case_list, cases_looked_to, line_list
from yifang.apps.reporting.queries.desk import TABS, desk_counts, desk_rows
from yifang.apps.reporting.queries.reconciling import cards_by_id, reconciliation, reconciliations
from yifang.apps.reporting.queries.search import look_up
from yifang.apps.reporting.queries.suspicions import SuspicionDetail, suspicion, suspicion_list, waiting
from yifang.apps.reporting.queries.views import first_view, saved_views
from yifang.apps.reporting.queries.walking import Key

__all__ = [
    "TABS",
    "AuditFilter",
    "CardDetail",
    "CaseDetail",
    "CaseFilter",
    "Key",
    "SuspicionDetail",
    "answers",
    "audit_counts",
    "audit_list",
    "card",
    "cards_by_id",
    "cards_looked_to",
    "case",
    "case_list",
    "cases_looked_to",
    "desk_counts",
    "desk_rows",
    "duplicates_of",
    "first_view",
    "history",
    "line_list",
    "look_up",
    "reconciliation",
    "reconciliations",
    "revisions_waiting",
    "saved_views",
    "suspicion",
    "suspicion_list",
    "version_for",
    "waiting",
]
