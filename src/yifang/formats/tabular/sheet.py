"""Bytes of a table → rows with their place: CSV of any delimiter and Chinese charset, or the sheets of a workbook.

A row keeps its number as a person sees it (1-based, the header counted) and its original text. Nothing is dropped:
blank
rows come through as empty ones. Not for what the columns mean (`mapping`, `rows`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from yifang.formats import sniff, times
from yifang.formats.canonical import Refusal

_DELIMITERS = ",\t;|"
csv.field_size_limit(1 << 24)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as seen (from 1), its cells as text, its text as it came."""

    number: int
    cells: list[str]
    raw: bytes


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: its name (of a worksheet), its rows, the charset it was read in, or why it broke off."""

    name: str
    rows: list[Row]
    charset: str
    broken: Refusal | None = None


def read_csv(data: bytes) -> Sheet:
    """The rows of delimited text; the delimiter is the one that splits the first lines most evenly."""
    text, charset = sniff.decode(data)
    rows: list[Row] = []
    try:
        rows.extend(csv_rows(text))
    except Broken as broken:
        return Sheet("", rows, charset, broken.refusal)
    return Sheet("", rows, charset)


class Broken(Exception):
    """Where a table breaks off, with the refusal that says so."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def csv_rows(text: str) -> Iterator[Row]:
    """The rows one after the other, for a table that should not be held whole. Raises `Broken` where it breaks off."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    reader = csv.reader(lines(), delimiter=_delimiter(text[:65536]))
    number = 0
    try:
        # a spreadsheet counts rows, not the lines of the file: a cell with a line break is in one row
        for number, cells in enumerate(reader, 1):
            raw = "".join(taken).rstrip("\r\n").encode("utf-8", "surrogatepass")
            yield Row(number, [cell.strip() for cell in cells], raw)
            taken.clear()
    except csv.Error as error:
        place = f"{number + 1}"
        raise Broken(Refusal("table.broken", place, (("row", place), ("reason", str(error)[:80])))) from error


def _delimiter(text: str) -> str:
    sample = [line for line in text.splitlines()[:10] if line.strip()]
    if not sample:
        return ","

    def score(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in sample]
        return min(counts[0], 1) * sum(count == counts[0] for count in counts), counts[0]

    return max(_DELIMITERS, key=score)


def read_workbook(data: bytes) -> list[Sheet]:
    """The sheets of an Excel workbook (xlsx or xls) that hold anything; one with a refusal when it cannot be opened."""
    found: list[Sheet] = []
    try:
        for name, rows in workbook_rows(data):
            kept = list(rows)
            if any(any(row.cells) for row in kept):
                found.append(Sheet(name, kept, "xlsx"))
    except Broken as broken:
        return [Sheet("", [], "xlsx", broken.refusal)]
    return found


def workbook_rows(data: bytes) -> Iterator[tuple[str, Iterator[Row]]]:
    """Each sheet's name and its rows one after the other. Raises `Broken` for what cannot be opened."""
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            yield name, _sheet_rows(sheet)
    except (CalamineError, ValueError, OSError) as error:
        reason = (("reason", type(error).__name__),)
        raise Broken(Refusal("table.workbook_broken", "", reason)) from error


def _sheet_rows(sheet: CalamineSheet) -> Iterator[Row]:
    for number, values in enumerate(sheet.iter_rows(), 1):
        cells = [_cell(value) for value in values]
        yield Row(number, cells, "\t".join(cells).encode("utf-8", "surrogatepass"))


def _cell(value: Any) -> str:
    """A cell as text; dates as ISO, whole numbers without a decimal point, as a person sees them."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return times.from_date(value).iso
    if isinstance(value, time):
        return value.strftime("%H:%M:%S")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
