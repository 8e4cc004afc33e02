"""The idempotent step after migrations: least privilege and row-level security for the web and jobs roles.

Not for deciding who may do what (`roles`): this only writes into the database what each app's `policies.py` says.
"""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from django.apps import apps
from django.conf import settings
from django.db import connection

from yifang.kernel.row_security import FUNCTIONS, Table

_ALL = "SELECT, INSERT, UPDATE, DELETE"

# Tables of libraries, by the beginning of their names: what the web role may do with them. They hold sessions, sign-in
# attempts and queue rows, never a subject. Of the queue the web role fills a place and takes nothing out of it.
_LIBRARIES = {
    "django_session": _ALL,
    "usersessions_": _ALL,
    "axes_": _ALL,
    "account_": "SELECT, UPDATE",
    "mfa_": _ALL,
    "procrastinate_jobs": "SELECT, INSERT",
    "procrastinate_events": "SELECT, INSERT",
    "procrastinate_": "SELECT",
    "django_": "SELECT",
    "auth_": "SELECT",
}
_OWNERS_ONLY = ("django_migrations",)  # who may write here could have a migration skipped


def tables() -> dict[str, Table]:
    """Every table that an app lists, by name. Raises ValueError when two apps list the same."""
    listed: dict[str, Table] = {}
    for policies in _policies():
        for table in policies.TABLES:
            if table.name in listed:
                raise ValueError(f"{table.name} has two policies")
            listed[table.name] = table
    return listed


def _policies() -> Iterator[ModuleType]:
    for app in apps.get_app_configs():
        if app.name.startswith("yifang.") and find_spec(f"{app.name}.policies"):
            yield import_module(f"{app.name}.policies")


def apply() -> None:
    """Grant and set policies for all tables; raises RuntimeError for a table that no app lists. Runs as owner."""
    web, jobs = (connection.ops.quote_name(settings.DATABASE_ROLES[name]) for name in ("web", "jobs"))
    listed = tables()
    with connection.cursor() as cursor:
        cursor.execute(FUNCTIONS)
        for policies in _policies():
            # What the web role must reach past the policies, by functions that the owner's rights run.
            if functions := getattr(policies, "FUNCTIONS", ""):
                cursor.execute(functions)
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {web}, {jobs}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {web}, {jobs}")
        cursor.execute(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {web}, {jobs}")
        for name in connection.introspection.table_names(cursor):
            library = next((may for beginning, may in _LIBRARIES.items() if name.startswith(beginning)), "")
            if name in listed:
                _secure(cursor, listed[name], web, jobs)
            elif library:
                cursor.execute(f'REVOKE ALL ON "{name}" FROM {web}, {jobs}')
                cursor.execute(f'GRANT {library} ON "{name}" TO {web}')
                cursor.execute(f'GRANT {"SELECT" if name in _OWNERS_ONLY else _ALL} ON "{name}" TO {jobs}')
            else:
                raise RuntimeError(f"table {name} has no policy: list it in the policies.py of its app")


def _secure(cursor, table: Table, web: str, jobs: str) -> None:
    name = f'"{table.name}"'
    cursor.execute(f"REVOKE ALL ON {name} FROM {web}, {jobs}")
    cursor.execute(f"GRANT {table.may} ON {name} TO {web}")
    cursor.execute(f"GRANT {table.jobs} ON {name} TO {jobs}")
    for policy in ("web_rows", "web_added", "web_changed", "web_removed", "jobs_all"):
        cursor.execute(f"DROP POLICY IF EXISTS {policy} ON {name}")
    if not table.secure:
        cursor.execute(f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY")
        return
    added, changes = table.added or table.rows, table.changes or table.rows
    changed = table.changed or changes
    cursor.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    cursor.execute(f"CREATE POLICY web_rows ON {name} FOR SELECT TO {web} USING ({table.rows})")
    cursor.execute(f"CREATE POLICY web_added ON {name} FOR INSERT TO {web} WITH CHECK ({added})")
    cursor.execute(f"CREATE POLICY web_changed ON {name} FOR UPDATE TO {web} USING ({changes}) WITH CHECK ({changed})")
    cursor.execute(f"CREATE POLICY web_removed ON {name} FOR DELETE TO {web} USING ({changes})")
    cursor.execute(f"CREATE POLICY jobs_all ON {name} TO {jobs} USING (true) WITH CHECK (true)")
