"""Row-level security as data: for each table, what the web role may do and which rows it may see.

Every app lists its tables in `policies.py` as `TABLES`; `accounts.grants` turns the lists into grants and policies
after migrations, and refuses a table that no app lists. The jobs role sees all rows by an explicit policy and may never
change the ledger. An unset setting reads as NULL, and NULL shows nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

FUNCTIONS = r"""
CREATE OR REPLACE FUNCTION yf_list(name text) RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT string_to_array(nullif(current_setting(name, true), ''), E'\x1f') $$;
CREATE OR REPLACE FUNCTION yf_text(name text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting(name, true), '') $$;
CREATE OR REPLACE FUNCTION yf_scoped(prefix text) RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT array_agg(substr(s, length(prefix) + 1)) FROM unnest(yf_list('yifang.scopes')) s
WHERE starts_with(s, prefix) $$;
"""

SCOPES = "(SELECT yf_list('yifang.scopes'))::text[]"
CASE_GROUPS = "(SELECT yf_list('yifang.case_groups'))::text[]"
TASK_GROUPS = "(SELECT yf_list('yifang.task_groups'))::text[]"
COUNT_GROUPS = "(SELECT yf_list('yifang.count_groups'))::text[]"
AREAS = "(SELECT yf_scoped('area:'))::text[]"
ORGANISATIONS = "(SELECT yf_scoped('org:'))::uuid[]"
USER = "(SELECT yf_text('yifang.user')::bigint)"
ROLE = "(SELECT yf_text('yifang.role'))"
PURPOSE = "(SELECT yf_text('yifang.purpose'))"
ABOUT = "(SELECT yf_text('yifang.about')::uuid)"


@dataclass(frozen=True, slots=True)
class Table:
    """`may` are the privileges of the web role (a column list limits one); the conditions are SQL.

    `rows` it sees, `added` holds of a new row, `changes` of a row that it may change or remove, `changed` of what a
    change leaves behind: a row is moved neither out of sight nor into another's.
    """

    name: str
    may: str = "SELECT"
    rows: str = "true"
    added: str = ""  # empty: as `rows`
    changes: str = ""  # empty: as `rows`
    changed: str = ""  # empty: as `changes`
    jobs: str = "SELECT, INSERT, UPDATE, DELETE"
    secure: bool = True


def inside(column: str) -> str:
    """The condition that the area in `column` is one that the viewer looks from, or lies in it down to a township."""
    return (
        f"left({column}, 6) = ANY ({AREAS}) OR left({column}, 9) = ANY ({AREAS}) OR {column} = ANY ({AREAS}) "
        f"OR left({column}, 4) || '00' = ANY ({AREAS}) OR left({column}, 2) || '0000' = ANY ({AREAS})"
    )


def seen_person(column: str) -> str:
    """The condition that the viewer sees, at case level, a subject about the person in `column` (`table.column`)."""
    return seen(column).replace("v.subject =", "v.person =")


def seen(column: str, groups: str = CASE_GROUPS, level: int = 2) -> str:
    """The condition that the subject in `column` (`table.column`) has a live visibility row for the viewer at `level`.

    Scope and expiry are the own policy of the visibility table. OFFSET 0 keeps the planner from hashing every row of a
    large scope to look up fifty subjects (1.7 s instead of 9 ms with 300,000 cases).
    """
    return (
        f"EXISTS (SELECT 1 FROM accounts_visibility v WHERE v.subject = {column} "
        f'AND v.level >= {level} AND v."group" = ANY ({groups}) OFFSET 0)'
    )
