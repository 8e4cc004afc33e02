"""From files to knowledge: read, merge overrides, check everything, then hand out one frozen object.

Nothing is repaired and nothing is skipped: a pack that is not right in every part does not load. The result is kept
for the life of the process; a changed override needs a restart, so that one digest stands for one running program.
"""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from yifang.kernel import areas
from yifang.kernel.digest import digest_of
from yifang.kernel.errors import YifangError
from yifang.knowledge import overriding, reading
from yifang.knowledge.knowledge import Knowledge
from yifang.knowledge.models import PACKS
from yifang.knowledge.models.base import Pack
from yifang.knowledge.overriding import Override, OverrideFile
from yifang.knowledge.problems import PackError, Problem
from yifang.knowledge.references import References
from yifang.knowledge.regions import REGIONS_CSV, Regions

SHIPPED = (Path(__file__).parent / "packs").resolve()
"""The folder of the packs that come with the program."""

Raw = dict[str, Any]
Built = TypeVar("Built")
_KEPT = 4  # rules in force, and those that are tried beside them

_in_force: tuple[Path, ...] = ()  # the overrides of this process


def use(overrides: Iterable[Path]) -> None:
    """From now on `load()` without words merges these in: a node says its region's once, at its start."""
    global _in_force
    _in_force = tuple(Path(place).resolve() for place in overrides)


def built_once(build: Callable[[Knowledge], Built]) -> Callable[[Knowledge], Built]:
    """What `build` makes of packs, made once for each of the last few digests in a process."""
    kept: dict[str, Built] = {}

    @wraps(build)
    def built(knowledge: Knowledge) -> Built:
        found = kept.get(knowledge.digest)
        if found is None:
            while len(kept) >= _KEPT:
                kept.pop(next(iter(kept)), None)
            found = kept[knowledge.digest] = build(knowledge)
        return found

    return built


def load(overrides: Iterable[Path] | None = None, *, packs: Path = SHIPPED) -> Knowledge:
    """All packs with `overrides` (files or folders, later ones win) merged in; without, those that `use` named.

    Raises PackError (a ConfigError) with every problem: file, line, place, rule and mend.
    """
    # Asked hundreds of times for one page: folders are resolved once, not with system calls each time.
    places = _in_force if overrides is None else tuple(Path(place).resolve() for place in overrides)
    return _load(places, packs if packs is SHIPPED else packs.resolve())


def load_with(text: str, name: str = "draft.yaml", *, only: Collection[str] = ()) -> Knowledge:
    """What `load()` gives with one more override, given by its words; several, for several packs, parted by `---`.

    `only`: the packs that it may change. Raises PackError; its problems name `name` and the lines of `text`.
    """
    with tempfile.TemporaryDirectory() as folder:
        files, wrong = [], []
        for number, (before, part) in enumerate(_documents(text)):
            path = Path(folder) / str(number) / name
            path.parent.mkdir()
            path.write_text("\n" * before + part, encoding="utf-8")  # a problem's line is that of the whole text
            files.append(path)
            content = _read(path, [])
            pack = content.get("pack") if isinstance(content, dict) else None
            if only and pack in PACKS and pack not in only:
                line, _ = reading.line_of(path, ("pack",))
                wrong.append(Problem(path, line, "pack", "knowledge.not_this_pack", {"packs": ", ".join(only)}))
        if wrong:
            raise PackError(wrong)
        return _load.__wrapped__((*_in_force, *files), SHIPPED)


def _documents(text: str) -> list[tuple[int, str]]:
    """The YAML documents of a text, each with the number of lines before it; comments alone are none."""
    found, lines, begun = [], text.splitlines(), 0
    for number, line in enumerate([*lines, "---"]):
        if line.rstrip() == "---":
            part = lines[begun:number]
            if any(one.strip() and not one.lstrip().startswith("#") for one in part):
                found.append((begun, "\n".join(part) + "\n"))
            begun = number + 1
    return found


