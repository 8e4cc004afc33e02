"""Regional overrides: a file that changes single values of a shipped pack, with a source of its own.

    pack: diseases
    source: {id: city_2027, text: "市疾控〔2027〕3号", confidence: HIGH}
    override:
      diseases:
        measles: {alert: {percentile: 85}}      # an entry of a list is addressed by its id

A mapping is merged, everything else replaced; an entry set to null is removed, a new id adds an entry. The changed
values point to the override's source, so that a page never shows a local number as the national one. With a disease
that is removed go the rules that look for it.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ConfigDict

from yifang.knowledge.models.base import Model, Source
from yifang.knowledge.reading import IDENTITY_KEYS, identity


class Override(Model):
    """The content of an override file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    pack: str
    source: Source
    override: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OverrideFile:
    """An override and the file it came from."""

    path: Path
    content: Override


def files_in(places: tuple[Path, ...]) -> list[Path]:
    """The override files of the given files and folders, in order; a folder gives its `*.yaml` sorted by name."""
    found: list[Path] = []
    for place in places:
        found += sorted(place.glob("*.yaml")) if place.is_dir() else [place]
    return found


def apply(pack: dict[str, Any], override: Override) -> dict[str, Any]:
    """The pack with the override merged in: a new value, the given one is untouched."""
    changed: list[tuple[str, ...]] = []
    merged = {key: value for key, value in pack.items() if key not in ("meta", "provenance")}
    merged = _merge(merged, override.override, (), changed)
    source = override.source
    provenance = dict(pack.get("provenance") or {})
    for place in changed:
        provenance[".".join(place)] = {"source": source.id, "confidence": source.confidence}
    meta = dict(pack["meta"])
    meta["sources"] = [one for one in meta["sources"] if one.get("id") != source.id] + [source.model_dump()]
    return {"meta": meta, "provenance": provenance, **merged}


def removed(override: Override) -> frozenset[str]:
    """The ids of the diseases that an override takes out."""
    given = override.override.get("diseases") if override.pack == "diseases" else None
    return (
        frozenset(str(name) for name, value in given.items() if value is None)
        if isinstance(given, dict)
        else frozenset()
    )


def without_rules_of(triggers: dict[str, Any], diseases: frozenset[str]) -> dict[str, Any]:
    """The triggers pack without the entries whose `disease` is one of these, and without their case classes."""
    kept = {
        part: [one for one in entries if not (isinstance(one, dict) and one.get("disease") in diseases)]
        if isinstance(entries, list)
        else entries
        for part, entries in triggers.items()
    }
    kept["case_classes"] = [one for one in kept["case_classes"] if one["id"] not in diseases]
    return kept


def _merge(old: Any, new: Any, place: tuple[str, ...], changed: list[tuple[str, ...]]) -> Any:
    if isinstance(new, dict) and isinstance(old, dict):
        merged = dict(old)
        for key, value in new.items():
            merged[key] = _merge(old.get(key), value, (*place, str(key)), changed)
        return merged
    if isinstance(new, dict) and isinstance(old, list) and (not old or identity(old[0]) is not None):
        return _merge_entries(old, new, place, changed)
    _note(new, place, changed)
    return deepcopy(new)


def _merge_entries(
    old: list[Any], new: dict[str, Any], place: tuple[str, ...], changed: list[tuple[str, ...]]
) -> list[Any]:
    merged: list[Any] = []
    left = {str(key): value for key, value in new.items()}
    for item in old:
        name = identity(item)
        if name is None or name not in left:
            merged.append(item)
            continue
        value = left.pop(name)
        if value is None:
            changed.append((*place, name))
        else:
            merged.append(_merge(item, value, (*place, name), changed))
    for name, value in left.items():
        if value is not None:
            key = next((key for key in IDENTITY_KEYS if old and key in old[0]), "id")
            _note(value, (*place, name), changed)
            merged.append({key: name, **value} if isinstance(value, dict) else value)
    return merged


def _note(value: Any, place: tuple[str, ...], changed: list[tuple[str, ...]]) -> None:
    """Note a value and everything in it: a rule of the shipped pack that reaches deeper must not speak for it."""
    changed.append(place)
    if isinstance(value, dict):
        for key, part in value.items():
            _note(part, (*place, str(key)), changed)
    elif isinstance(value, list):
        for item in value:
            if (name := identity(item)) is not None:
                _note(item, (*place, name), changed)
