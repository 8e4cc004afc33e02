"""Rows of a database's view as a table: values as text, each row as the line of CSV that it would be in an export.

So a refused row lies in quarantine like one of a file, and is read again like one. Not for asking the database.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from yifang.formats import sniff
from yifang.formats.tabular.sheet import Row, Sheet
from yifang.kernel.clock import CHINA


def sheet_of(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Sheet:
    """The table of a header and rows of database values."""
    lines = [[str(name) for name in header], *([cell(value) for value in row] for row in rows)]
    return Sheet("", [Row(number, line, _line(line)) for number, line in enumerate(lines, 1)], "utf-8")


def cell(value: Any) -> str:
    """A value as text; a time with a zone keeps it, a whole number has no decimal point, NULL is empty."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, date | time):
        return str(value.isoformat())
    if isinstance(value, timedelta):  # MySQL's TIME
        return str(value)
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float | Decimal) and math.isfinite(value) and value == int(value):
        return str(int(value))
    if isinstance(value, bytes | bytearray | memoryview):
        return sniff.decode(bytes(value))[0].strip()
    return str(value).strip()


def _instant(value: datetime) -> str:
    if value.tzinfo is not None:
        return value.astimezone(CHINA).isoformat(timespec="seconds")
    if (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0):
        return value.date().isoformat()  # many databases have no days of their own: midnight is the day
    return value.isoformat(timespec="seconds")


def _line(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue().encode("utf-8", "surrogatepass")
