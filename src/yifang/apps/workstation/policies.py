"""Who looks at these tables before any viewer is known asks by functions of the owner that tell no more than is needed.

A secret leaves the database sealed, and only for the one key that is named; a window only for who holds its cookie.
"""

from yifang.kernel.row_security import SCOPES, USER, Table, seen

_OWN = f"('org:' || organisation_id) = ANY ({SCOPES})"
_SHOWN = "id, organisation_id, name, kind, issuer, networks, made_at, expires_at, revoked_at, used_on"

FUNCTIONS = """
CREATE OR REPLACE FUNCTION yf_workstation_client(wanted uuid, issued text) RETURNS TABLE (
    id uuid, organisation_id uuid, kind text, sealed bytea, public text, networks text, expires_at timestamptz,
    revoked_at timestamptz
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT c.id, c.organisation_id, c.kind, c.sealed, c.public, c.networks, c.expires_at, c.revoked_at
    FROM workstation_client c
    WHERE c.id = wanted OR (issued <> '' AND c.issuer = issued AND c.revoked_at IS NULL) $$;

CREATE OR REPLACE FUNCTION yf_workstation_used(wanted uuid, today date) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS
$$ UPDATE workstation_client SET used_on = today WHERE id = wanted AND used_on IS DISTINCT FROM today $$;

CREATE OR REPLACE FUNCTION yf_workstation_window(shown bytea, at timestamptz) RETURNS TABLE (
    id uuid, seat_id uuid, keys jsonb, person uuid
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT w.id, w.seat_id, w.keys, w.person FROM workstation_window w WHERE w.digest = shown AND w.until > at $$;

CREATE OR REPLACE FUNCTION yf_workstation_stranger(named uuid, hospital uuid, number text, at timestamptz)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS
$$ INSERT INTO workstation_stranger (id, organisation_id, staff_no, first_at, last_at, times)
    VALUES (named, hospital, number, at, at, 1)
    ON CONFLICT (organisation_id, staff_no) DO UPDATE SET last_at = at, times = workstation_stranger.times + 1 $$;

CREATE OR REPLACE FUNCTION yf_workstation_prompt(card uuid, hospital uuid) RETURNS bigint LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT user_id FROM workstation_prompt WHERE id = card AND organisation_id = hospital
    UNION ALL SELECT user_id FROM workstation_reminder WHERE id = card AND organisation_id = hospital $$;
"""

TABLES = [
    Table("workstation_client", may=f"SELECT ({_SHOWN})", rows=_OWN),
    Table("workstation_usedlink", may="INSERT", rows="false", added="true"),
    Table("workstation_visitkey", rows=seen("workstation_visitkey.suspicion_id")),
    Table(
        "workstation_window",
        may="SELECT, INSERT, UPDATE (person, until)",
        rows=f"user_id = {USER}",
    ),
    Table("workstation_frontend", may="SELECT, INSERT, UPDATE (stands, at)", rows=_OWN),  # typed by the desk
    Table("workstation_stranger", may="SELECT, DELETE", rows=_OWN),
    Table(
        "workstation_prompt",
        may="SELECT, INSERT, UPDATE (outcome, reason_code, reason, answered_at, suspicion_id)",
        rows=f"user_id = {USER} OR {_OWN}",
        added=f"user_id = {USER}",
        changes=f"user_id = {USER}",
    ),
    Table(
        "workstation_reminder",
        may="SELECT, INSERT, UPDATE (reason_code, reason, closed_at)",
        rows=f"user_id = {USER} OR {_OWN}",
        added=f"user_id = {USER}",
        changes=f"user_id = {USER}",
    ),
]
