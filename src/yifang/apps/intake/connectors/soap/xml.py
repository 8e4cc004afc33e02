"""Finding one's way in the XML of an answer, by paths of names without name spaces. Pure; no entity is resolved."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from lxml import etree

Element = etree._Element
_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
)


def parsed(data: bytes) -> Element | None:
    """The root, None for what is no XML."""
    try:
        return etree.fromstring(data, _PARSER)
    except (etree.XMLSyntaxError, ValueError):
        return None


def name(element: Element) -> str:
    """The name without its name space."""
    return str(etree.QName(element).localname)


def find(root: Element, path: str) -> Iterator[Element]:
    """The elements of a path, which begins at the root or anywhere below it."""
    first, *rest = path.strip("/").split("/")
    starts = [one for one in root.iter() if isinstance(one.tag, str) and name(one) == first]
    for start in starts:
        found = [start]
        for part in rest:
            found = [child for one in found for child in one if isinstance(child.tag, str) and name(child) == part]
        yield from found


def text(root: Element, path: str) -> str:
    """The text of the first element of a path below `root`, empty for none."""
    found = [root]
    for part in path.strip("/").split("/"):
        found = [child for one in found for child in one if isinstance(child.tag, str) and name(child) == part]
    return "".join(str(part) for part in found[0].itertext()).strip() if found else ""


def leaves(root: Element, above: str = "") -> Iterator[tuple[str, str]]:
    """Path and text of each element that holds no other, and of attributes as `Name@attribute`."""
    for child in root:
        if not isinstance(child.tag, str):
            continue
        path = f"{above}/{name(child)}" if above else name(child)
        for attribute, value in child.attrib.items():
            yield f"{path}@{etree.QName(attribute).localname}", str(value)
        if len(child):
            yield from leaves(child, path)
        else:
            yield path, (child.text or "").strip()


def document(value: str, element: Element | None) -> bytes:
    """The bytes of a document that stands in an element as text, as Base64 or as XML of its own."""
    if element is not None and len(element):
        return etree.tostring(element[0], encoding="utf-8")
    stripped = value.strip()
    if not stripped.startswith("<"):
        try:
            return base64.b64decode("".join(stripped.split()), validate=True)
        except (binascii.Error, ValueError):
            pass
    return stripped.encode("utf-8", "surrogatepass")
