"""Bytes of a table → rows with their place: CSV of any delimiter and Chinese charset, or the sheets of a workbook.

A row keeps its number as a person sees it (1-based, the header counted) and its original text. Nothing is dropped:
blank
rows come through as empty ones. Not for what the columns mean (`mapping`, `rows`).
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from openpyxl import load_workbook  # type: ignore[import-untyped]
from openpyxl.utils.exceptions import InvalidFileException  # type: ignore[import-untyped]

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
    delimiter = _delimiter(text)
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    rows: list[Row] = []
    reader = csv.reader(lines(), delimiter=delimiter)
    try:
        for cells in reader:
            raw = "".join(taken).rstrip("\r\n").encode("utf-8", "surrogatepass")
            rows.append(Row(reader.line_num - len(taken) + 1, [cell.strip() for cell in cells], raw))
            taken.clear()
    except csv.Error as error:
        place = f"{reader.line_num}"
        return Sheet("", rows, charset, Refusal("table.broken", place, (("row", place), ("reason", str(error)[:80]))))
    return Sheet("", rows, charset)


def _delimiter(text: str) -> str:
    sample = [line for line in text.splitlines()[:10] if line.strip()]
    if not sample:
        return ","

    def score(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in sample]
        return min(counts[0], 1) * sum(count == counts[0] for count in counts), counts[0]

    return max(_DELIMITERS, key=score)


def read_workbook(data: bytes) -> list[Sheet]:
    """The sheets of an Excel workbook that hold anything; one with a refusal when it cannot be opened."""
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        found: list[Sheet] = []
        for sheet in book.worksheets:
            rows = [
                Row(number, cells, "\t".join(cells).encode("utf-8", "surrogatepass"))
                for number, cells in enumerate(
                    ([_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)), 1
                )
            ]
            if any(any(row.cells) for row in rows):
                found.append(Sheet(sheet.title, rows, "xlsx"))
        book.close()
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        OSError,
        IndexError,
        SyntaxError,
    ) as error:
        return [Sheet("", [], "xlsx", Refusal("table.workbook_broken", "", (("reason", type(error).__name__),)))]
    return found


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
