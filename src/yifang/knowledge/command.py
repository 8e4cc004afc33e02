"""`yifang packs`: check the packs and a region's overrides, show what is in force and why, and what a region changed.

Prints Chinese, or English with `--lang en`. Exit 0 when everything is right, 2 when a pack or an override is not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from yifang.kernel.errors import EXIT_CODE, NotFound, UserError, YifangError
from yifang.kernel.messages import render
from yifang.knowledge.knowledge import Knowledge
from yifang.knowledge.loading import load
from yifang.knowledge.models import PACKS
from yifang.knowledge.reading import identity

HELP = "check, show and compare the knowledge packs"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verbs and their options."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--override", action="append", default=[], type=Path, metavar="FILE|DIR")
    common.add_argument("--lang", choices=("zh", "en"), default="zh")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="check|show|diff")
    verbs.add_parser("check", parents=[common], help="load every pack and override and say what is wrong")
    show = verbs.add_parser("show", parents=[common], help="what is in force, with source and confidence")
    show.add_argument("pack", choices=sorted(PACKS), metavar="PACK")
    show.add_argument("id", nargs="?", help="one part or entry, such as measles or event_report")
    diff = verbs.add_parser("diff", parents=[common], help="values that differ between two sets of overrides")
    diff.add_argument("a", metavar="A", help="overrides, or `shipped`")
    diff.add_argument("b", metavar="B", help="overrides, or `shipped`")


def run(args: argparse.Namespace) -> int:
    """Do it; a problem is printed on stderr and gives exit code 2."""
    verbs = {"check": _check, "show": _show, "diff": _diff}
    try:
        for line in verbs[args.verb](args):
            print(line)
    except YifangError as error:
        print(error.render(args.lang), file=sys.stderr)
        return EXIT_CODE
    return 0


def _check(args: argparse.Namespace) -> Iterator[str]:
    knowledge = load(args.override)
    for name, pack in knowledge.packs.items():
        yield f"{name:<18} {pack.meta.version}"
    yield render("knowledge.all_right", {"count": len(knowledge.packs), "digest": knowledge.digest}, args.lang)


def _show(args: argparse.Namespace) -> Iterator[str]:
    knowledge = load(args.override)
    raw = knowledge.raw[args.pack]
    if args.id is None:
        yield _yaml(raw)
        return
    place = _find(raw, args.id)
    if place is None:
        raise NotFound("knowledge.no_entry", pack=args.pack, id=args.id)
    yield _yaml(_at(raw, place))
    yield from _sources(knowledge, args.pack, place)


def _sources(knowledge: Knowledge, pack: str, place: tuple[str, ...]) -> Iterator[str]:
    """The provenance of the entry, then of each value of it that has another one."""
    own = knowledge.provenance(pack, *place)
    yield f"# {own.confidence} [{own.source}] {own.text}"
    value = _at(knowledge.raw[pack], place)
    for key in value if isinstance(value, dict) else ():
        found = knowledge.provenance(pack, *place, str(key))
        if found != own:
            yield f"#   {key}: {found.confidence} [{found.source}] {found.text}"


def _diff(args: argparse.Namespace) -> Iterator[str]:
    sides = [load([] if side == "shipped" else [_existing(Path(side))]) for side in (args.a, args.b)]
    changed = False
    for name in PACKS:
        before, after = (dict(_leaves(side.raw[name], ())) for side in sides)
        for place in [*before, *(place for place in after if place not in before)]:
            if before.get(place) != after.get(place):
                changed = True
                path = ".".join(place)
                yield f"{name}.{path}: {before.get(place, '—')} → {after.get(place, '—')}{_why(sides[1], name, place)}"
    if not changed:
        yield render("knowledge.no_difference", {}, args.lang)


def _why(knowledge: Knowledge, pack: str, place: tuple[str, ...]) -> str:
    try:
        found = knowledge.provenance(pack, *place)
    except LookupError:
        return ""
    return f"  [{found.source}, {found.confidence}]"


def _existing(path: Path) -> Path:
    if not path.exists():
        raise UserError("kernel.path_missing", path=str(path))
    return path


def _leaves(value: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every single value with its place; entries of a list by their id, a list without ids as one value."""
    if isinstance(value, dict):
        for key, part in value.items():
            if place or key not in ("meta", "provenance"):
                yield from _leaves(part, (*place, str(key)))
    elif isinstance(value, list) and value and all(identity(item) for item in value):
        for item in value:
            yield from _leaves(item, (*place, str(identity(item))))
    else:
        yield place, value


def _find(raw: dict[str, Any], name: str) -> tuple[str, ...] | None:
    """The place of a part or entry of that name; a dotted name is a place itself. The shallowest wins."""
    if "." in name:
        place = tuple(name.split("."))
        return place if _at(raw, place) is not None else None
    level: list[tuple[tuple[str, ...], Any]] = [
        ((), {key: part for key, part in raw.items() if key not in ("meta", "provenance")})
    ]
    while level:
        following: list[tuple[tuple[str, ...], Any]] = []
        for place, value in level:
            for key, part in _children(value):
                if key == name:
                    return (*place, key)
                following.append(((*place, key), part))
        level = following
    return None


def _children(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [(str(key), part) for key, part in value.items()]
    if isinstance(value, list):
        return [(str(identity(item)), item) for item in value if identity(item)]
    return []


def _at(raw: Any, place: tuple[str, ...]) -> Any:
    value = raw
    for step in place:
        value = next((part for key, part in _children(value) if key == step), None)
    return value


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=120).rstrip()
