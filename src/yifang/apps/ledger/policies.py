"""The ledger: everyone writes in their own name, nobody changes; the auditor reads all, others what concerns a subject
they may see.

`yf_set_aside` counts for `/healthz` what subscribers could not take. `yf_live` tells an open page that something of its
concern was sealed, and of what kind, and nothing else of it.
`yf_xid` is the writing transaction. A backup restored into a new cluster finds transactions numbered from the start
again, below those in the ledger; what runs at every start then lifts `yf_xid_base`, so that the order goes on.
"""

from yifang.kernel.row_security import ROLE, USER, Table, seen

_KEEPERS = f"{ROLE} IN ('auditor', 'administrator')"
_READERS = f"{_KEEPERS} OR (stream = 'change' AND {seen('ledger_entry.subject')})"

# Who acts is who is signed in, and the transaction is this one: an entry dated back would pass the sealer by.
_IN_ONES_OWN_NAME = f"actor IS NOT DISTINCT FROM {USER} AND role = coalesce({ROLE}, '') AND xid = yf_xid()"

CHANNEL = "yifang_ledger"  # told at commit that a change was written

# A page that was asleep for more than this many entries is told to refresh everything: looking would cost more.
LIVE_LOOK = 2000

FUNCTIONS = f"""
DO $lift$ DECLARE highest bigint; base bigint := 0; this bigint := pg_current_xact_id()::text::bigint;
BEGIN
    SELECT coalesce(max(last), 0) INTO highest FROM (
        SELECT max(xid) AS last FROM ledger_entry WHERE stream = 'change'
        UNION ALL SELECT max(xid) FROM ledger_entry WHERE stream = 'access') streams;
    IF to_regprocedure('yf_xid_base()') IS NOT NULL THEN EXECUTE 'SELECT yf_xid_base()' INTO base; END IF;
    IF highest >= this + base THEN base := highest + 1 - this; END IF;
    EXECUTE format('CREATE OR REPLACE FUNCTION yf_xid_base() RETURNS bigint LANGUAGE sql STABLE
        AS $f$ SELECT %s::bigint $f$', base);
END $lift$;
CREATE OR REPLACE FUNCTION yf_xid() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT pg_current_xact_id()::text::bigint + yf_xid_base() $$;
CREATE OR REPLACE FUNCTION yf_finished() RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint + yf_xid_base() $$;

CREATE OR REPLACE FUNCTION yf_live(after bigint) RETURNS TABLE (reached bigint, topics text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
WITH head AS (SELECT coalesce(max(seq), 0) AS seq FROM ledger_seal WHERE stream = 'change')
SELECT head.seq, CASE
    WHEN head.seq <= after THEN '{{}}'::text[]
    WHEN head.seq - after > {LIVE_LOOK} THEN ARRAY['*']
    ELSE coalesce((
        SELECT array_agg(DISTINCT e.subject_kind::text) FROM ledger_seal s JOIN ledger_entry e ON e.id = s.entry_id
        WHERE s.stream = 'change' AND s.seq > after AND s.seq <= head.seq
          AND e.scopes::text[] && yf_list('yifang.scopes')
    ), '{{}}') END
FROM head
$$;
CREATE OR REPLACE FUNCTION yf_set_aside() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$ SELECT count(*) FROM ledger_failure WHERE error <> '' $$;

CREATE OR REPLACE FUNCTION yf_wake() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY {CHANNEL}; RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER wake AFTER INSERT ON ledger_entry
FOR EACH ROW WHEN (NEW.stream = 'change') EXECUTE FUNCTION yf_wake();
"""

TABLES = [
    Table("ledger_entry", may="SELECT, INSERT", rows=_READERS, added=_IN_ONES_OWN_NAME, jobs="SELECT, INSERT"),
    Table("ledger_seal", secure=False, jobs="SELECT, INSERT"),
    Table("ledger_cursor", secure=False),
    Table("ledger_failure", may="SELECT, UPDATE (next_try_at)", rows=_KEEPERS),
]
