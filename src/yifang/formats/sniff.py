"""What kind of content bytes are, by looking at them; the name only settles what looking cannot.

Kinds: hl7v2, json, xml, zip, gzip, xlsx, table, text, empty, binary. Also how text is decoded: by its mark, else as
UTF-8, else as GB18030.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Literal

from yifang.formats import hl7v2

Kind = Literal["hl7v2", "hl7v2_headless", "json", "xml", "zip", "gzip", "xlsx", "table", "text", "empty", "binary"]

_SEGMENT_LINE = re.compile(r"[A-Z][A-Z0-9]{2}\|")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1b\x1d-\x1f\x7f]")
_TABLE_SUFFIXES = frozenset((".csv", ".tsv", ".tab"))
_TEXT_SUFFIXES = frozenset((".txt", ".text", ".md", ""))
_DELIMITERS = ",\t;|"


def kind_of(data: bytes, name: str) -> Kind:
    """The kind of some bytes, `name` being the name of the file they came from."""
    text_like = as_utf8(data)
    head = text_like[:4096].lstrip(b"\x0b \t\r\n")
    if not data.strip(b"\xef\xbb\xbf\xff\xfe\x00\x0b\x1c \t\r\n"):
        return "empty"
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "xlsx" if b"xl/workbook" in data or b"xl/_rels" in data else "zip"
    if data[:3] == b"\x1f\x8b\x08":
        return "gzip"
    if data[:4] == b"\xd0\xcf\x11\xe0":  # Office before 2007; an Excel file names its stream so
        return "xlsx" if "Workbook".encode("utf-16-le") in data or "Book".encode("utf-16-le") in data else "binary"
    if head[:1] in (b"{", b"["):
        return "json"
    if head[:1] == b"<":
        return "xml"
    if hl7v2.has_message(text_like):
        return "hl7v2"
    if _CONTROLS.search(text_like[:65536]):
        return "binary"
    return _textual(decode(text_like[:65536], len(text_like) > 65536)[0], PurePath(name).suffix.lower())


def _textual(text: str, suffix: str) -> Kind:
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    if suffix == ".hl7" or any(_SEGMENT_LINE.match(line) for line in lines):
        return "hl7v2_headless"
    if suffix == ".json" or suffix == ".ndjson":
        return "json"
    if suffix == ".xml":
        return "xml"
    if suffix in _TABLE_SUFFIXES:
        return "table"
    if suffix in _TEXT_SUFFIXES and not looks_like_table(lines):
        return "text"
    return "table" if looks_like_table(lines) else "text"


def looks_like_table(lines: list[str]) -> bool:
    """Whether lines share a delimiter and each has the header's count of it, at least two columns wide."""
    if len(lines) < 2:
        return False
    for delimiter in _DELIMITERS:
        width = lines[0].count(delimiter)
        if width >= 2 and all(line.count(delimiter) == width for line in lines[1:5]):
            return True
    return False


def as_utf8(data: bytes) -> bytes:
    """UTF-16 and UTF-32 with a byte-order mark brought to UTF-8; anything else as it came, a UTF-8 mark taken off."""
    for mark, codec in (
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\x00\x00\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            try:
                return data.decode(codec).encode("utf-8", "replace")
            except UnicodeDecodeError:
                return data
    return data.removeprefix(b"\xef\xbb\xbf")


def decode(data: bytes, cut: bool = False) -> tuple[str, str]:
    """`(text, charset)`: UTF-8 where it is valid, else GB18030, whose unreadable bytes become U+FFFD.

    `cut` says that the bytes are a sample that may end within a character.
    """
    data = as_utf8(data)
    for codec in ("utf-8", "gb18030"):
        try:
            return data.decode(codec), codec
        except UnicodeDecodeError as error:
            if cut and error.start >= len(data) - 4:
                return data[: error.start].decode(codec), codec
    return data.decode("gb18030", "replace"), "gb18030"
