"""Feeds are known; a batch and its quarantine belong to the organisation that sent it."""

from yifang.kernel.row_security import SCOPES, Table

_OWN = f"('org:' || organisation_id) = ANY ({SCOPES})"

TABLES = [
    Table("intake_feed", secure=False),
    Table("intake_batch", secure=False),
    Table("intake_quarantined", may="SELECT, UPDATE", rows=_OWN),
]
