"""The export of the national system (大疫情网): CSV or Excel → one card a row, by the `national_system` pack.

A file is known as one by the words of its header, whatever stands above it and in whatever order the columns stand.
Not for what becomes of a card: that is `reporting`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice

from yifang.formats import sniff
from yifang.formats.canonical import Item
from yifang.formats.national.header import find_header
from yifang.formats.national.reading import read
from yifang.formats.tabular.sheet import Broken, Row, csv_rows, workbook_rows
from yifang.knowledge import Knowledge, load

__all__ = ["open_export"]

_HEAD = 65536  # bytes that hold the header of a text


def open_export(data: bytes, start: int = 0, *, excel: bool = False, text: bool = False) -> Iterator[Item] | None:
    """The items of the bytes of an export, one row after the other; None for what is no export."""
    knowledge = load()
    if excel:
        return _workbook(data, start, knowledge)
    if not text:
        return None
    head, _ = sniff.decode(data[:_HEAD], len(data) > _HEAD)
    if find_header([row.cells for row in _first(csv_rows(head), knowledge)], knowledge) is None:
        return None
    whole, _ = sniff.decode(data)
    return _table(csv_rows(whole), "csv", start, knowledge)


def _workbook(data: bytes, start: int, knowledge: Knowledge) -> Iterator[Item] | None:
    try:
        for _name, rows in workbook_rows(data):
            first = _first(rows, knowledge)
            if find_header([row.cells for row in first], knowledge) is not None:
                return _table(chain(first, rows), "xlsx", start, knowledge)
    except Broken:
        return None  # the reader of tables says what is wrong with it
    return None


def _first(rows: Iterator[Row], knowledge: Knowledge) -> list[Row]:
    most = knowledge.national_system.file.header_row.search_first_rows
    found: list[Row] = []
    with suppress(Broken):  # the last line of a piece of text may be torn
        found.extend(islice(rows, most))
    return found


def _table(rows: Iterator[Row], kind: str, start: int, knowledge: Knowledge) -> Iterator[Item]:
    first = _first(rows, knowledge)
    header = find_header([row.cells for row in first], knowledge)
    assert header is not None
    try:
        yield from read(chain(first[header.at + 1 :], rows), header, first[header.at], kind, knowledge, start)
    except Broken as broken:
        yield Item(start, kind, (), broken.refusal, b"")
