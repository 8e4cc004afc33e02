"""Feeds are known; batches and quarantine are their organisation's own: a file may be named for a patient."""

from yifang.kernel.row_security import SCOPES, Table

_OWN = f"('org:' || organisation_id) = ANY ({SCOPES})"
_OWN_FEED = f"feed_id IN (SELECT id FROM intake_feed WHERE {_OWN})"
# A page shows which keys there are; what they are checked against only the doors process reads.
_VIEW_SHOWN = "feed_id, server, view, cursor, every, overlap, position, tried_at, succeeded_at, error, error_params"
_SHOWN = "id, feed_id, name, made_at, expires_at, revoked_at, used_on"

TABLES = [
    Table("intake_feed", secure=False),
    Table("intake_feedkey", may=f"SELECT ({_SHOWN})", rows=_OWN_FEED),
    Table("intake_sqlview", may=f"SELECT ({_VIEW_SHOWN})", rows=_OWN_FEED),
    Table("intake_batch", may="SELECT, INSERT", rows=_OWN_FEED),
    Table("intake_feedday", rows=_OWN_FEED),
    Table("intake_quarantined", may="SELECT, UPDATE", rows=_OWN),
]
