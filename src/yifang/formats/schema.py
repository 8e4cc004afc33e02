"""The JSON Schema of the canonical record, generated from its classes.

`python -m yifang.formats.schema` writes it to `docs/api/canonical-record.schema.json`; with `--check` it only
compares. A
test runs the comparison.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import sys
import types
import typing
from pathlib import Path
from typing import Any

from yifang.formats import canonical
from yifang.formats.canonical import Record

TARGET = Path("docs/api/canonical-record.schema.json")


def schema() -> dict[str, Any]:
    """The schema as a dict (JSON Schema 2020-12); fields at their default are left out by `storage.to_json`."""
    found: dict[str, Any] = {}
    _define(Record, found)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Yifang canonical record",
        "$ref": "#/$defs/Record",
        "$defs": dict(sorted(found.items())),
    }


def _define(kind: type[Any], found: dict[str, Any]) -> dict[str, Any]:
    reference = {"$ref": f"#/$defs/{kind.__name__}"}
    if kind.__name__ in found:
        return reference
    found[kind.__name__] = {}
    hints = typing.get_type_hints(kind, vars(canonical))
    properties: dict[str, Any] = {}
    required = []
    for field in dataclasses.fields(kind):
        properties[field.name] = _type(hints[field.name], found)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            required.append(field.name)
        elif isinstance(field.default, str):
            properties[field.name]["default"] = field.default
    found[kind.__name__] = {
        "type": "object",
        "description": inspect.cleandoc(kind.__doc__ or ""),
        "properties": properties,
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }
    return reference


def _type(hint: Any, found: dict[str, Any]) -> dict[str, Any]:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _define(hint, found)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_type(one, found) for one in arguments]}
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return {"type": "array", "items": _type(arguments[0], found)}
        return {"type": "array", "prefixItems": [_type(one, found) for one in arguments], "items": False}
    names = {str: "string", int: "integer", bool: "boolean", type(None): "null"}
    return {"type": names[hint]}


def rendered() -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` say whether it is in step. Run at the root of the repository."""
    if "--check" in arguments:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != rendered():
            print(f"{TARGET} is out of step: run `python -m yifang.formats.schema`", file=sys.stderr)
            return 1
        return 0
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(rendered(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
