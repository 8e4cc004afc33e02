"""A work item is seen by the roles at its desks and by its owner."""

from yifang.kernel.row_security import ROLE, SCOPES, USER, Table

TABLES = [
    Table(
        "work_workitem",
        may="SELECT, INSERT, UPDATE",
        # The desk's own policy says which desks the viewer sits at.
        rows=f"owner_id = {USER} OR EXISTS (SELECT 1 FROM work_desk d WHERE d.item_id = work_workitem.id)",
        added="true",
    ),
    Table(
        "work_desk", may="SELECT, INSERT, UPDATE", rows=f"scope = ANY ({SCOPES}) AND role = {ROLE}", added="true"
    ),
]
