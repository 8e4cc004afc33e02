"""FHIR XML → the same plain structure its JSON form has, so that one reader serves both.

Every element becomes a value, a list where it repeats; `value` attributes are primitives. Numbers stay text.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from yifang.formats.fhir.resources import Json

_MAX_DEPTH = 60
# Elements that hold a resource, and lists the reader walks even when they have one member.
_HOLDERS = frozenset(("resource", "contained"))


def to_json(root: etree._Element) -> Json:
    """The plain structure of a resource element."""
    found = _members(root, 0)
    return {"resourceType": etree.QName(root).localname, **found}


def _members(element: etree._Element, depth: int) -> Json:
    found: Json = {}
    for name in ("url", "id"):
        if element.get(name) is not None and name not in found:
            found[name] = element.get(name)
    if depth > _MAX_DEPTH:
        return found
    for child in element:
        if not isinstance(child.tag, str):
            continue
        name = etree.QName(child).localname
        value = _value(child, name, depth + 1)
        if name in found and name not in ("url", "id"):
            if not isinstance(found[name], list):
                found[name] = [found[name]]
            found[name].append(value)
        else:
            found[name] = [value] if name in ("entry", "contained") else value
    return found


def _value(element: etree._Element, name: str, depth: int) -> Any:
    if name == "div":
        return etree.tostring(element, encoding="unicode")
    if name in _HOLDERS and len(element):
        return to_json(element[0])
    shown = element.get("value")
    if shown is None or len(element):
        return _members(element, depth)
    return {"true": True, "false": False}.get(shown, shown)
