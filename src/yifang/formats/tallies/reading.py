"""The header of a table of counts, and its rows → tallies.

The time is a date, a month (`2004-01`), a week (`2011-W22`), or year and week in two columns; the step of a series of
dates is found from the dates themselves by who judges it. A row that cannot be read is refused with its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path, PurePath

import yaml

from yifang.formats import times
from yifang.formats.canonical import Item, Period, Refusal, Tally
from yifang.formats.national.words import Words
from yifang.formats.tabular.mapping import normal
from yifang.formats.tabular.sheet import Row
from yifang.kernel import areas
from yifang.kernel.errors import YifangError
from yifang.knowledge import load

_WEEK = re.compile(r"(\d{4})-?[Ww](\d{1,2})")
_MONTH = re.compile(r"(\d{4})[-/.年]?(\d{1,2})月?")
_DATES: dict[str, Period] = {"date": "day", "week_date": "week"}
_TIMES = (
    ("date",),
    ("week_date",),
    ("month",),
    ("week",),
    ("year", "week_number"),
    ("year", "month_number"),
    ("step",),
)


@lru_cache(maxsize=1)
def _meanings() -> dict[str, str]:
    data = yaml.safe_load((Path(__file__).parent / "columns.yaml").read_text(encoding="utf-8"))
    return {normal(name): meaning for meaning, names in data.items() for name in names}


def columns_of(header: Sequence[str]) -> dict[str, list[int]] | None:
    """Meaning → positions; None where the header names no count and no time, or a column that nobody knows."""
    found: dict[str, list[int]] = {}
    for place, cell in enumerate(header):
        if cell.strip():
            found.setdefault(_meanings().get(normal(cell), "unknown"), []).append(place)
    timed = any(all(part in found for part in parts) for parts in _TIMES)
    return found if "number" in found and timed and "unknown" not in found else None


def read(
    rows: Iterator[Row], header: Row, columns: dict[str, list[int]], path: str, start: int, kind: str
) -> Iterator[Item]:
    """The items of the rows below the header, blank ones passed over."""
    reader = _Reader(columns, header.cells, PurePath(path.split("#")[0]).stem)
    index = start
    for row in rows:
        if any(row.cells):
            yield reader.item(row, index, kind, header.raw + b"\n")
            index += 1


class _Wrong(Exception):
    def __init__(self, column: str, value: str) -> None:
        super().__init__(column)
        self.column, self.value = column, value


class _Reader:
    """The columns of one table; `name` is the file's, for a table that says of itself neither disease nor series."""

    def __init__(self, columns: dict[str, list[int]], header: Sequence[str], name: str) -> None:
        self._columns, self._header, self._name = columns, header, name
        self._words = Words(load())
        self._syndromes = {one.id: one.id for one in load().syndromes.syndromes}
        self._syndromes |= {one.name: one.id for one in load().syndromes.syndromes}

    def item(self, row: Row, index: int, kind: str, head: bytes) -> Item:
        try:
            tally = self._tally(row.cells)
        except _Wrong as wrong:
            column = self._header[self._columns[wrong.column][0]]
            told = (("row", str(row.number)), ("column", column), ("value", wrong.value[:40]))
            return Item(
                index, kind, (), Refusal("tallies.cell", f"row[{row.number}].{column}", told), row.raw, (), head
            )
        return Item(index, kind, (), None, row.raw, tallies=(tally,) if tally is not None else ())

    def _tally(self, cells: Sequence[str]) -> Tally | None:
        number = self._number(cells, "number")
        if number is None:
            return None  # nobody counted: a gap is no zero
        period, start = self._when(cells)
        text = self._name_of(cells)
        disease = self._words.disease(text)[0] or (text if text in load().diseases else "")
        labels = [cells[at] for at in self._columns.get("label", ()) if at < len(cells) and cells[at]]
        if not text:
            labels.insert(0, self._name)
        return Tally(
            disease=disease, syndrome="" if disease else self._syndromes.get(text, ""), text=text,
            label=" · ".join(labels), area=self._area(cells), period=period, start=start, number=round(number),
            deaths=round(self._number(cells, "deaths") or 0) if "deaths" in self._columns else None,
            population=self._number(cells, "population"),
        )  # fmt: skip

    def _name_of(self, cells: Sequence[str]) -> str:
        """What the source calls it; of a name in two languages the last, which is the finer and the Chinese one."""
        return next(
            (cells[at].strip() for at in reversed(self._columns.get("name", [])) if at < len(cells) and cells[at]), ""
        )

    def _when(self, cells: Sequence[str]) -> tuple[Period, date]:
        for column, period in _DATES.items():
            if text := self._text(cells, column):
                moment = times.table_time(text)
                if moment is None or moment.day is None:
                    raise _Wrong(column, text)
                return period, date.fromisoformat(moment.day)
        if text := self._text(cells, "month"):
            month = _MONTH.fullmatch(text)
            return "month", self._made("month", text, lambda: date(int(month[1]), int(month[2]), 1) if month else None)
        if text := self._text(cells, "week"):
            week = _WEEK.fullmatch(text)
            return "week", self._made(
                "week", text, lambda: date.fromisocalendar(int(week[1]), int(week[2]), 1) if week else None
            )
        year = self._text(cells, "year")
        if year and (text := self._text(cells, "week_number")):
            return "week", self._made("week_number", text, lambda: _week(int(year), int(text)))
        if year and (text := self._text(cells, "month_number")):
            return "month", self._made("month_number", text, lambda: date(int(year), int(text), 1))
        text = self._text(cells, "step")
        # A bare count of steps: weeks from a Monday long ago, so that the steps stay in order.
        return "week", self._made("step", text, lambda: date(1900, 1, 1) + timedelta(weeks=int(text)))

    def _made(self, column: str, text: str, make: Callable[[], date | None]) -> date:
        try:
            found = make()
        except (ValueError, OverflowError):
            found = None
        if found is None:
            raise _Wrong(column, text)
        return found

    def _number(self, cells: Sequence[str], column: str) -> float | None:
        text = self._text(cells, column).replace(",", "")
        if text in ("", "NA", "-", "."):
            return None
        try:
            number = float(text)
        except ValueError:
            raise _Wrong(column, text) from None
        if not 0 <= number < 2_000_000_000:
            raise _Wrong(column, text)
        return number

    def _area(self, cells: Sequence[str]) -> str:
        text = self._text(cells, "area")
        if not text:
            return ""
        try:
            return areas.normalise(text)
        except YifangError:
            raise _Wrong("area", text) from None

    def _text(self, cells: Sequence[str], column: str) -> str:
        return next((cells[at].strip() for at in self._columns.get(column, ()) if at < len(cells) and cells[at]), "")


def _week(year: int, week: int) -> date:
    """The Monday of a week; a 53rd that the year does not have is the one after its last."""
    return (
        date.fromisocalendar(year, 1, 1) + timedelta(weeks=week - 1)
        if 1 <= week <= 53
        else date.fromisocalendar(0, 0, 0)
    )
