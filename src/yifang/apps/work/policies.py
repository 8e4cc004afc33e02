"""A work item is seen by the roles at its desks and by its owner.

Two things a viewer must not see still have to happen: an item that ends closes the desks of other roles too, and its
ledger entry names their scopes so that their open pages refresh. Both are done by functions of the database's owner.
"""

from yifang.kernel.row_security import ROLE, SCOPES, USER, Table

FUNCTIONS = """
CREATE OR REPLACE FUNCTION yf_desk_scopes(wanted uuid) RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS
$$ SELECT coalesce(array_agg(DISTINCT scope::text), '{}') FROM work_desk WHERE item_id = wanted AND open $$;

CREATE OR REPLACE FUNCTION yf_close_desks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS
$$ BEGIN UPDATE work_desk SET open = false WHERE item_id = NEW.id AND open; RETURN NULL; END $$;

CREATE OR REPLACE TRIGGER close_desks AFTER UPDATE OF state ON work_workitem FOR EACH ROW
WHEN (NEW.state IN ('done', 'cancelled')) EXECUTE FUNCTION yf_close_desks();
"""

TABLES = [
    Table(
        "work_workitem",
        may="SELECT, INSERT, UPDATE",
        # The desk's own policy says which desks the viewer sits at.
        rows=f"owner_id = {USER} OR EXISTS (SELECT 1 FROM work_desk d WHERE d.item_id = work_workitem.id)",
        added="true",
    ),
    Table("work_desk", may="SELECT, INSERT", rows=f"scope = ANY ({SCOPES}) AND role = {ROLE}", added="true"),
]
