"""Who signs in is known to every page; what a subject shows to whom only to those it is shown to.

The web role changes of an account only the own password; it shows a subject only if it sees it or is just making it,
and a person only if it sees them or has broken the glass over them.
"""

from yifang.apps.accounts.roles import ROLES
from yifang.kernel.row_security import ABOUT, CASE_GROUPS, COUNT_GROUPS, ROLE, SCOPES, TASK_GROUPS, USER, Table

# Who came for one person's sake sees what is about nobody else.
_ABOUT_THEM = f"({ABOUT} IS NULL OR person = {ABOUT})"
VISIBLE_ROWS = (
    f"scope = ANY ({SCOPES}) AND (until IS NULL OR until > now()) AND {_ABOUT_THEM} AND "
    f"""("group" = ANY ({CASE_GROUPS}) OR (level = 1 AND "group" = ANY ({TASK_GROUPS}))"""
    f""" OR (kind = 'signal' AND "group" = ANY ({COUNT_GROUPS})))"""
)
_SEES = (
    f"scope = ANY ({SCOPES}) AND (until IS NULL OR until > now()) AND {_ABOUT_THEM} "
    f'AND level >= 2 AND "group" = ANY ({CASE_GROUPS})'
)


def _roles(permission: str) -> str:
    return ", ".join(sorted(f"'{key}'" for key, role in ROLES.items() if permission in role.may))


# A policy may not ask its own table; these ask it with the owner's rights, and tell no more than yes or no.
FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION yf_may_show(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS
$$ SELECT EXISTS (SELECT 1 FROM accounts_visibility WHERE subject = wanted AND {_SEES})
    OR NOT EXISTS (SELECT 1 FROM accounts_visibility WHERE subject = wanted) $$;
CREATE OR REPLACE FUNCTION yf_sees_person(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS
$$ SELECT EXISTS (SELECT 1 FROM accounts_visibility WHERE person = wanted AND {_SEES}) $$;
"""

_SHOWN_BY_A_SERVICE = (
    "kind IN ('card', 'suspicion', 'record') AND reason NOT LIKE 'glass:%' AND yf_may_show(subject) "
    "AND (person IS NULL OR yf_sees_person(person))"
)
_OPENED_BY_A_GLASS = (
    f"kind = 'person' AND person = subject AND scope = 'user:' || {USER} "
    f"AND EXISTS (SELECT 1 FROM accounts_breakglass g WHERE g.user_id = {USER} AND g.person = subject "
    "AND g.state <> 'refused' AND g.until = accounts_visibility.until "
    "AND accounts_visibility.reason = 'glass:' || right(replace(g.id::text, '-', ''), 16))"
)

TABLES = [
    Table("accounts_user", may="SELECT, UPDATE (password, last_login, must_change_password)", changes=f"id = {USER}"),
    Table("accounts_user_groups", secure=False),
    Table("accounts_user_user_permissions", secure=False),
    Table("accounts_seat", secure=False),
    # A service may show a subject to a place that it cannot look from itself (the district of residence).
    Table(
        "accounts_visibility",
        may="SELECT, INSERT",
        rows=VISIBLE_ROWS,
        added=f"({_SHOWN_BY_A_SERVICE}) OR ({_OPENED_BY_A_GLASS})",
    ),
    Table(
        "accounts_breakglass",
        may="SELECT, INSERT, UPDATE (state, answered_by_id, answered_at)",
        rows=f"user_id = {USER} OR owner_scope = ANY ({SCOPES}) OR told::text[] && {SCOPES}",
        added=(
            f"user_id = {USER} AND {ROLE} IN ({_roles('glass.open')}) AND state = 'open' AND answered_by_id IS NULL "
            "AND told = '{}' AND until <= now() + interval '3 hours 5 minutes'"
        ),
        changed=(
            f"user_id <> {USER} AND answered_by_id = {USER} "
            f"AND (owner_scope = ANY ({SCOPES}) OR told::text[] && {SCOPES}) AND {ROLE} IN ({_roles('glass.answer')})"
        ),
    ),
]
