"""A signal is seen where numbers of its group may be seen; the cases behind it keep their own rows."""

from yifang.kernel.row_security import COUNT_GROUPS, SCOPES, USER, Table, seen

_SIGNAL = "SELECT, INSERT, UPDATE"

TABLES = [
    Table("surveillance_signal", may=_SIGNAL, rows=seen("id", groups=COUNT_GROUPS)),
    Table("surveillance_signalcase", rows=seen("signal_id", groups=COUNT_GROUPS)),
    Table("surveillance_signalstep", may="SELECT, INSERT", rows=seen("signal_id", groups=COUNT_GROUPS)),
    Table("surveillance_feedback", may="SELECT, INSERT", rows=f"scopes && {SCOPES} OR {seen('signal_id', groups=COUNT_GROUPS)}", added="true"),
    Table("surveillance_feedbackreceipt", may="SELECT, INSERT", rows=f"user_id = {USER} OR feedback_id IN (SELECT id FROM surveillance_feedback)", added=f"user_id = {USER}"),
]
