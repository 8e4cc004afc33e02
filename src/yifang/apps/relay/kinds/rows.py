"""Rows of a model as JSON and back, column by column, so that a column added later goes along by itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

_encoder = DjangoJSONEncoder()


def columns(model: type[models.Model], without: Collection[str]) -> dict[str, Any]:
    """The columns that travel, by attribute name."""
    return {one.attname: one for one in model._meta.concrete_fields if one.attname not in without}


def written(row: models.Model, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values of those columns, as JSON has them."""
    found = {}
    for name in fields:
        value = getattr(row, name)
        found[name] = (
            value if value is None or isinstance(value, str | int | float | bool | list | dict) else _plain(value)
        )
    return found


def read(body: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the columns that a body has. Raises ValidationError, ValueError where one cannot be."""
    return {name: field.to_python(body[name]) for name, field in fields.items() if name in body}


def _plain(value: Any) -> Any:
    # microseconds are kept: the encoder's own form of an instant ends with milliseconds
    return value.isoformat() if hasattr(value, "isoformat") else _encoder.default(value)
