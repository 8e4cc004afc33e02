"""Suspicions, cards and cases follow the visibility rows; versions and duplicates follow their card."""

from yifang.kernel.row_security import ROLE, SCOPES, USER, Table, seen

TABLES = [
    Table("reporting_suspicion", may="SELECT, INSERT, UPDATE", rows=seen("id")),
    Table("reporting_card", may="SELECT, INSERT, UPDATE", rows=seen("id")),
    Table("reporting_cardversion", may="SELECT, INSERT", rows=seen("card_id")),
    Table("reporting_case", rows=seen("id")),
    Table("reporting_duplicate", may="SELECT, UPDATE", rows=f"{seen('earlier_id')} AND {seen('later_id')}"),
    Table(
        "reporting_savedview",
        may="SELECT, INSERT, UPDATE, DELETE",
        rows=f"user_id = {USER} OR (shared_role = {ROLE} AND shared_scope = ANY ({SCOPES}))",
        added=f"user_id = {USER}",
    ),
]
