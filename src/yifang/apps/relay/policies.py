"""Link state is for those who keep the node and the desks; the door for peers stores what came, and reads it not.

The door runs in the web process as the role `relay`: it knows the peers' public keys and hands out batches that are
sealed for the peer; what waits or was applied is opened in jobs alone.
"""

from yifang.apps.accounts.roles import ROLES
from yifang.kernel.row_security import ROLE, Table, seen

_LOOK = ", ".join(sorted(f"'{key}'" for key, role in ROLES.items() if "relay.view" in role.may))
_SEES, _DOOR = f"{ROLE} IN ({_LOOK})", f"{ROLE} = 'relay'"

# How the links are, for those who ask before any viewer is known: a number, nothing else.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION yf_relay_troubled() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS
$$ SELECT count(*) FROM relay_peer p WHERE p.state = 'active' AND (
    (p.error <> '' AND p.error_since < now() - interval '15 minutes')
    OR EXISTS (SELECT 1 FROM relay_waiting w WHERE w.peer_id = p.id AND w.first_at < now() - interval '15 minutes')) $$;
"""

TABLES = [
    Table("relay_peer", rows=f"{_SEES} OR {_DOOR}"),
    Table("relay_outgoing", rows=_SEES),
    Table("relay_batch", rows=f"{_SEES} OR {_DOOR}"),
    Table("relay_arrival", may="SELECT, INSERT", rows=f"{_SEES} OR {_DOOR}", added=_DOOR),
    Table("relay_shared", rows="false"),
    Table("relay_waiting", rows=_SEES),
    Table(
        "relay_conflict", may="SELECT, UPDATE (seen_at, seen_by)", rows=f"{_SEES} AND {seen('relay_conflict.subject')}"
    ),
    Table("relay_nonce", may="SELECT, INSERT", rows=_DOOR),
]
