"""XML documents: CDA (WS/T 500 of China, C-CDA, eICR, RR, PHDC), and FHIR in its XML form → items.

The parser is hardened: no entities, no network, no DTD, no huge trees. XML that is neither is refused by its root's
name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from yifang.formats.canonical import Item, Refusal
from yifang.formats.cda.document import read_document
from yifang.formats.fhir.record import read_document as read_fhir
from yifang.formats.fhir.xml import to_json

__all__ = ["read"]

_DECLARED = re.compile(rb"""<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']""")


def read(data: bytes, path: str = "", start: int = 0) -> Iterator[Item]:
    """The one item of an XML file's bytes. Never raises."""
    yield _read(data, path, start)


def _read(data: bytes, path: str, index: int) -> Item:
    try:
        root = _parse(data)
    except etree.XMLSyntaxError as error:
        place = f"line {error.lineno}" if error.lineno else ""
        reason = (("reason", (error.msg or "")[:120]),)
        return Item(index, "xml", (), Refusal("xml.broken", place, reason), data)
    except (ValueError, LookupError) as error:
        return Item(index, "xml", (), Refusal("xml.broken", "", (("reason", str(error)[:120]),)), data)
    if root.getroottree().docinfo.internalDTD is not None:
        return Item(index, "xml", (), Refusal("xml.dtd", "<!DOCTYPE>"), data)
    name = etree.QName(root)
    if name.localname == "ClinicalDocument":
        return read_document(root, data, path, index)
    if name.namespace == "http://hl7.org/fhir":
        return read_fhir(to_json(root), data, path, index)
    return Item(index, "xml", (), Refusal("xml.not_cda", f"<{name.localname[:40]}>"), data)


def _parse(data: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    data = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    declared = _DECLARED.match(data[:200])
    if declared and declared[1].lower() in (b"gb2312", b"gbk", b"gb18030"):
        # libxml2 knows the smaller sets only in part; GB18030 contains both.
        text = data.decode("gb18030", "replace").split("?>", 1)[-1]
        return etree.fromstring(text.encode("utf-8"), parser)
    return etree.fromstring(data, parser)
