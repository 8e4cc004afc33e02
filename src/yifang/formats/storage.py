"""Records to and from plain JSON for keeping: field names as they are, empty and default values left out.

`from_json(to_json(record)) == record`, also for what an older version wrote without the newer fields. The shape is
the one
published in `docs/api/canonical-record.schema.json`.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from yifang.formats import canonical
from yifang.formats.canonical import Record

Json = dict[str, Any]
_REQUIRED = object()
_PLAIN = frozenset((str, int, float, bool, type(None)))
_Plan = tuple[Callable[[Any], tuple[Any, ...]], tuple[tuple[str, Any], ...]]
_plans: dict[type[Any], _Plan] = {}
_loading: dict[type[Any], dict[str, Callable[[Any], Any]]] = {}


def to_json(record: Record) -> Json:
    """A record as plain dicts, lists, strings, numbers and booleans."""
    return typing.cast(Json, _dump(record))


def from_json(data: Json) -> Record:
    """The record that `to_json` gave. Raises TypeError when a required field is missing, KeyError on an unknown one."""
    return typing.cast(Record, _load(Record, data))


def _plan(kind: type[Any]) -> _Plan:
    """The fields of a class, each with its default (a marker where there is none), and what reads them all at once."""
    if kind in _plans:
        return _plans[kind]
    names, defaults = [], []
    for field in dataclasses.fields(kind):
        default = field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
        names.append(field.name)
        defaults.append(_REQUIRED if default is dataclasses.MISSING else default)
    read = attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
    _plans[kind] = read, tuple(zip(names, defaults, strict=True))
    return _plans[kind]


def _dump(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, tuple):
        return [_dump(one) for one in value]
    if isinstance(value, str | int):
        return value
    read, plan = _plan(type(value))
    return {
        name: member if type(member) in _PLAIN else _dump(member)
        for member, (name, default) in zip(read(value), plan, strict=True)
        if member is not default and (default is _REQUIRED or member != default)
    }


def _loaders(kind: type[Any]) -> dict[str, Callable[[Any], Any]]:
    if kind not in _loading:
        hints = typing.get_type_hints(kind, vars(canonical))
        _loading[kind] = {name: _loader(hint) for name, hint in hints.items()}
    return _loading[kind]


def _loader(hint: Any) -> Callable[[Any], Any]:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return lambda value: _load(hint, value)
    origin = typing.get_origin(hint)
    arguments = typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        inner = _loader(next(one for one in arguments if one is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            each = _loader(arguments[0])
            return lambda value: tuple(each(one) for one in value)
        return lambda value: tuple(value)
    return lambda value: value


def _load(kind: type[Any], data: Json) -> Any:
    loaders = _loaders(kind)
    return kind(**{name: loaders[name](value) for name, value in data.items()})
