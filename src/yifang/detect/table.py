"""A table of counts → its lines, checked; every mistake is found in one reading, with its line and its mend.

Columns `series`, `t` and/or `date`, `observed`, optional `population`; others are passed over. Not for how lines
become series (`cadence`, `series`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from yifang.formats import sniff, times
from yifang.formats.tabular import sheet
from yifang.kernel import messages
from yifang.kernel.errors import UserError

N = TypeVar("N", int, float)

MISSING = frozenset({"", "NA"})  # NA is R's word; a word such as “nan” is a mistake
_SHOWN = 20
_LARGEST = 1e12  # more is no number of people
_COLUMNS = ("series", "t", "date", "observed", "population")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table; NaN is a missing number."""

    number: int
    series: str
    t: int | None
    day: date | None
    observed: float
    population: float


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in the table: a message code with its parameters."""

    code: str
    params: dict[str, Any]


class TableError(UserError):
    """The mistakes of a table, a line each, the first twenty of them."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems[0].code, **problems[0].params)
        self.problems = problems

    def render(self, lang: str = "zh") -> str:
        """One line for each mistake, in the order of the file."""
        lines = [messages.render(one.code, one.params, lang) for one in self.problems[:_SHOWN]]
        if more := len(self.problems) - len(lines):
            lines.append(messages.render("detect.lines_more", {"count": more}, lang))
        return "\n".join(lines)


def read(path: str) -> tuple[list[Line], list[Problem]]:
    """The sound lines of the table at `path`, in its order, and what is wrong with the others.

    Raises UserError for a file that is no such table at all.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UserError("detect.file_unreadable", path=path, reason=error.strerror or str(error)) from None
    if b"\0" in sniff.as_utf8(data)[:4096]:
        raise UserError("detect.file_binary", path=path)
    table = sheet.read_csv(data)
    if table.broken:
        broken = dict(table.broken.params)
        raise UserError("detect.file_broken", path=path, line=broken["row"], reason=broken["reason"])
    rows = [row for row in table.rows if any(row.cells)]
    if not rows:
        raise UserError("detect.file_empty", path=path)
    places = _header(path, rows[0].cells)
    if len(rows) == 1:
        raise UserError("detect.file_empty", path=path)
    problems: list[Problem] = []
    lines = [_line(path, row, places, len(rows[0].cells), problems) for row in rows[1:]]
    return [line for line in lines if line], problems


def day_of(text: str) -> date | None:
    """The day a cell names, the first of a month that it names; None when it is neither, or has an hour."""
    moment = times.table_time(text)
    if moment is None or moment.precision == "year":
        return None
    day, _, clock = moment.iso.partition("T")
    if clock.strip("0:"):
        return None
    return date.fromisoformat(day if len(day) > 7 else f"{day}-01")


def _header(path: str, cells: list[str]) -> dict[str, int]:
    names = [cell.lower() for cell in cells]
    for name in _COLUMNS:
        if names.count(name) > 1:
            raise UserError("detect.column_twice", path=path, column=name)
    places = {name: names.index(name) for name in _COLUMNS if name in names}
    missing: list[Any] = [name for name in ("series", "observed") if name not in places]
    if "t" not in places and "date" not in places:
        missing.append({lang: messages.render("detect.or", None, lang) for lang in messages.LANGUAGES})
    if missing:
        found = [cell[:30] for cell in cells[:12]]
        raise UserError("detect.columns", path=path, missing=missing, found=found)
    return places


def _line(path: str, row: sheet.Row, places: dict[str, int], width: int, problems: list[Problem]) -> Line | None:
    before = len(problems)

    def wrong(code: str, **params: Any) -> None:
        problems.append(Problem(f"detect.line_{code}", {"path": path, "line": row.number, **params}))

    def cell(name: str) -> str:
        return row.cells[places[name]] if name in places else ""

    def number(name: str) -> float:
        text = cell(name)
        if text in MISSING:
            return math.nan
        value = _read(float, text)
        if value is None or not math.isfinite(value):
            wrong("count", column=name, value=text[:40])
            return math.nan
        if value > _LARGEST:
            wrong("large", column=name, value=text[:40])
        elif value < 0:
            wrong("negative", column=name, value=text[:40])
        return value

    if len(row.cells) != width:
        wrong("cells", found=len(row.cells), wanted=width)
        return None
    name, t, day = cell("series"), None, None
    if not name:
        wrong("series")
    elif "�" in name:
        wrong("unreadable")
    if (text := cell("t")) not in MISSING and (t := _read(int, text)) is None:
        wrong("t", value=text[:40])
    if (text := cell("date")) not in MISSING and (day := day_of(text)) is None:
        wrong("date", value=text[:40])
    line = Line(row.number, name, t, day, number("observed"), number("population"))
    return line if len(problems) == before else None


def _read(kind: Callable[[str], N], text: str) -> N | None:
    """The number a cell holds; None when it holds none. `1_000` is Python's spelling, not a table's."""
    try:
        return None if "_" in text else kind(text)
    except ValueError:
        return None
