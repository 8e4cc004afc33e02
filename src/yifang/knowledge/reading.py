"""YAML in, plain values out, and the line a value stands on when somebody has to be told.

Parsing is done by libyaml without marks, which is fast; only when there is something to report is a file composed
again with marks. Not for anything but packs and their overrides.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

IDENTITY_KEYS = ("id", "schedule_id", "code", "vaccine", "role", "dept", "index", "no", "level", "year")


def identity(item: Any) -> str | None:
    """What an entry of a list is called by overrides and messages: its id, or the first key that serves as one."""
    if isinstance(item, dict):
        for key in IDENTITY_KEYS:
            if key in item:
                return str(item[key])
    return None


@dataclass(frozen=True, slots=True)
class Unreadable(Exception):
    """The file is no YAML, or one mapping holds a key twice (YAML itself would silently take the last)."""

    path: Path
    line: int
    reason: str


class _Loader(yaml.CSafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        mapping = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value):
            seen: set[Any] = set()
            for key_node, _ in node.value:
                if key_node.value in seen:
                    problem = f"key {key_node.value!r} twice"
                    raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
                seen.add(key_node.value)
        return mapping


# A date stays the text it is: packs are hashed as JSON, and the models know which text is a date.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read(path: Path) -> Any:
    """The content of a YAML file as plain values, which the caller must not change. Raises Unreadable with the line."""
    real = path.resolve()
    return _parsed(real, real.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _parsed(path: Path, changed: int) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except UnicodeDecodeError as error:
        raise Unreadable(path, 1, f"not UTF-8: {error.reason}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Unreadable(path, line, error.problem or "not YAML") from error
    except yaml.YAMLError as error:
        raise Unreadable(path, 1, str(error)) from error


def line_of(path: Path, place: Sequence[Any]) -> tuple[int, int]:
    """The line on which `place` (keys, list positions or identities) stands, and how many of its steps were found.

    A place that does not exist gives the line of its deepest part that does.
    """
    real = path.resolve()
    node = _composed(real, real.stat().st_mtime_ns)
    line, found = 1, 0
    for step in place:
        following = _step(node, step)
        if following is None:
            break
        node, line = following
        found += 1
    return line, found


@lru_cache(maxsize=64)
def _composed(path: Path, changed: int) -> yaml.Node | None:
    node: yaml.Node | None = yaml.compose(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return node


def _step(node: yaml.Node | None, step: Any) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        if isinstance(step, int) and step < len(node.value):
            return node.value[step], node.value[step].start_mark.line + 1
        for item in node.value:
            if isinstance(item, yaml.MappingNode):
                names = {key.value: value.value for key, value in item.value}
                called = next((names[key] for key in IDENTITY_KEYS if key in names), None)
                if called == str(step):
                    return item, item.start_mark.line + 1
    return None