@lru_cache(maxsize=4)
def _load(places: tuple[Path, ...], folder: Path) -> Knowledge:
    problems: list[Problem] = []
    shipped = _read_shipped(folder, problems)
    overrides = _read_overrides(places, shipped, problems)
    if problems:
        raise PackError(problems)
    effective = dict(shipped)
    for one in overrides:
        effective[one.content.pack] = overriding.apply(effective[one.content.pack], one.content)
        if gone := overriding.removed(one.content):
            effective["triggers"] = overriding.without_rules_of(effective["triggers"], gone)
    more = [place / REGIONS_CSV for place in places if (place / REGIONS_CSV).is_file()]
    problems += _bad_regions(more)
    if problems:
        raise PackError(problems)
    regions = Regions(folder / REGIONS_CSV, more)
    validated = _validate(effective, folder, overrides, regions, problems)
    if problems:
        raise PackError(problems)
    digest = digest_of({"packs": effective, "regions": regions.digest})
    return Knowledge(packs=validated, raw=effective, regions=regions, digest=digest)


def _bad_regions(files: Iterable[Path]) -> list[Problem]:
    """What is wrong with the divisions that a region adds: a row's form, its code, a level that is not the code's."""
    found: list[Problem] = []
    for path in files:
        for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
            if not line or line.startswith(("#", "code,")):
                continue
            parts = line.split(",")
            try:
                right = len(parts) == 4 and bool(parts[1]) and areas.level(parts[0]) == parts[2]
            except YifangError:
                right = False
            if not right:
                found.append(Problem(path, number, "", "knowledge.region_row", {"row": line[:60]}))
    return found


def _read_shipped(folder: Path, problems: list[Problem]) -> dict[str, Raw]:
    found: dict[str, Raw] = {}
    for name in PACKS:
        path = folder / f"{name}.yaml"
        if not path.is_file():
            problems.append(Problem(path, 1, "", "knowledge.pack_missing", {"pack": name}))
            continue
        content = _read(path, problems)
        if content is None:
            continue
        if not isinstance(content, dict) or (content.get("meta") or {}).get("pack") != name:
            problems.append(Problem(path, 1, "meta.pack", "knowledge.wrong_pack", {"pack": name}))
            continue
        found[name] = content
    return found


def _read_overrides(
    places: tuple[Path, ...], shipped: Mapping[str, Raw], problems: list[Problem]
) -> list[OverrideFile]:
    found: list[OverrideFile] = []
    for path in overriding.files_in(places):
        if not path.is_file():
            problems.append(Problem(path, 1, "", "knowledge.override_missing"))
            continue
        content = _read(path, problems)
        if content is None:
            continue
        try:
            override = Override.model_validate(content)
        except ValidationError as error:
            problems += _unique(_problem(path, detail, Override) for detail in error.errors())
            continue
        if override.pack not in shipped:
            line, _ = reading.line_of(path, ("pack",))
            mend = _nearest(override.pack, shipped)
            problems.append(
                Problem(path, line, "pack", "knowledge.no_such_pack", {"value": override.pack, "near": mend})
            )
            continue
        found.append(OverrideFile(path, override))
    return found


def _read(path: Path, problems: list[Problem]) -> Any:
    try:
        return reading.read(path)
    except reading.Unreadable as error:
        problems.append(Problem(path, error.line, "", "knowledge.unreadable", {"reason": error.reason}))
        return None


def _validate(
    effective: Mapping[str, Raw],
    folder: Path,
    overrides: list[OverrideFile],
    regions: Regions,
    problems: list[Problem],
) -> dict[str, Pack]:
    validated: dict[str, Pack] = {}
    references = References(effective, regions)
    for name, raw in effective.items():
        model = PACKS[name]
        files = [one.path for one in reversed(overrides) if one.content.pack == name] + [folder / f"{name}.yaml"]
        found: list[Problem] = []
        try:
            validated[name] = model.model_validate(raw, context={"known": references.within(raw)})
        except ValidationError as error:
            found += [_problem_at(files, raw, detail, model, references) for detail in error.errors()]
        for place, code, params in (*references.duplicates(raw), *references.without_source(raw)):
            path, line = _where(files, raw, place)
            found.append(Problem(path, line, _dotted(raw, place), code, params))
        problems += _together(raw, _unique(found))
    return validated


def _problem_at(files: list[Path], raw: Raw, detail: Any, model: type[BaseModel], references: References) -> Problem:
    path, line = _where(files, raw, detail["loc"])
    problem = _problem(path, detail, model)
    params = problem.params
    if problem.code == "knowledge.broken_reference":
        params = params | {"near": _nearest(params["value"], references.like(params["value"], params["kind"], raw))}
    return Problem(path, line, _dotted(raw, detail["loc"]), problem.code, params)


