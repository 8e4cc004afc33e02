"""Many new rows at once: several times as fast as inserting them, for what comes in by the thousand.

PostgreSQL refuses COPY into a table with row security, so the rows go by COPY into a table of this connection alone and
from there, in one statement, through the policies.
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TypeVar

from django.db import connection, models
from django.db.models.base import ModelState
from psycopg.types.json import Jsonb

M = TypeVar("M", bound=models.Model)


def maker(model: type[M]) -> Callable[[], M]:
    """Makes new rows of a model with its fields' defaults, in a tenth of the time of the model's own constructor.

    That one sends signals, which nobody hears here, and asks every field for its default and for what it was given.
    """
    fields = model._meta.concrete_fields
    asked = [(one.attname, one.default) for one in fields if one.has_default() and callable(one.default)]
    fixed = {one.attname: one.get_default() for one in fields} | dict.fromkeys(name for name, _ in asked)

    def make() -> M:
        row = model.__new__(model)
        row._state = ModelState()
        row.__dict__.update(fixed)
        for name, default in asked:
            row.__dict__[name] = default()
        return row

    return make


def copy_in(rows: Sequence[models.Model]) -> None:
    """Write new rows of one model, whose primary keys are set. Raises IntegrityError as an insert does."""
    if not rows:
        return
    fields, table = rows[0]._meta.concrete_fields, rows[0]._meta.db_table
    jsons = [place for place, field in enumerate(fields) if isinstance(field, models.JSONField)]
    values_of = attrgetter(*(field.attname for field in fields))
    columns = ", ".join(f'"{field.column}"' for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS new_{table} (LIKE {table}) ON COMMIT DELETE ROWS")
        with cursor.copy(f"COPY new_{table} ({columns}) FROM STDIN") as copy:
            for row in rows:
                values = list(values_of(row))
                for place in jsons:
                    values[place] = Jsonb(values[place])
                copy.write_row(values)
        cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM new_{table}")
        cursor.execute(f"DELETE FROM new_{table}")
