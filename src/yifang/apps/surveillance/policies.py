"""A signal is seen where numbers of its group may be seen; the cases behind it keep their own rows.

Feedback is read by those it is for, as far as they may know its disease: a hospital has desks that may not.
"""

from yifang.kernel.row_security import CASE_GROUPS, COUNT_GROUPS, SCOPES, USER, Table, seen

_AREAS = "(SELECT array_agg(substr(s, 6)) FROM unnest(yf_list('yifang.scopes')) s WHERE starts_with(s, 'area:'))::text[]"
_ORGANISATIONS = (
    "(SELECT array_agg(substr(s, 5)::uuid) FROM unnest(yf_list('yifang.scopes')) s WHERE starts_with(s, 'org:'))::uuid[]"
)
# Numbers are seen from the county they are counted in, from what lies above it, and from a township of its own.
_MY_NUMBERS = (
    f"(county = ANY ({_AREAS}) OR organisation = ANY ({_ORGANISATIONS}) OR left(area, 9) = ANY ({_AREAS}) "
    f"OR area = ANY ({_AREAS}) OR left(county, 4) || '00' = ANY ({_AREAS}) OR left(county, 2) || '0000' = ANY ({_AREAS})) "
    f'AND "group" = ANY ({COUNT_GROUPS})'
)
_FOR_ME = f'scopes::text[] && {SCOPES} AND "group" = ANY ({CASE_GROUPS})'

TABLES = [
    Table("surveillance_count", rows=_MY_NUMBERS),
    Table("surveillance_counted", rows="false"),  # compared in jobs only
    Table("surveillance_countstate", rows="false"),
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
