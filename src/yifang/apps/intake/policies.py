"""Feeds are known; batches and quarantine are their organisation's own: a file may be named for a patient."""

from yifang.apps.accounts.roles import ROLES, may
from yifang.kernel.row_security import ROLE, SCOPES, USER, Table

_OWN = f"('org:' || organisation_id) = ANY ({SCOPES})"
_CONNECTORS = ", ".join(sorted(f"'{key}'" for key in ROLES if may(key, "feed.connect")))
_CONNECTS = f"{ROLE} IN ({_CONNECTORS})"
_OWN_FEED = f"feed_id IN (SELECT id FROM intake_feed WHERE {_OWN})"
# A page shows which keys there are; what they are checked against only the doors process reads.
_CONNECTION_SHOWN = (
    "feed_id, connector, settings, shown, every, quiet, position, columns, found, tried_at, succeeded_at, error, "
    "error_params"
)
_SHOWN = "id, feed_id, name, made_at, expires_at, revoked_at, used_on"

TABLES = [
    # feeds are known to all; from where one is spoken to, its hospital says
    Table("intake_feed", may="SELECT, UPDATE (senders)", rows="true", changes=f"{_CONNECTS} AND {_OWN}"),
    Table("intake_feedkey", may=f"SELECT ({_SHOWN})", rows=_OWN_FEED),
    # its secret may be written there, and never read
    Table(
        "intake_connection",
        may=f"SELECT ({_CONNECTION_SHOWN}), INSERT, UPDATE, DELETE",
        rows=_OWN_FEED,
        changes=f"{_CONNECTS} AND {_OWN_FEED}",
        added=f"{_CONNECTS} AND {_OWN_FEED}",
    ),
    Table("intake_feedmapping", may="SELECT, INSERT", rows=_OWN_FEED, added=f"{_CONNECTS} AND {_OWN_FEED}"),
    Table(
        "intake_look",
        may="SELECT, INSERT, UPDATE",
        rows=f"{_CONNECTS} AND {_OWN_FEED}",
    ),
    Table(
        "intake_localname",
        may="SELECT, UPDATE (state, target, answered_by_id, answered_at)",
        rows=_OWN,
        changes=f"{_CONNECTS} AND {_OWN}",
        changed=f"{_OWN} AND (answered_by_id IS NULL OR answered_by_id = {USER})",
    ),
    Table("intake_batch", may="SELECT, INSERT", rows=_OWN_FEED),
    Table("intake_feedday", rows=_OWN_FEED),
    Table("intake_quarantined", may="SELECT, UPDATE", rows=_OWN),
]
