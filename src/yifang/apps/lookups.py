"""`any`: the column is one of many values, given to the database as one array.

Django's `in` makes a parameter of each value: with the thousands of a batch, taking the statement apart costs more than
the answer. Registered by the ledger, the first of the apps; for ids, keys and references.
"""

from __future__ import annotations

from typing import Any as Anything

from django.core.exceptions import EmptyResultSet
from django.db.models import BinaryField, ForeignKey, Lookup, UUIDField


class Any(Lookup):  # type: ignore[type-arg]
    """`Record.objects.filter(id__any=ids)`; the values are ids or bytes, never models."""

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Anything, connection: Anything) -> tuple[str, list[Anything]]:
        values = list(self.rhs)
        if not values:
            raise EmptyResultSet
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY (%b::{self.lhs.output_field.rel_db_type(connection)}[])", [*params, values]


def register() -> None:
    """Called once, when the first app is ready."""
    for field in (UUIDField, BinaryField, ForeignKey):
        field.register_lookup(Any)
