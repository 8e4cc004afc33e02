"""A work item is seen by the roles at its desks and by its owner.

What a viewer must not see still has to happen: an item that ends closes the desks of other roles too, one that falls
due earlier does so at all of them, and its ledger entry names their scopes so that their open pages refresh. Functions
of the database's owner do it. `yf_unattended` counts, for `/healthz`, the late items for which nobody was found.
"""

from yifang.kernel.row_security import ROLE, SCOPES, USER, Table

_AT_DESK = f"scope = ANY ({SCOPES}) AND role = {ROLE}"

FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION yf_desk_scopes(wanted uuid) RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS
$$ SELECT coalesce(array_agg(DISTINCT scope::text), '{{}}') FROM work_desk WHERE item_id = wanted AND open $$;

CREATE OR REPLACE FUNCTION yf_close_desks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS
$$ BEGIN UPDATE work_desk SET open = false WHERE item_id = NEW.id AND open; RETURN NULL; END $$;

CREATE OR REPLACE FUNCTION yf_may_seat(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS
$$ SELECT NOT EXISTS (SELECT 1 FROM work_desk WHERE item_id = wanted)
    OR EXISTS (SELECT 1 FROM work_desk WHERE item_id = wanted AND {_AT_DESK})
    OR EXISTS (SELECT 1 FROM work_workitem WHERE id = wanted AND owner_id = {USER}) $$;

CREATE OR REPLACE TRIGGER close_desks AFTER UPDATE OF state ON work_workitem FOR EACH ROW
WHEN (NEW.state IN ('done', 'cancelled')) EXECUTE FUNCTION yf_close_desks();

CREATE OR REPLACE FUNCTION yf_hurry_desks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS
$$ BEGIN UPDATE work_desk SET due_at = NEW.due_at WHERE item_id = NEW.id; RETURN NULL; END $$;

CREATE OR REPLACE TRIGGER hurry_desks AFTER UPDATE OF due_at ON work_workitem FOR EACH ROW
WHEN (NEW.due_at <> OLD.due_at) EXECUTE FUNCTION yf_hurry_desks();

CREATE OR REPLACE FUNCTION yf_unattended() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS
$$ SELECT count(*) FROM work_workitem WHERE unattended AND state IN ('open', 'claimed') $$;
"""

TABLES = [
    Table(
        "work_workitem",
        may="SELECT, INSERT, UPDATE",
        # The desk's own policy says which desks the viewer sits at.
        rows=f"owner_id = {USER} OR EXISTS (SELECT 1 FROM work_desk d WHERE d.item_id = work_workitem.id)",
        added="state = 'open' AND owner_id IS NULL AND ended_by_id IS NULL",
    ),
    # A new item is given its desks; to one that has some, only those at them give another.
    Table("work_desk", may="SELECT, INSERT", rows=_AT_DESK, added="yf_may_seat(item_id)"),
]
