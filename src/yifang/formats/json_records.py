"""Canonical records written as JSON, in the shape of `docs/api/canonical-record.schema.json` → items.

Strict, where the other readers are lenient: who writes this shape wrote it for us, and hears every error at once, each
by its JSON pointer. Not for FHIR or any other JSON (`fhir`).
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from yifang.formats import times
from yifang.formats.canonical import Issue, Item, Moment, Record, Refusal

_NAMES = ("kind", "key", "status", "source")  # what every record says
_CODES = {
    "missing": "json.missing",
    "unexpected_keyword_argument": "json.unknown_field",
    "literal_error": "json.not_one_of",
    "string_type": "json.not_text",
    "string_unicode": "json.bad_text",
    "int_type": "json.not_integer",
    "bool_type": "json.not_boolean",
    "tuple_type": "json.not_array",
    "dataclass_type": "json.not_object",
}
_QUOTED = re.compile(r"'([^']*)'")
_MOST_PLACES = 20  # named in the reason of a refusal; each stands among the item's issues


def read(text: str, raw: bytes, path: str = "", start: int = 0) -> Iterator[Item]:
    """The items of a JSON text that must hold one record or an array of them. Never raises for content."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        yield broken(error, raw, start)
        return
    if not isinstance(whole, list):
        yield item(whole, raw, path, start)
        return
    for number, one in enumerate(whole):
        shown = json.dumps(one, ensure_ascii=False).encode("utf-8", "surrogatepass")
        yield item(one, shown, path, start + number)


def broken(error: Exception, raw: bytes, index: int) -> Item:
    """The item of a text that is no JSON."""
    place, reason = "", type(error).__name__
    if isinstance(error, json.JSONDecodeError):
        place, reason = f"line {error.lineno}, column {error.colno}", error.msg
    return Item(index, "json", (), Refusal("json.broken", place, (("reason", reason),)), raw)


def is_record(value: Any) -> bool:
    """Whether a JSON value means to be a canonical record: most of what every record says is there."""
    return isinstance(value, dict) and "resourceType" not in value and sum(name in value for name in _NAMES) >= 3


def item(value: Any, raw: bytes, path: str = "", index: int = 0) -> Item:
    """The item of one JSON value; each error is one of its issues, and the refusal sums them up."""
    record, errors = _record(value)
    if record is None or errors:
        return Item(index, "json", (), _refusal(errors), raw, tuple(errors))
    return Item(index, "json", (record,), None, raw)


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[tuple[Record]]:
    # of a tuple, for a dataclass alone would not take the settings
    return TypeAdapter(tuple[Record], config=ConfigDict(extra="forbid", strict=True))


def _record(value: Any) -> tuple[Record | None, list[Issue]]:
    try:
        text = json.dumps([value])
        # by its text: only there is an array a tuple in strict mode
        (record,) = _adapter().validate_json(text)
    except ValidationError as wrong:
        return None, [_issue(error) for error in wrong.errors(include_url=False, include_input=False)]
    except (ValueError, RecursionError) as error:
        return None, [Issue("json.broken", "", (("reason", type(error).__name__),))]
    errors = list(_times(record, "")) + (list(_nul(record, "")) if "\\u0000" in text else [])
    if not record.key.strip():
        errors.insert(0, Issue("json.empty", "/key"))
    return record, errors


def _issue(error: Mapping[str, Any]) -> Issue:
    place = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in error["loc"][1:])
    code = _CODES.get(error["type"])
    if code == "json.not_one_of":
        return Issue(code, place, (("allowed", ", ".join(_QUOTED.findall(error["msg"]))),))
    if code is None:
        return Issue("json.broken", place, (("reason", str(error["msg"])[:120]),))
    return Issue(code, place)


def _times(value: Any, place: str) -> Iterator[Issue]:
    """Times that do not exist: the shape alone cannot tell."""
    if isinstance(value, Moment):
        known = times.iso_time(value.iso)
        if known is None or (known.iso, known.precision) != (value.iso, value.precision):
            yield Issue("json.bad_time", f"{place}/iso", (("precision", value.precision),))
        if value.offset_minutes is not None and abs(value.offset_minutes) > 14 * 60:
            yield Issue("json.bad_offset", f"{place}/offset_minutes")
        return
    for name, one in _parts(value):
        if one.__class__ is not str:  # most are: skipped here, for this runs over every value of every record
            yield from _times(one, f"{place}/{name}")


def _nul(value: Any, place: str) -> Iterator[Issue]:
    """Characters that no database holds."""
    if isinstance(value, str):
        if "\x00" in value:
            yield Issue("json.bad_text", place)
        return
    for name, one in _parts(value):
        yield from _nul(one, f"{place}/{name}")


def _parts(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, tuple):
        yield from enumerate(value)
    elif dataclasses.is_dataclass(value):
        for name in value.__dataclass_fields__:
            yield name, getattr(value, name)


def _refusal(errors: list[Issue]) -> Refusal:
    first = errors[0]
    if len(errors) == 1:
        return Refusal(first.code, first.path, first.params)
    places = ", ".join(one.path or "/" for one in errors[:_MOST_PLACES]) + (" …" if len(errors) > _MOST_PLACES else "")
    return Refusal("json.record_wrong", first.path, (("number", str(len(errors))), ("places", places)))
