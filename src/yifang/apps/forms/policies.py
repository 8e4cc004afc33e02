"""A response is seen by the seats that its subject gave it; its files follow it.

`yf_seats()` are the viewer's own: role and scope together, and `code@…` for whoever shows the code of an anonymous
report (`care.whistling`), which says nothing of who they are.
"""

from yifang.kernel.row_security import CASE_GROUPS, SCOPES, USER, Table

FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION yf_seats() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT array_agg(yf_text('yifang.role') || '@' || s) || array_agg(DISTINCT 'code@' || yf_text('yifang.code'))
FROM unnest({SCOPES}) s $$;

CREATE OR REPLACE FUNCTION yf_may_attach(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS
$$ SELECT EXISTS (SELECT 1 FROM forms_response WHERE id = wanted AND (filled_by_id IS NULL OR filled_by_id = {USER})
    AND filled_at > now() - interval '1 minute') $$;
"""
SEATS = "(SELECT yf_seats())::text[]"


def seated(table: str) -> str:
    """The condition that a row's `seats` hold one of the viewer's, and its group is one that the role sees."""
    return f"""{table}.seats::text[] && {SEATS} AND ({table}."group" = '' OR {table}."group" = ANY ({CASE_GROUPS}))"""


TABLES = [
    Table("forms_formversion", may="SELECT, INSERT", secure=False),
    Table(
        "forms_response",
        may="SELECT, INSERT",
        rows=seated("forms_response"),
        added=f"filled_by_id IS NULL OR filled_by_id = {USER}",
    ),
    Table(
        "forms_attachment",
        may="SELECT, INSERT",
        rows="EXISTS (SELECT 1 FROM forms_response r WHERE r.id = forms_attachment.response_id)",
        added="yf_may_attach(response_id)",
    ),
]
