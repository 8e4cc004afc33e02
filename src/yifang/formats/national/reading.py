"""The rows of an export → cards. Blanks and marks that mean nothing are taken off, words brought to the packs' ids.

A row that lacks what an import needs, or says it so that it cannot be read, is refused with its row, its column and the
mend; nothing is guessed. A county's export has 200,000 rows of 45 columns: the usual forms are read without regular
expressions, and what repeats is remembered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache

from yifang.formats import times
from yifang.formats.canonical import Identifier, Issue, Item, Moment, NationalCard, Person, Refusal
from yifang.formats.national.header import Header
from yifang.formats.national.words import Words
from yifang.formats.tabular.sheet import Row
from yifang.kernel import areas
from yifang.kernel.clock import CHINA
from yifang.kernel.errors import YifangError
from yifang.knowledge import Knowledge

_SEXES = {"男": "male", "女": "female", "男性": "male", "女性": "female", "1": "male", "2": "female"}
_ID_TYPES = ("", "居民身份证", "身份证", "01")
_NO_NUMBER = ("无", "不详", "未知")


def read(rows: Iterator[Row], header: Header, head: Row, kind: str, knowledge: Knowledge, start: int) -> Iterator[Item]:
    """The items of the rows below `head`, blank ones passed over; the first tells of columns that nobody knows."""
    place = f"row[{head.number}]"
    if missing := header.missing(knowledge):
        told = (("columns", ", ".join(missing)), ("row", str(head.number)))
        yield Item(start, kind, (), Refusal("national.columns", place, told), head.raw)
        return
    reader = _Reader(header, knowledge)
    issues: tuple[Issue, ...] = ()
    if header.others:
        unknown = ", ".join(header.others.values())[:200]
        issues = (Issue("table.columns_unread", place, (("columns", unknown),)),)
    index = start
    for row in rows:
        if any(row.cells):
            yield reader.item(row, index, kind, head.raw + b"\n", issues)
            issues = ()
            index += 1


class _Wrong(Exception):
    """A cell that cannot be what its column holds."""

    def __init__(self, column: str, code: str, value: str = "") -> None:
        super().__init__(column)
        self.column, self.code, self.value = column, code, value


class _Reader:
    """The columns of one export, and what its words mean."""

    def __init__(self, header: Header, knowledge: Knowledge) -> None:
        file = knowledge.national_system.file
        self._header = header
        self._strip, self._empty = "".join(file.strip) + "\n\r\u3000", frozenset(file.empty_values)
        self._words = Words(knowledge)
        self._final = knowledge.surveillance.final_audit
        read = {header.places[one] for one in _READ if one in header.places}
        names = {place: name for name, place in header.places.items()}
        self._others = [
            (place, header.names[place] if place in names else header.others[place])
            for place in sorted({*names, *header.others} - read)
        ]

    def item(self, row: Row, index: int, kind: str, head: bytes, issues: tuple[Issue, ...]) -> Item:
        """The item of one row."""
        try:
            card = self.card(row.cells)
        except _Wrong as wrong:
            column = self._header.name(wrong.column)
            told = (("row", str(row.number)), ("column", column), ("value", wrong.value[:40]))
            return Item(
                index, kind, (), Refusal(wrong.code, f"row[{row.number}].{column}", told), row.raw, issues, head
            )
        return Item(index, kind, (), None, row.raw, issues, cards=(card,))

    def card(self, cells: Sequence[str]) -> NationalCard:
        """The card of one row. Raises `_Wrong`."""
        text, words = self._text, self._words
        disease_text = self._needed(cells, "disease")
        disease, subtype = words.disease(disease_text)
        audit_state = words.audit_state(self._needed(cells, "audit_state"))
        if not audit_state:
            raise _Wrong("audit_state", "national.word", text(cells, "audit_state"))
        case_class = words.case_class(self._needed(cells, "case_class"))
        if not case_class:
            raise _Wrong("case_class", "national.word", text(cells, "case_class"))
        finals = (self._moment(cells, one) for one in self._final)
        report_org = self._needed(cells, "report_org")
        return NationalCard(
            national_card_id=self._needed(cells, "national_card_id"),
            card_no=text(cells, "card_no"),
            card_state=words.card_state(text(cells, "card_state")),
            audit_state=audit_state,
            person=self._person(cells),
            disease=disease,
            disease_text=disease_text,
            subtype=subtype,
            case_class=case_class,
            acute_chronic=text(cells, "acute_chronic"),
            population=words.population(text(cells, "population")),
            residence_area=self._area(cells, "residence_area"),
            report_area=self._area(cells, "report_area"),
            report_org=report_org,
            onset=self._needed_day(cells, "onset_date"),
            diagnosed_at=self._needed_moment(cells, "diagnosis_datetime"),
            entered_at=self._needed_moment(cells, "entry_time"),
            county_audited_at=self._moment(cells, "county_audit_time"),
            finally_audited_at=next((one for one in finals if one is not None), None),
            revised_at=self._moment(cells, "revision_report_time"),
            deleted_at=self._moment(cells, "delete_time"),
            died_on=self._day(cells, "death_date"),
            death_audited_at=self._moment(cells, "death_final_time"),
            previous_disease=words.disease(text(cells, "previous_disease"))[0],
            previous_diagnosed_at=self._moment(cells, "previous_diagnosis_datetime"),
            previous_audited_at=self._moment(cells, "previous_final_audit_time"),
            others=tuple(
                (name, cells[at]) for at, name in self._others if at < len(cells) and cells[at] not in self._empty
            ),
        )

    def _person(self, cells: Sequence[str]) -> Person:
        text = self._text
        birth, number = self._day(cells, "birth_date"), text(cells, "id_no").upper()
        kind = "cn_id" if text(cells, "id_type") in _ID_TYPES else "passport"
        return Person(
            identifiers=(Identifier(kind, number),) if number and number not in _NO_NUMBER else (),
            name=text(cells, "name"),
            sex=_SEXES.get(text(cells, "sex"), "unknown"),
            birth=Moment(birth.isoformat(), "day") if birth else None,
            age_text=text(cells, "age_value"),
            phone=text(cells, "phone"),
            address=text(cells, "residence_detail"),
            employer=text(cells, "employer"),
            guardian=text(cells, "guardian_name"),
        )

    def _text(self, cells: Sequence[str], column: str) -> str:
        at = self._header.places.get(column)
        if at is None or at >= len(cells):
            return ""
        cell = cells[at].strip(self._strip)
        return "" if cell in self._empty else cell

    def _needed(self, cells: Sequence[str], column: str) -> str:
        text = self._text(cells, column)
        if not text:
            raise _Wrong(column, "national.missing")
        return text

    def _day(self, cells: Sequence[str], column: str) -> date | None:
        found = self._moment(cells, column)
        return found.date() if found else None

    def _needed_day(self, cells: Sequence[str], column: str) -> date:
        self._needed(cells, column)
        found = self._day(cells, column)
        assert found is not None
        return found

    def _moment(self, cells: Sequence[str], column: str) -> datetime | None:
        text = self._text(cells, column)
        if not text:
            return None
        found = _moment(text)
        if found is None:
            raise _Wrong(column, "national.time", text)
        return found

    def _needed_moment(self, cells: Sequence[str], column: str) -> datetime:
        self._needed(cells, column)
        found = self._moment(cells, column)
        assert found is not None
        return found

    def _area(self, cells: Sequence[str], column: str) -> str:
        text = self._needed(cells, column) if column == "residence_area" else self._text(cells, column)
        if not text:
            return ""
        code = _area(text)
        if not code:
            raise _Wrong(column, "national.area", text)
        return code


_READ = (
    "national_card_id", "card_no", "card_state", "audit_state", "name", "guardian_name", "id_no", "id_type", "sex",
    "birth_date", "age_value", "employer", "phone", "residence_area", "residence_detail", "population", "case_class",
    "acute_chronic", "onset_date", "diagnosis_datetime", "death_date", "disease", "previous_disease",
    "previous_diagnosis_datetime", "previous_final_audit_time", "report_area", "report_org", "entry_time",
    "county_audit_time", "revision_report_time", "death_final_time", "delete_time",
)  # fmt: skip


def _moment(text: str) -> datetime | None:
    """A day or a time of the export, aware; None for anything else."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=CHINA)
    except ValueError:
        return _other_moment(text)


@lru_cache(maxsize=65536)
def _other_moment(text: str) -> datetime | None:
    found = times.table_time(text)
    if found is None or found.day is None:
        return None
    return datetime.fromisoformat(found.iso if len(found.iso) != 13 else f"{found.iso}:00").replace(tzinfo=CHINA)


@lru_cache(maxsize=65536)
def _area(text: str) -> str:
    """An area code in its one form, "" for what is none."""
    digits = text.removesuffix(".0")
    try:
        return areas.normalise(digits)
    except YifangError:
        return ""
