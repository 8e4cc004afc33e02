"""Feeds are known; batches and quarantine are their organisation's own: a file may be named for a patient."""

from yifang.kernel.row_security import SCOPES, Table

_OWN = f"('org:' || organisation_id) = ANY ({SCOPES})"

TABLES = [
    Table("intake_feed", secure=False),
    Table("intake_batch", may="SELECT, INSERT", rows=f"feed_id IN (SELECT id FROM intake_feed WHERE {_OWN})"),
    Table("intake_quarantined", may="SELECT, UPDATE", rows=_OWN),
]
