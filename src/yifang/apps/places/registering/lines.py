"""The list as people keep it: a CSV or Excel table with a header in Chinese or English → lines of text by column.

Columns are found by their header, never by position; a title above it is passed over. Nothing is judged here but that
there is a table with the columns it needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import override

from yifang.apps.places.models import Organisation, OrganisationKind, Place, PlaceKind
from yifang.formats import sniff
from yifang.formats.tabular.mapping import normal
from yifang.formats.tabular.sheet import Row, read_csv, read_workbook
from yifang.kernel.errors import UserError

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "code": ("code", "代码", "编码", "机构代码", "单位代码"),
    "name": ("name", "名称", "单位名称", "机构名称"),
    "kind": ("kind", "类别", "类型"),
    "area_code": ("area_code", "区划代码", "行政区划代码", "地区代码"),
    "parent": ("parent", "上级", "上级代码", "所属单位"),
    "name_en": ("name_en", "英文名称", "英文名"),
    "phone": ("phone", "电话", "联系电话"),
    "also_known_as": ("aliases", "also_known_as", "别名", "曾用名", "简称"),
    "type_code": ("type_code", "机构类型代码"),
    "active": ("active", "启用", "在用"),
}
NEEDED = ("code", "name", "kind")
_HEADER_WITHIN = 6

Kind = tuple[type[Organisation] | type[Place], str]
# A village and a worksite are each two things: the committee or employer, and the place itself.
_OTHER_WORDS = {OrganisationKind.VILLAGE: "village_committee", OrganisationKind.WORKSITE: "employer"}
KINDS: Mapping[str, Kind] = {
    **{_OTHER_WORDS.get(kind, kind.value): (Organisation, kind.value) for kind in OrganisationKind},
    **{kind.value: (Place, kind.value) for kind in PlaceKind},
}


@dataclass(frozen=True, slots=True)
class Line:
    """A row's number as a person counts it (0: not of a file), and its cells by column; an empty one says nothing."""

    row: int
    values: Mapping[str, str]


def read_list(data: bytes, name: str) -> list[Line]:
    """The lines of every sheet that has the header, in their order.

    Raises UserError `places.list_unreadable` for what is no table, `places.list_header` naming the columns missing.
    """
    kind = sniff.kind_of(data, name)
    if kind not in ("xlsx", "table", "text"):
        raise UserError("places.list_unreadable", name=name)
    sheets = read_workbook(data) if kind == "xlsx" else [read_csv(data)]
    if any(sheet.broken for sheet in sheets):
        raise UserError("places.list_unreadable", name=name)
    found: list[Line] = []
    missing: list[str] = list(NEEDED)
    for sheet in sheets:
        at, columns = _header(sheet.rows)
        lacking = [column for column in NEEDED if column not in columns]
        if lacking:
            missing = min(missing, lacking, key=len)
            continue
        missing = []
        found += [_line(row, columns) for row in sheet.rows[at + 1 :] if any(row.cells)]
    if missing:
        raise UserError("places.list_header", name=name, columns=missing)
    return found


def kind_of(word: str) -> Kind | None:
    """What a word of the column `kind` stands for: a key of `KINDS`, or the Chinese name of the kind."""
    folded = normal(word)
    return next((kind for key, kind in KINDS.items() if normal(key) == folded), None) or _chinese().get(folded)


def word_of(kind: Kind) -> str:
    """The word by which the column `kind` names it."""
    return next(word for word, known in KINDS.items() if known == kind)


def _chinese() -> dict[str, Kind]:
    with override("zh-hans"):
        words: dict[str, Kind] = {normal(str(kind.label)): (Organisation, kind.value) for kind in OrganisationKind}
        return words | {normal(str(kind.label)): (Place, kind.value) for kind in PlaceKind}


def _header(rows: list[Row]) -> tuple[int, dict[str, int]]:
    """The row of the header and the positions of its columns: among the first rows the one that names the most."""
    found = [(at, _positions(row.cells)) for at, row in enumerate(rows[:_HEADER_WITHIN])]
    return max(found, key=lambda one: len(one[1]), default=(0, {}))


def _positions(cells: list[str]) -> dict[str, int]:
    at = {normal(cell): number for number, cell in reversed(list(enumerate(cells)))}
    named = {column: [at[normal(name)] for name in names if normal(name) in at] for column, names in COLUMNS.items()}
    return {column: places[0] for column, places in named.items() if places}


def _line(row: Row, columns: Mapping[str, int]) -> Line:
    cells = {column: row.cells[at].strip() for column, at in columns.items() if at < len(row.cells)}
    return Line(row.number, {column: cell for column, cell in cells.items() if cell})
