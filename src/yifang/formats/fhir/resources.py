"""Plain FHIR JSON made safe to walk: an index of resources, references resolved, wrong types tolerated.

`Pool` holds every resource of one item with its place in the source. Getters never raise: what is not of the expected
type reads as absent. Reading is lenient on purpose: strict models refuse most real bundles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from yifang.formats import codes, times
from yifang.formats.canonical import Code, Issue, Moment
from yifang.formats.hl7v2.fields import Coded

Json = dict[str, Any]
_MAX_DEPTH = 12


@dataclass(slots=True)
class Placed:
    """A resource and where it stands: `entry[3].resource`."""

    resource: Json
    path: str
    url: str = ""

    @property
    def type(self) -> str:
        """Its resourceType, `""` where that is missing."""
        return text(self.resource.get("resourceType"))


@dataclass(slots=True)
class Pool:
    """The resources of one item, the references between them, and the issues met."""

    placed: list[Placed] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    _index: dict[str, Placed] = field(default_factory=dict)

    def add(self, resource: Json, path: str, url: str = "") -> None:
        """Take in a resource and what it contains."""
        one = Placed(resource, path, url)
        self.placed.append(one)
        identity = text(resource.get("id"))
        for name in (url, _tail(url), f"{one.type}/{identity}" if identity else "", f"urn:uuid:{identity}"):
            if name and name != "urn:uuid:":
                self._index.setdefault(name, one)
        for number, inner in enumerate(dicts(resource.get("contained"))):
            inner_path = f"{path}.contained[{number}]"
            child = Placed(inner, inner_path)
            self.placed.append(child)
            if inner.get("id"):
                self._index[f"{path}#{text(inner['id'])}"] = child

    def of(self, *types: str) -> list[Placed]:
        """The resources of these types, in order."""
        return [one for one in self.placed if one.type in types]

    def follow(self, reference: Any, owner: Placed | None = None) -> Placed | None:
        """The resource a Reference points to, within the item."""
        target = text(reference.get("reference")) if isinstance(reference, dict) else ""
        if not target:
            return None
        if target.startswith("#") and owner is not None:
            return self._index.get(owner.path.split(".contained[")[0] + target)
        return self._index.get(target) or self._index.get(_tail(target))

    def issue(self, code: str, path: str, **params: str) -> None:
        """Note something odd that is read all the same."""
        issue = Issue(code, path, tuple(params.items()))
        if issue not in self.issues:
            self.issues.append(issue)

    def time(self, value: Any, path: str, private: bool = False) -> Moment | None:
        """A FHIR date; an unreadable one is an issue."""
        shown = text(value)
        if not shown:
            return None
        moment = times.iso_time(shown)
        if moment is None:
            self.issue("formats.bad_time", path, value="…" if private else shown[:40])
        return moment


def _tail(url: str) -> str:
    parts = url.split("?", 1)[0].split("/")
    if len(parts) >= 4 and parts[-2] == "_history":
        parts = parts[:-2]
    return "/".join(parts[-2:]) if len(parts) >= 2 else ""


def text(value: Any) -> str:
    """A primitive as text, stripped; numbers as written, booleans in FHIR's words, anything else empty."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) and not value.is_integer() else str(int(value))
    return ""


def node(value: Any) -> Json:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def dicts(value: Any) -> list[Json]:
    """The objects of a list; a lone object counts as a list of one."""
    if isinstance(value, dict):
        return [value]
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """The non-empty primitives of a list; a lone one counts as a list of one."""
    values = value if isinstance(value, list) else [value]
    return [shown for one in values if (shown := text(one))]


def concept(value: Any) -> Coded:
    """A CodeableConcept or Coding."""
    source = node(value)
    coding = dicts(source.get("coding")) or ([source] if "code" in source or "display" in source else [])
    label = text(source.get("text"))
    found: list[Code] = [
        codes.code(text(one.get("system")), text(one.get("code")), text(one.get("display")) or label)
        for one in coding
        if text(one.get("code"))
    ]
    displayed = next((name for one in coding if (name := text(one.get("display")))), "")  # a coding may lack its code
    shown = next((one.text for one in found if one.text), "") or label or displayed
    return Coded(tuple(found), shown or (found[0].code if found else ""))


def concepts(value: Any) -> list[Coded]:
    """Each CodeableConcept of a list that says something."""
    return [one for one in (concept(item) for item in dicts(value)) if one.text]


def walk(root: Json, pool: Pool, path: str = "", depth: int = 0) -> None:
    """Put a resource, or the resources of a Bundle or Parameters (nested ones too), into the pool."""
    if depth > _MAX_DEPTH:
        pool.issue("fhir.too_deep", path)
        return
    for inner, inner_path, url in _children(root, pool, path):
        kind = text(inner.get("resourceType"))
        if kind in ("Bundle", "Parameters"):
            walk(inner, pool, inner_path, depth + 1)
        else:
            if not kind:
                pool.issue("fhir.no_type", inner_path)
            pool.add(inner, inner_path, url)


def _children(root: Json, pool: Pool, path: str) -> Iterator[tuple[Json, str, str]]:
    prefix = f"{path}." if path else ""
    kind = text(root.get("resourceType"))
    if kind == "Bundle":
        entries = root.get("entry")
        for number, entry in enumerate(entries if isinstance(entries, list) else []):
            where = f"{prefix}entry[{number}]"
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if not isinstance(resource, dict):
                pool.issue("fhir.entry_empty", where)
                continue
            if text(node(entry.get("request")).get("method")) == "DELETE":
                pool.issue("fhir.delete_ignored", where)
                continue
            yield resource, f"{where}.resource", text(entry.get("fullUrl"))
    elif kind == "Parameters":
        for number, parameter in enumerate(dicts(root.get("parameter"))):
            where = f"{prefix}parameter[{number}]"
            if isinstance(parameter.get("resource"), dict):
                yield parameter["resource"], f"{where}.resource", ""
            for inner_number, inner in enumerate(dicts(parameter.get("part"))):
                if isinstance(inner.get("resource"), dict):
                    yield inner["resource"], f"{where}.part[{inner_number}].resource", ""
    else:
        yield root, path or kind, ""
