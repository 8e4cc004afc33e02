"""The verbs of reporting: everything that changes a suspicion, a card or what is said of duplicates.

Each checks role, place and state, writes, and appends to the ledger in one transaction. Reads are in `queries`.
"""

from yifang.apps.reporting.services import elsewhere, interruptions, reconcile
from yifang.apps.reporting.services.auditing import (
    BulkPreview,
    Verdict,
    audit,
    bulk_audit,
    bulk_audit_preview,
    may_undo,
    return_by_district,
    undo_audit,
)
from yifang.apps.reporting.services.changing import correct, delete
from yifang.apps.reporting.services.drafts import (
    Preview,
    discard,
    draft_blank,
    draft_for,
    draft_from_suspicion,
    preview,
    report_at_once,
    save_draft,
)
from yifang.apps.reporting.services.duplicates import check_judge, keep_apart, merge, merged_answers, unmerge
from yifang.apps.reporting.services.entering import correct_entry, explain_late, record_entry
from yifang.apps.reporting.services.errors import CardErrors
from yifang.apps.reporting.services.hospital import approve, report, return_by_hospital
from yifang.apps.reporting.services.registering import register
from yifang.apps.reporting.services.revising import audit_revision
from yifang.apps.reporting.services.suspicions import consult, dismiss
from yifang.apps.reporting.services.trials import end_today, go_live, start_trial
from yifang.apps.reporting.services.views import change_view, forget_view, save_view

__all__ = [
    "BulkPreview",
    "CardErrors",
    "Preview",
    "Verdict",
    "approve",
    "audit",
    "audit_revision",
    "bulk_audit",
    "bulk_audit_preview",
    "change_view",
    "check_judge",
    "consult",
    "correct",
    "correct_entry",
    "delete",
    "discard",
    "dismiss",
    "draft_blank",
    "draft_for",
    "draft_from_suspicion",
    "elsewhere",
    "end_today",
    "explain_late",
    "forget_view",
    "go_live",
    "interruptions",
    "keep_apart",
    "may_undo",
    "merge",
    "merged_answers",
    "preview",
    "reconcile",
    "record_entry",
    "register",
    "report",
    "report_at_once",
    "return_by_district",
    "return_by_hospital",
    "save_draft",
    "save_view",
    "start_trial",
    "undo_audit",
    "unmerge",
]
