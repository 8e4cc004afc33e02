"""A signal is seen where numbers of its group may be seen; the cases behind it keep their own rows.

Feedback is read by those it is for, as far as they may know its disease: a hospital has desks that may not.
"""

from yifang.kernel.row_security import CASE_GROUPS, COUNT_GROUPS, ORGANISATIONS, SCOPES, USER, Table, inside, seen

# Numbers are seen from the places they are counted in and from what lies above those, and by whoever reported them.
_MY_NUMBERS = f'({inside("area")} OR organisation = ANY ({ORGANISATIONS})) AND "group" = ANY ({COUNT_GROUPS})'
_MY_SERIES = f'({inside("area")} OR organisation_id = ANY ({ORGANISATIONS})) AND "group" = ANY ({COUNT_GROUPS})'
_FOR_ME = f'scopes::text[] && {SCOPES} AND "group" = ANY ({CASE_GROUPS})'
# A warning is nobody's case: the CDCs of its area see it, and whoever of them may answer signals publishes one.
_WARNED = f'signal_id IS NULL AND ({inside("area")}) AND "group" = ANY ({COUNT_GROUPS})'
# How many a case stands together with, for whoever sees the case: a doctor sees no signal, but what came of the report.
FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION yf_cluster_of(wanted uuid) RETURNS double precision LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS
$$ SELECT max(s.observed) FROM surveillance_signalcase c JOIN surveillance_signal s ON s.id = c.signal_id
    WHERE c.case_id = wanted AND c.left_at IS NULL AND EXISTS (
        SELECT 1 FROM accounts_visibility v WHERE v.subject = wanted AND v.scope = ANY ({SCOPES})
        AND (v.until IS NULL OR v.until > now()) AND v.level >= 2 AND v."group" = ANY ({CASE_GROUPS})) $$;
"""

TABLES = [
    Table("surveillance_count", rows=_MY_NUMBERS),
    Table("surveillance_counted", rows="false"),  # compared in jobs only
    Table("surveillance_countstate", rows="false"),
    Table("surveillance_seriesdue", rows="false"),
    Table("surveillance_suspectedelsewhere", rows="false"),
    Table("surveillance_tallyseries", rows=_MY_SERIES),
    Table("surveillance_tallynumber", rows="series_id IN (SELECT id FROM surveillance_tallyseries)"),
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
        rows=f"({_FOR_ME}) OR ({_WARNED}) OR {seen('surveillance_feedback.signal_id', groups=COUNT_GROUPS)}",
        added=f"({_WARNED} AND by_id = {USER}) OR {seen('surveillance_feedback.signal_id', groups=COUNT_GROUPS)}",
    ),
    Table(
        "surveillance_feedbackreceipt",
        may="SELECT, INSERT",
        rows=f"user_id = {USER} OR feedback_id IN (SELECT id FROM surveillance_feedback)",
        added=f"user_id = {USER} AND feedback_id IN (SELECT id FROM surveillance_feedback)",
    ),
]
