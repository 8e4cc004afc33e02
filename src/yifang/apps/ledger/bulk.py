"""Many new rows at once: several times as fast as inserting them, for what comes in by the thousand.

PostgreSQL refuses COPY into a table with row security, so the rows go by COPY into a table of this connection alone and
from there, in one statement, through the policies.
"""

from collections.abc import Sequence

from django.db import connection, models
from psycopg.types.json import Jsonb


def copy_in(rows: Sequence[models.Model]) -> None:
    """Write new rows of one model, whose primary keys are set. Raises IntegrityError as an insert does."""
    if not rows:
        return
    fields, table = rows[0]._meta.concrete_fields, rows[0]._meta.db_table
    jsons = [isinstance(field, models.JSONField) for field in fields]
    names = [field.attname for field in fields]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS new_{table} (LIKE {table}) ON COMMIT DELETE ROWS")
        with cursor.copy(f"COPY new_{table} ({columns}) FROM STDIN") as copy:
            for row in rows:
                values = (getattr(row, name) for name in names)
                copy.write_row([Jsonb(value) if json else value for value, json in zip(values, jsons, strict=True)])
        cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM new_{table}")
        cursor.execute(f"DELETE FROM new_{table}")
