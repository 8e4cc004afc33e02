"""One row and a mapping → one record, or the refusal that names row, column, rule and mend.

Cells that do not fit are issues and their value stays readable elsewhere; a row that lacks what it must say, or has
more
cells than the header (so that nobody knows which is which), is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from yifang.formats import codes, times
from yifang.formats.canonical import (
    Code,
    Diagnosis,
    DiagnosisRole,
    Drug,
    Encounter,
    Immunization,
    Issue,
    Item,
    Moment,
    Note,
    Person,
    Record,
    Refusal,
    Result,
    Section,
    Source,
    Status,
)
from yifang.formats.hl7v2.fields import full_name
from yifang.formats.hl7v2.person import SEXES
from yifang.formats.identity import content_key, identifier, person_part, report_key
from yifang.formats.tabular.mapping import Mapping, normal
from yifang.formats.tabular.sheet import Row

_SEPARATORS = re.compile(r"\s*[;；|、]\s*")
_ID_KINDS = ("cn_id", "mrn", "insurance", "passport", "ssn", "other")
_SECTIONS: tuple[Section, ...] = (
    "complaint", "history", "past_history", "exam", "imaging", "laboratory", "diagnosis", "plan", "epidemiology",
    "other",
)  # fmt: skip
_TEMPERATURE = re.compile(r"\d{2}(?:\.\d+)?")


@dataclass(slots=True)
class Table:
    """A table being read: its mapping, its header and where each target stands."""

    mapping: Mapping
    header: list[str]
    found: dict[str, list[int]]
    answers: dict[int, str]
    path: str
    charset: str
    format: str
    told: frozenset[str]  # targets and names of its columns


def table(mapping: Mapping, header: list[str], path: str, charset: str, kind: str) -> Table:
    """Match a mapping to a header once for all its rows."""
    answers = {
        at: loinc
        for at, name in enumerate(header)
        for column, loinc in mapping.answers.items()
        if normal(column) == normal(name)
    }
    found = mapping.match(header)
    told = frozenset((*found, *header, *(("result.name",) if answers else ())))
    return Table(mapping, header, found, answers, path, charset, kind, told)


def unmapped(one: Table) -> list[str]:
    """The columns of the header that nothing reads and nobody ignores on purpose."""
    used = {at for positions in one.found.values() for at in positions} | set(one.answers)
    ignored = {normal(name) for name in one.mapping.ignore}
    return [name for at, name in enumerate(one.header) if at not in used and name and normal(name) not in ignored]


@dataclass(slots=True)
class _Cells:
    """The cells of one row by target, and the issues met."""

    table: Table
    row: Row
    issues: list[Issue] = field(default_factory=list)

    def column(self, target: str) -> str:
        """The header's name of a target's first column."""
        at = self.table.found.get(target)
        return self.table.header[at[0]] if at else target

    def path(self, target: str) -> str:
        """The place of a target: `row[3].就诊时间`."""
        return f"row[{self.row.number}].{self.column(target)}"

    def all(self, target: str) -> list[str]:
        """The non-empty cells of a target, code words translated; its constant where there are none."""
        cells = self.row.cells
        found = [cells[at] for at in self.table.found.get(target, ()) if at < len(cells) and cells[at]]
        if found and (words := self.table.mapping.values.get(target)):
            for cell in found:
                if cell not in words:
                    self.issue("table.unknown_word", target, value=cell[:20])
            found = [words[cell] for cell in found if cell in words]
        constant = self.table.mapping.constants.get(target)
        return found or ([constant] if constant else [])

    def get(self, target: str) -> str:
        """The first cell of a target."""
        if target not in self.table.found:  # most of what may be asked for: no table has it all
            return self.table.mapping.constants.get(target, "")
        return next(iter(self.all(target)), "")

    def joined(self, target: str, mark: str = "") -> str:
        """Every cell of a target in the order of the mapping."""
        return mark.join(self.all(target))

    def time(self, target: str, private: bool = False) -> Moment | None:
        """A date or time; one that cannot be read is an issue, and its value is kept there."""
        cell = self.get(target)
        if not cell:
            return None
        order = self.table.mapping.date_order
        moment = times.table_time(cell, order) or times.hl7_time(cell)
        if moment is None:
            self.issue("table.bad_time", target, value="…" if private else cell[:40])
        return moment

    def issue(self, code: str, target: str, **params: str) -> None:
        """An issue that names row and column."""
        named = (("row", str(self.row.number)), ("column", self.column(target)), *params.items())
        issue = Issue(code, self.path(target), named)
        if issue not in self.issues:
            self.issues.append(issue)


def read_row(one: Table, row: Row, index: int) -> Item:
    """The item of one row."""
    kind = one.format
    refusal = _refusal(one, row)
    if refusal is not None:
        return Item(index, kind, (), refusal, row.raw)
    cells = _Cells(one, row)
    if len(row.cells) < len(one.header):
        params = (("row", str(row.number)), ("expected", str(len(one.header))), ("found", str(len(row.cells))))
        cells.issues.append(Issue("table.too_few_cells", f"row[{row.number}]", params))
    if "result.pair" in one.found and ":" not in cells.get("result.pair"):
        column = cells.column("result.pair")
        told = (("row", str(row.number)), ("column", column), ("value", cells.get("result.pair")[:40]))
        return Item(index, kind, (), Refusal("table.bad_pair", cells.path("result.pair"), told), row.raw)
    return Item(index, kind, (_record(cells, index),), None, row.raw, told=one.told)


def _refusal(one: Table, row: Row) -> Refusal | None:
    place = f"row[{row.number}]"
    if any(row.cells[len(one.header) :]):
        params = (("row", str(row.number)), ("expected", str(len(one.header))), ("found", str(len(row.cells))))
        return Refusal("table.too_many_cells", place, params)
    for target in one.mapping.required:
        at = one.found.get(target, [])
        if not any(position < len(row.cells) and row.cells[position] for position in at):
            column = one.header[at[0]] if at else one.mapping.columns[target][0]
            return Refusal("table.required_empty", f"{place}.{column}", (("row", str(row.number)), ("column", column)))
    return None


def _record(cells: _Cells, index: int) -> Record:
    one = cells.table
    person = _person(cells)
    visit = _encounter(cells)
    status = _status(cells)
    diagnoses = _diagnoses(cells)
    results = _results(cells, status)
    at = visit.start or next((moment for result in results if (moment := result.at or result.issued)), None)
    return Record(
        one.mapping.kind,
        _key(cells, person, visit, status),
        status,
        Source(one.format, one.path, index, one.mapping.id, charset=one.charset, sender=visit.organisation),
        person,
        visit,
        at or cells.time("report.at"),
        tuple(diagnoses),
        tuple(results),
        _drugs(cells),
        _doses(cells),
        tuple(_notes(cells)),
        tuple(cells.issues),
    )


def _person(cells: _Cells) -> Person:
    found = [
        identifier(kind, value)
        for kind in _ID_KINDS
        for value in cells.all(f"person.id.{kind}")
        if not _is_blank(value)
    ]
    sex = cells.get("person.sex").upper()
    if sex not in SEXES:
        cells.issue("table.unknown_word", "person.sex", value=sex[:20])
    western = full_name(cells.get("person.family"), [cells.get("person.given"), cells.get("person.middle")])
    death = cells.time("person.death")
    return Person(
        identifiers=tuple(found),
        name=cells.get("person.name") or western,
        sex=SEXES.get(sex, "unknown"),
        birth=cells.time("person.birth", private=True),
        age_text=cells.joined("person.age"),
        phone=cells.get("person.phone"),
        address=cells.joined("person.address", ", "),
        area_code=cells.get("person.area_code"),
        employer=cells.get("person.employer"),
        occupation=cells.get("person.occupation"),
        guardian=cells.get("person.guardian"),
        deceased=True if death else None,
        death=death,
    )


def _is_blank(value: str) -> bool:
    return value in ("-", "--", "无", "/", "不详", "未提供")


def _encounter(cells: _Cells) -> Encounter:
    doctor = full_name(cells.get("encounter.clinician_family"), [cells.get("encounter.clinician_given")])
    return Encounter(
        id=cells.get("encounter.id"),
        kind=cells.get("encounter.kind") or "other",
        department=cells.get("encounter.department"),
        clinician=cells.get("encounter.clinician") or doctor,
        clinician_id=cells.get("encounter.clinician_id"),
        organisation=cells.get("encounter.organisation"),
        organisation_id=cells.get("encounter.organisation_id"),
        start=cells.time("encounter.start"),
        end=cells.time("encounter.end"),
        reason=cells.get("encounter.reason"),
        order=cells.get("encounter.order"),
        outcome=cells.get("encounter.outcome"),
    )


def _status(cells: _Cells) -> Status:
    word = cells.get("report.status").upper()
    if not word:
        return "final"
    status = codes.REPORT_STATUS.get(word) or codes.RESULT_STATUS.get(word)
    if status is None:
        cells.issue("table.unknown_word", "report.status", value=word[:20])
    return status or "final"


def _code(cells: _Cells, target: str, value: str, text: str = "") -> tuple[Code, ...]:
    return (codes.code(cells.table.mapping.systems.get(target, ""), value, text),) if value else ()


def _diagnoses(cells: _Cells) -> list[Diagnosis]:
    """Codes and names side by side; a cell may hold several, apart by `;` or `、`."""
    numbers = _SEPARATORS.split(cells.get("diagnosis.code")) if cells.get("diagnosis.code") else []
    names = cells.get("diagnosis.text")
    words = _SEPARATORS.split(names) if names and len(numbers) != 1 else [names] if names else []
    if len(numbers) > 1 and len(words) != len(numbers):
        words = [names] * len(numbers)
    target = "diagnosis.code" if numbers else "diagnosis.text"
    found = []
    for at in range(max(len(numbers), len(words))):
        number = numbers[at] if at < len(numbers) else ""
        word = words[at] if at < len(words) else ""
        if number or word:
            coded = _code(cells, "diagnosis.code", number, word)
            role: DiagnosisRole = "outpatient" if cells.table.mapping.kind == "encounter" else "other"
            found.append(
                Diagnosis(
                    coded, word or number, cells.path(target), role,
                    cells.time("diagnosis.at"), cells.time("diagnosis.onset"),
                )
            )  # fmt: skip
    return found


def _results(cells: _Cells, status: Status) -> list[Result]:
    found: list[Result] = []
    name, value = cells.get("result.name"), cells.get("result.value")
    if pair := cells.get("result.pair"):
        name, value = (part.strip() for part in pair.split(":", 1))
    number, value_code = cells.get("result.code"), cells.get("result.value_code")
    value_codes: tuple[Code, ...] = ()
    if value_code:
        value_codes = _code(cells, "result.value_code", value_code) if value_code.isdigit() else ()
        value = value or value_code
    at, issued = cells.time("result.at"), cells.time("result.issued")
    if name or number:
        panel_code = cells.get("result.panel_code")
        state = cells.get("result.status").upper()
        target = next(t for t in ("result.pair", "result.name", "result.code") if cells.get(t))
        found.append(
            Result(
                _code(cells, "result.code", number, name), name or number, value, cells.path(target), value_codes, "",
                cells.get("result.unit"), cells.get("result.range"), tuple(cells.all("result.flag")),
                codes.RESULT_STATUS.get(state, status), cells.get("result.specimen"), cells.get("result.panel") or
                panel_code,
                _code(cells, "result.panel_code", panel_code, cells.get("result.panel")), at, issued,
            )
        )  # fmt: skip
    for position, loinc in cells.table.answers.items():
        if position < len(cells.row.cells) and cells.row.cells[position]:
            column = cells.table.header[position]
            path = f"row[{cells.row.number}].{column}"
            found.append(Result((codes.code("loinc", loinc, column),), column, cells.row.cells[position], path, at=at))
    return found


def _drugs(cells: _Cells) -> tuple[Drug, ...]:
    name, number = cells.get("drug.name"), cells.get("drug.code")
    if not name and not number:
        return ()
    target = "drug.name" if name else "drug.code"
    return (Drug(_code(cells, "drug.code", number, name), name or number, cells.path(target), cells.time("drug.at")),)


def _doses(cells: _Cells) -> tuple[Immunization, ...]:
    name, number = cells.get("immunization.name"), cells.get("immunization.code")
    if not name and not number:
        return ()
    target = "immunization.name" if name else "immunization.code"
    coded = _code(cells, "immunization.code", number, name)
    return (Immunization(coded, name or number, cells.path(target), cells.time("immunization.at")),)


def _notes(cells: _Cells) -> list[Note]:
    found = []
    for section in _SECTIONS:
        target = f"note.{section}"
        for position in cells.table.found.get(target, ()):
            text = cells.row.cells[position] if position < len(cells.row.cells) else ""
            if not text:
                continue
            column = cells.table.header[position]
            if "体温" in column and _TEMPERATURE.fullmatch(text):
                text = f"体温{text}℃"  # a bare number says nothing outside its column
            found.append(Note(section, text, f"row[{cells.row.number}].{column}"))
    return found


def _key(cells: _Cells, person: Person, visit: Encounter, status: Status) -> str:
    about = person_part(person)
    kind = cells.table.mapping.kind
    if kind == "lab_report":
        number = (cells.get("report.corrects") if status == "corrected" else "") or cells.get("report.id")
        item = cells.get("result.code") or cells.get("result.name") or cells.get("result.pair").split(":")[0]
        if number:
            return report_key("lab", number, item, about)
        when = next((moment.iso for moment in (cells.time("result.at"), cells.time("result.issued")) if moment), "")
        if about and when:
            return report_key("lab", visit.id or when, item, about)
    elif kind == "encounter" and about and (visit.id or visit.start):
        # The diagnosis takes part: exports write a visit once for each diagnosis, and none may replace another.
        what = cells.get("diagnosis.code") or cells.get("diagnosis.text")
        return report_key("visit", visit.id or (visit.start.iso if visit.start else ""), what, about)
    elif cells.get("report.id"):
        return report_key(kind, cells.get("report.id"), about)
    return content_key("row", cells.row.raw, about)
