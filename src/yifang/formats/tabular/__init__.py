"""Tables: CSV, TSV and Excel by a mapping file, one record a row.

Without a mapping the header is compared with the built-in ones. A title above the header is skipped over. The index
counts
the rows below the header from 0, blank ones too; messages name the row as a spreadsheet numbers it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from yifang.formats import front_end, notices, tallies
from yifang.formats.canonical import Issue, Item, Refusal
from yifang.formats.tabular.checking import Problem, problems
from yifang.formats.tabular.database import sheet_of
from yifang.formats.tabular.mapping import Mapping, builtin, load_mapping, parse_mapping
from yifang.formats.tabular.rows import read_row, table, unmapped
from yifang.formats.tabular.sheet import Sheet, read_csv, read_workbook

__all__ = ["Mapping", "Problem", "fits", "load_mapping", "parse_mapping", "problems", "read", "read_rows"]

_HEADER_WITHIN = 6


def read(
    data: bytes, path: str = "", mapping: Mapping | None = None, start: int = 0, excel: bool = False
) -> Iterator[Item]:
    """The items of a table's bytes, at least one. Never raises for content."""
    kind = "xlsx" if excel else "csv"
    sheets = read_workbook(data) if excel else [read_csv(data)]
    index = start
    for sheet in sheets:
        for item in _sheet(sheet, path, mapping, index, kind, data):
            index = item.index + 1
            yield item
    if index == start:
        yield Item(start, kind, (), Refusal("table.no_rows"), data)


def read_rows(
    header: Sequence[str], rows: Sequence[Sequence[Any]], path: str = "", mapping: Mapping | None = None
) -> Iterator[Item]:
    """The items of rows that a database gave. Never raises for content."""
    yield from _sheet(sheet_of(header, rows), path, mapping, 0, "csv", b"")


def fits(header: Sequence[str], mapping: Mapping | None = None) -> Refusal | None:
    """Why nobody can read a table with this header: no mapping knows it, or the one given lacks a column of it."""
    sheet = sheet_of(header, [])
    return _unknown(sheet, "", mapping) if _choose(sheet, mapping)[0] is None else None


def _sheet(sheet: Sheet, path: str, mapping: Mapping | None, start: int, kind: str, data: bytes) -> Iterator[Item]:
    place = f"{sheet.name}!" if sheet.name else ""
    if not sheet.rows:
        if sheet.broken:
            yield Item(start, kind, (), sheet.broken, data)
        return
    chosen, header_at = _choose(sheet, mapping)
    if chosen is None and mapping is None and (counted := _counts(sheet)) is not None:
        at, columns = counted
        yield from tallies.read(iter(sheet.rows[at + 1 :]), sheet.rows[at], columns, path, start, kind)
        return
    if chosen is None and mapping is None and (told := _notices(sheet)) is not None:
        at, places = told
        yield from notices.read(iter(sheet.rows[at + 1 :]), sheet.rows[at], places, start, kind)
        return
    if chosen is None and mapping is None and (said := _states(sheet)) is not None:
        at, places = said
        yield from front_end.read(iter(sheet.rows[at + 1 :]), sheet.rows[at], places, start, kind)
        return
    if chosen is None:
        yield Item(start, kind, (), _unknown(sheet, place, mapping), data)
        return
    header = sheet.rows[header_at]
    one = table(chosen, header.cells, f"{path}#{sheet.name}" if sheet.name else path, sheet.charset, kind)
    below = sheet.rows[header_at + 1 :]
    if not any(any(row.cells) for row in below):
        yield Item(start, kind, (), Refusal("table.no_rows", f"{place}row[{header.number}]"), data)
        return
    left = unmapped(one)
    first = True
    for number, row in enumerate(below):
        if not any(row.cells):
            continue
        item = read_row(one, row, start + number)
        if item.refusal is not None:
            item = replace(item, head=header.raw + b"\n")
        if first and left:
            issue = Issue("table.columns_unread", f"{place}row[{header.number}]", (("columns", ", ".join(left)[:200]),))
            item = replace(item, issues=(*item.issues, issue))
        first = False
        yield item
    if sheet.broken:
        yield Item(start + len(below), kind, (), sheet.broken, b"")


def _counts(sheet: Sheet) -> tuple[int, dict[str, list[int]]] | None:
    """Which of the first rows heads a table of counts, and its columns."""
    for at, row in enumerate(sheet.rows[:_HEADER_WITHIN]):
        if (columns := tallies.columns_of(row.cells)) is not None:
            return at, columns
    return None


def _notices(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """Which of the first rows heads a table of notices, and its columns."""
    for at, row in enumerate(sheet.rows[:_HEADER_WITHIN]):
        if (columns := notices.columns_of(row.cells)) is not None:
            return at, columns
    return None


def _states(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """Which of the first rows heads a table of the front-end's states, and its columns."""
    for at, row in enumerate(sheet.rows[:_HEADER_WITHIN]):
        if (columns := front_end.columns_of(row.cells)) is not None:
            return at, columns
    return None


def _choose(sheet: Sheet, mapping: Mapping | None) -> tuple[Mapping | None, int]:
    """The mapping and the row of the header: the first rows are tried, for a title may stand above."""
    best: tuple[int, Mapping | None, int] = (0, None, 0)
    for at, row in enumerate(sheet.rows[:_HEADER_WITHIN]):
        for candidate in (mapping,) if mapping else builtin():
            found = candidate.match(row.cells)
            known = sum(len(places) for places in found.values()) if mapping else candidate.recognises(row.cells)
            if mapping and any(target not in found for target in candidate.required):
                known = 0
            if known > best[0]:
                best = (known, candidate, at)
    return best[1], best[2]


def _unknown(sheet: Sheet, place: str, mapping: Mapping | None) -> Refusal:
    widest = max(sheet.rows[:_HEADER_WITHIN], key=lambda row: len([cell for cell in row.cells if cell]))
    columns = [cell for cell in widest.cells if cell]
    if len(columns) < 2:
        return Refusal("table.not_a_table", f"{place}row[{widest.number}]")
    where = f"{place}row[{widest.number}]"
    if mapping is not None:
        missing = [target for target in mapping.required if target not in mapping.match(widest.cells)]
        names = ", ".join("/".join(mapping.columns[target][:3]) for target in missing)
        return Refusal("table.columns_missing", where, (("columns", names[:200]), ("mapping", mapping.id)))
    return Refusal("table.no_mapping", where, (("columns", ", ".join(columns)[:200]),))