def _problem(path: Path, detail: Any, model: type[BaseModel]) -> Problem:
    loc = tuple(detail["loc"])
    place, kind = ".".join(str(step) for step in loc), detail["type"]
    key = loc[-1] if loc else ""
    line = reading.line_of(path, loc)[0]
    if kind == "extra_forbidden":
        return Problem(
            path, line, place, "knowledge.unknown_key", {"key": key, "near": _nearest(key, _all_keys(model))}
        )
    if kind == "missing":
        code = "knowledge.missing_source" if key in ("source", "sources", "provenance") else "knowledge.missing_key"
        return Problem(path, line, place, code, {"key": key})
    if kind == "broken_reference":
        context = detail["ctx"]
        return Problem(path, line, place, "knowledge.broken_reference", {**context, "near": ""})
    params = {"value": str(detail.get("input"))[:60], "rule": detail["msg"]}
    return Problem(path, line, place, "knowledge.bad_value", params)


def _unique(problems: Iterable[Problem]) -> list[Problem]:
    """One problem a place: where a value may be of several kinds, pydantic reports each kind it is not."""
    kept: dict[tuple[Path, int, str], Problem] = {}
    for one in problems:
        key = (one.path, one.line, one.place)
        if key not in kept or one.code == "knowledge.broken_reference":
            kept[key] = one
    return sorted(kept.values(), key=lambda one: (str(one.path), one.line, one.place))


def _where(files: list[Path], raw: Raw, loc: tuple[Any, ...]) -> tuple[Path, int]:
    """The file and line a place comes from: where most of it is found, an override before the shipped file."""
    *override_files, shipped = files
    steps = _steps(raw, loc)
    names = [name for _, name in steps]
    # Entries that an override removed shift positions, so then even the shipped file is searched by name.
    best = (shipped, *reading.line_of(shipped, names if override_files else [step for step, _ in steps]))
    for path in override_files:
        line, found = reading.line_of(path, ["override", *names])
        if found > 1 and found - 1 >= best[2]:
            best = (path, line, found - 1)
    return best[0], best[1]


def _steps(raw: Any, loc: tuple[Any, ...]) -> list[tuple[Any, Any]]:
    """Each step of a place and its name (an entry's id for its position); what names a branch of a union falls away."""
    steps: list[tuple[Any, Any]] = []
    value = raw
    for position, step in enumerate(loc):
        if isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
            steps.append((step, reading.identity(value) or step))
        elif isinstance(value, dict) and step in value:
            value = value[step]
            steps.append((step, step))
        elif position == len(loc) - 1 and isinstance(value, dict) and isinstance(step, str) and "[" not in step:
            steps.append((step, step))  # a key that is missing
    return steps


def _dotted(raw: Any, loc: tuple[Any, ...]) -> str:
    return ".".join(str(name) for _, name in _steps(raw, loc))


def _together(raw: Raw, problems: list[Problem]) -> list[Problem]:
    """Several missing keys of one entry as one problem: most often an id is misspelt, and one it may be is offered."""
    missing: dict[tuple[Path, str], list[Problem]] = {}
    for one in problems:
        if one.code == "knowledge.missing_key":
            missing.setdefault((one.path, one.place.rpartition(".")[0]), []).append(one)
    kept = [one for one in problems if one.code != "knowledge.missing_key"]
    for (path, place), group in missing.items():
        if len(group) == 1:
            kept += group
            continue
        part, _, name = place.rpartition(".")
        siblings = [reading.identity(item) for item in raw.get(part) or () if reading.identity(item) != name]
        params = {"keys": [one.params["key"] for one in group], "near": _nearest(name, siblings)}
        kept.append(Problem(path, group[0].line, place, "knowledge.missing_keys", params))
    return kept


def _nearest(word: Any, words: Iterable[Any]) -> str:
    return ", ".join(difflib.get_close_matches(str(word), [str(one) for one in words], n=3, cutoff=0.6))


@lru_cache(maxsize=32)
def _all_keys(model: type[BaseModel]) -> frozenset[str]:
    schema = model.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return frozenset(key for part in parts for key in part.get("properties", {}))
