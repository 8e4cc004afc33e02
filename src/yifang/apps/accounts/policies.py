"""Who signs in is known to every page; what a subject shows to whom only to those it is shown to."""

from yifang.kernel.row_security import CASE_GROUPS, COUNT_GROUPS, SCOPES, TASK_GROUPS, USER, Table

VISIBLE_ROWS = (
    f"scope = ANY ({SCOPES}) AND (until IS NULL OR until > now()) AND "
    f"""("group" = ANY ({CASE_GROUPS}) OR (level = 1 AND "group" = ANY ({TASK_GROUPS}))"""
    f""" OR (kind = 'signal' AND "group" = ANY ({COUNT_GROUPS})))"""
)

TABLES = [
    Table("accounts_user", may="SELECT, UPDATE", secure=False),
    Table("accounts_user_groups", secure=False),
    Table("accounts_user_user_permissions", secure=False),
    Table("accounts_seat", secure=False),
    # A service may show a subject to a place that it cannot look from itself (the district of residence).
    Table("accounts_visibility", may="SELECT, INSERT", rows=VISIBLE_ROWS, added="true"),
    Table(
        "accounts_breakglass",
        may="SELECT, INSERT, UPDATE",
        rows=f"user_id = {USER} OR owner_scope = ANY ({SCOPES})",
        added=f"user_id = {USER}",
    ),
]
