"""The national system's export, CSV or Excel, into lines: columns by their header, never by position.

Titles above the header are passed over, blanks and marks that mean nothing are taken off. A line whose number or entry
time is missing or cannot be read names the column at fault; nothing is guessed. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from yifang.apps.reporting.rules.answers import read_time
from yifang.formats import sniff, times
from yifang.formats.tabular.mapping import normal
from yifang.formats.tabular.sheet import Row, read_csv, read_workbook
from yifang.kernel.clock import CHINA
from yifang.kernel.errors import UserError
from yifang.knowledge import Knowledge

_NEEDED = ("national_card_id", "entry_time")
_READ = (*_NEEDED, "card_no", "name", "id_no", "birth_date", "disease", "onset_date", "audit_state")
_GONE = ("deleted", "duplicate")  # audit states of a card that stands no longer


@dataclass(frozen=True, slots=True)
class Line:
    """One card of the export. `row` is its number as a person sees it; `fault` the header of an unreadable column."""

    row: int
    national_card_id: str
    card_no: str
    name: str
    id_no: str
    disease: str  # pack id, empty for a name that no pack knows
    birth: date | None
    onset: date | None
    entered_at: datetime | None
    deleted: bool
    fault: str = ""


def read_export(data: bytes, name: str, knowledge: Knowledge) -> list[Line]:
    """The lines of the file in its order.

    Raises UserError `reporting.export_unreadable` for what is no table, `reporting.export_header` naming the columns
    that are missing.
    """
    kind = sniff.kind_of(data, name)
    if kind not in ("xlsx", "table", "text"):
        raise UserError("reporting.export_unreadable", name=name)
    sheets = read_workbook(data) if kind == "xlsx" else [read_csv(data)]
    missing: list[str] = []
    for sheet in sheets:
        if sheet.broken is not None:
            raise UserError("reporting.export_unreadable", name=name)
        headed = _header(sheet.rows, knowledge)
        if headed is None:
            continue
        at, places = headed
        missing = [_headers(knowledge)[one][0] for one in _NEEDED if one not in places]
        if not missing:
            reader = _Reader(places, sheet.rows[at].cells, _disease_names(knowledge), knowledge)
            return [reader.line(row) for row in sheet.rows[at + 1 :] if any(row.cells)]
    wanted = missing or [_headers(knowledge)[one][0] for one in _NEEDED]
    raise UserError("reporting.export_header", name=name, columns=wanted)


@dataclass(frozen=True, slots=True)
class _Reader:
    """The columns of one table."""

    places: Mapping[str, int]
    header: Sequence[str]
    diseases: Mapping[str, str]
    knowledge: Knowledge

    def line(self, row: Row) -> Line:
        number, entered = self._text(row, "national_card_id"), self._moment(row, "entry_time")
        fault = "national_card_id" if not number else "entry_time" if entered is None else ""
        state = self._text(row, "audit_state")
        gone = [one for one in self.knowledge.national_system.audit_states if one.id in _GONE]
        return Line(
            row.number, number, self._text(row, "card_no"), self._text(row, "name"), self._text(row, "id_no").upper(),
            self.diseases.get(_plain(self._text(row, "disease")), ""),
            self._day(row, "birth_date"), self._day(row, "onset_date"), entered,
            any(state in (one.label, *one.export) for one in gone), self.header[self.places[fault]] if fault else "",
        )  # fmt: skip

    def _text(self, row: Row, column: str) -> str:
        at = self.places.get(column)
        cell = row.cells[at] if at is not None and at < len(row.cells) else ""
        file = self.knowledge.national_system.file
        for mark in file.strip:
            cell = cell.strip(mark)
        cell = cell.strip()
        return "" if cell in file.empty_values else cell

    def _moment(self, row: Row, column: str) -> datetime | None:
        cell = self._text(row, column)
        for form in self.knowledge.national_system.file.date_formats:
            try:
                return datetime.strptime(cell, form).replace(tzinfo=CHINA)
            except ValueError:
                continue
        found = times.table_time(cell) if cell else None
        return read_time(found.iso) if found is not None and found.precision in ("minute", "second") else None

    def _day(self, row: Row, column: str) -> date | None:
        found = times.table_time(self._text(row, column))
        return date.fromisoformat(found.day) if found is not None and found.day else None


def _header(rows: Sequence[Row], knowledge: Knowledge) -> tuple[int, dict[str, int]] | None:
    """Which row is the header, and where its columns stand; None where none of the first rows is one."""
    best: tuple[int, dict[str, int]] | None = None
    for at, row in enumerate(rows[: knowledge.national_system.file.header_row.search_first_rows]):
        cells = {normal(cell): place for place, cell in reversed(list(enumerate(row.cells))) if cell}
        places = {}
        for column in _READ:
            found = next((cells[normal(one)] for one in _headers(knowledge)[column] if normal(one) in cells), None)
            if found is not None:
                places[column] = found
        if len(places) > (len(best[1]) if best else 1):
            best = at, places
    return best


def _headers(knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """Column → the words that head it, the usual one first."""
    return {one.id: (one.header, *one.also) for one in knowledge.national_system.columns}


def _plain(text: str) -> str:
    return normal(text).replace("(", "").replace(")", "")


def _disease_names(knowledge: Knowledge) -> dict[str, str]:
    """What the export calls a disease or a subtype → its pack id; a disease's own name wins over another's alias."""
    names: dict[str, str] = {}
    for one in knowledge.diseases.values():
        for text in (*one.aliases, *(part.name for part in one.subtypes)):
            names.setdefault(_plain(text), one.id)
    for one in knowledge.diseases.values():
        names |= {_plain(text): one.id for text in (one.name, one.statutory_name) if text}
    return names
