"""Everything that is wrong with a mapping's text, each with its line and the mend: for who writes one on a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, get_args

import yaml
from pydantic import ValidationError

from yifang.formats.canonical import RecordKind
from yifang.formats.tabular.mapping import TARGETS, Mapping

_PARTS = tuple(Mapping.model_fields)


@dataclass(frozen=True, slots=True)
class Problem:
    """`line` counts from 1; `code` names a message of `kernel.messages`."""

    line: int
    code: str
    params: dict[str, Any] = field(default_factory=dict)


def problems(text: str) -> list[Problem]:
    """What is wrong, in the order of the lines; nothing where the text is a mapping."""
    try:
        root = yaml.compose(text, yaml.SafeLoader)
        told = yaml.load(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        rule = str(getattr(error, "problem", "") or error).split("\n")[0][:120]
        return [_broken(text, mark.line if mark else 0, rule)]
    if not isinstance(told, dict):
        return [Problem(1, "table.mapping_no_parts", {"parts": list(_PARTS)})]
    try:
        Mapping.model_validate(told)
    except ValidationError as refused:
        return sorted((one for error in refused.errors() for one in _of(error, root, told)), key=lambda one: one.line)
    return []


def _broken(text: str, at: int, rule: str) -> Problem:
    """YAML breaks most often for a tab or a full-width colon, which it may notice only a line later."""
    lines = text.split("\n")
    for line in (at, at - 1):
        held = lines[line] if 0 <= line < len(lines) else ""
        if held.lstrip(" ").startswith("\t") or "：" in held.partition(":")[0]:
            code = "table.mapping_colon" if "：" in held else "table.mapping_tab"
            return Problem(line + 1, code)
    return Problem(at + 1, "table.mapping_yaml", {"rule": rule})


def _of(error: Any, root: yaml.Node | None, told: dict[str, Any]) -> Iterator[Problem]:
    place = [str(part) for part in error["loc"]]
    line = _line(root, place)
    kind = error["type"]
    if kind == "missing":
        yield Problem(1, "table.mapping_lacks", {"part": place[-1]})
    elif kind == "extra_forbidden":
        near = get_close_matches(place[-1], _PARTS, 1)
        yield Problem(line, "table.mapping_part", {"part": place[-1], "near": near or list(_PARTS)})
    elif kind == "literal_error" and place[-1] == "kind":
        yield Problem(
            line, "table.mapping_kind", {"value": str(error["input"])[:30], "known": list(get_args(RecordKind))}
        )
    elif kind == "value_error" and place[0] in told:
        held = told[place[0]]
        for name in held if isinstance(held, dict | list) else ():
            if name not in TARGETS:
                near = get_close_matches(str(name), TARGETS, 3, 0.5)
                where = _line(root, [place[0], str(name)]) if isinstance(held, dict) else line
                yield Problem(
                    where, "table.mapping_target", {"target": str(name)[:40], "near": near or ["person.name"]}
                )
    elif kind in ("list_type", "string_type", "dict_type"):
        wanted = {"list_type": "[…]", "string_type": "…", "dict_type": "{…: …}"}[kind]
        yield Problem(line, "table.mapping_form", {"place": ".".join(place), "wanted": wanted})
    else:
        yield Problem(line, "table.mapping_wrong", {"file": "", "place": ".".join(place), "rule": error["msg"]})


def _line(root: yaml.Node | None, place: list[str]) -> int:
    """The line of the last part of a place that there is."""
    node, line = root, 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == part), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = node.start_mark.line + 1
    return line
