"""A signal is seen where numbers of its group may be seen; the cases behind it keep their own rows.

Feedback is read by those it is for, as far as they may know its disease: a hospital has desks that may not.
"""

from yifang.kernel.row_security import CASE_GROUPS, COUNT_GROUPS, SCOPES, USER, Table, seen

_FOR_ME = f'scopes::text[] && {SCOPES} AND "group" = ANY ({CASE_GROUPS})'

TABLES = [
    Table(
        "surveillance_signal",
        may="SELECT, UPDATE (state, conclusion, owner_id, answered_at, closed_at)",
        rows=seen("surveillance_signal.id", groups=COUNT_GROUPS),
    ),
    Table("surveillance_signalcase", rows=seen("surveillance_signalcase.signal_id", groups=COUNT_GROUPS)),
    Table(
        "surveillance_signalstep",
        may="SELECT, INSERT",
        rows=seen("surveillance_signalstep.signal_id", groups=COUNT_GROUPS),
    ),
    Table(
        "surveillance_feedback",
        may="SELECT, INSERT",
        rows=f"({_FOR_ME}) OR {seen('surveillance_feedback.signal_id', groups=COUNT_GROUPS)}",
        added=seen("surveillance_feedback.signal_id", groups=COUNT_GROUPS),
    ),
    Table(
        "surveillance_feedbackreceipt",
        may="SELECT, INSERT",
        rows=f"user_id = {USER} OR feedback_id IN (SELECT id FROM surveillance_feedback)",
        added=f"user_id = {USER} AND feedback_id IN (SELECT id FROM surveillance_feedback)",
    ),
]
