"""Everything a hospital or laboratory sends → canonical records.

`read` takes a file, or a name and its bytes, finds out by its content what it is, and yields its items in order.
Content
never raises: what cannot be read is an item with a refusal that names the reason and the place. Not for deciding what a
record means (`identify`), nor for keeping it (`records`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path, PurePath

from yifang.formats import archive, cda, fhir, hl7v2, json_records, national, plain, sniff, tabular
from yifang.formats.canonical import Item, Refusal
from yifang.formats.tabular.mapping import Mapping

__all__ = ["Mapping", "read", "read_fhir", "read_hl7", "read_records", "read_text"]


def read(source: Path | tuple[str, bytes], mapping: Mapping | Path | None = None) -> Iterator[Item]:
    """The items of a file (`Path`) or of `(name, bytes)`, at least one; `mapping` says how to read a table's columns.

    Raises OSError when a path cannot be opened and UserError when the mapping file is wrong; never for content.
    """
    name, data = (str(source), source.read_bytes()) if isinstance(source, Path) else source
    columns = tabular.load_mapping(mapping) if isinstance(mapping, Path) else mapping
    yield from _read(name, data, columns, 0, 0)


def read_text(source: Path | tuple[str, bytes]) -> Iterator[Item]:
    """The items of a text with one note a line, whatever the lines look like."""
    name, data = (str(source), source.read_bytes()) if isinstance(source, Path) else source
    text, charset = sniff.decode(data)
    yield from _at_least_one(plain.read(text, charset, name), Item(0, "text", (), Refusal("formats.empty"), data))


def read_hl7(name: str, data: bytes) -> Iterator[Item]:
    """The items of what must be HL7 v2, as a door for nothing else takes it; what is not is refused, not guessed at."""
    yield from _at_least_one(
        hl7v2.read(sniff.as_utf8(data), name, 0), Item(0, "hl7v2", (), Refusal("hl7.no_header", "MSH"), data)
    )


def read_records(name: str, data: bytes) -> Iterator[Item]:
    """The items of what must be canonical records as JSON, one or an array; anything else is refused."""
    text, _ = sniff.decode(data)
    yield from _at_least_one(json_records.read(text, data, name), Item(0, "json", (), Refusal("json.no_records"), data))


def read_fhir(name: str, data: bytes) -> Iterator[Item]:
    """The one item of what must be a FHIR resource as JSON; anything else is refused, not guessed at."""
    text, _ = sniff.decode(data)
    yield fhir.read_one(text, name)


def _read(name: str, data: bytes, mapping: Mapping | None, start: int, depth: int) -> Iterator[Item]:
    kind = sniff.kind_of(data, name)
    if kind == "empty":
        yield Item(start, "empty", (), Refusal("formats.empty"), data)
    elif kind == "zip":
        yield from _archive(name, data, mapping, start, depth)
    elif kind == "gzip":
        inner = archive.gunzipped(name, data, depth)
        if inner.refusal is not None:
            yield Item(start, "gzip", (), inner.refusal, data)
        else:
            yield from _read(inner.name, inner.data, mapping, start, depth + 1)
    elif kind == "binary":
        yield Item(start, "unknown", (), Refusal("formats.binary", PurePath(name).suffix), data)
    elif kind == "hl7v2":
        yield from hl7v2.read(sniff.as_utf8(data), name, start)
    elif kind == "hl7v2_headless":
        yield Item(start, "hl7v2", (), Refusal("hl7.no_header", "MSH"), data)
    elif kind == "xml":
        yield from cda.read(data, name, start)
    elif kind == "json":
        text, _ = sniff.decode(data)
        yield from _at_least_one(fhir.read(text, name, start), Item(start, "json", (), Refusal("formats.empty"), data))
    elif mapping is None and (cards := national.open_export(data, start, excel=kind == "xlsx", text=kind == "table")):
        yield from cards
    elif kind in ("table", "xlsx") or mapping is not None:
        yield from tabular.read(data, name, mapping, start, excel=kind == "xlsx")
    else:
        text, charset = sniff.decode(data)
        yield from _at_least_one(
            plain.read(text, charset, name, start), Item(start, "text", (), Refusal("formats.empty"), data)
        )


def _archive(name: str, data: bytes, mapping: Mapping | None, start: int, depth: int) -> Iterator[Item]:
    """The items of the members of a zip, numbered through; a member's name stands after `!` in the path."""
    index = start
    for member in archive.members(data, depth):
        if member.refusal is not None:
            yield Item(index, "zip", (), member.refusal, member.data)
            index += 1
            continue
        last = index - 1
        for item in _read(f"{name}!{member.name}", member.data, mapping, index, depth + 1):
            last = max(last, item.index)
            yield item
        index = last + 1
    if index == start:
        yield Item(start, "zip", (), Refusal("zip.empty"), data)


def _at_least_one(items: Iterator[Item], otherwise: Item) -> Iterator[Item]:
    first = next(items, None)
    return itertools.chain([otherwise] if first is None else [first], items)
