"""Rows out to Excel: typed cells, a head that stays, and a sheet that says who took what, when and under which filter.

Written row by row to a temporary file, so a line list of a hundred thousand rows needs no memory. What may be exported
is decided before: rows arrive scoped, masked where they must be. Text never becomes a formula or a link.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Literal
from zoneinfo import ZoneInfo

import xlsxwriter
from django.http import FileResponse
from django.utils.translation import gettext as _

from yifang.kernel.clock import CHINA

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_AT_MOST = 1_048_575  # of one sheet, without the head


@dataclass(frozen=True, slots=True)
class Field:
    """A column. `key` is the name in a row's mapping; numbers of people (证件号, 电话) are text, or Excel cuts them."""

    key: str
    label: Any
    kind: Literal["text", "number", "date", "instant"] = "text"
    width: int = 14


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an export comes from. `conditions` is the filter as a sentence, `packs` the digest of the packs."""

    title: Any
    who: str
    seat: str
    at: datetime
    conditions: Any = ""
    packs: str = ""
    node: str = ""
    purpose: str = ""

    def pairs(self) -> list[tuple[str, str]]:
        return [
            (_("内容"), str(self.title)),
            (_("导出人"), self.who),
            (_("岗位"), self.seat),
            (_("导出时间"), self.at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")),
            (_("条件"), str(self.conditions) or _("无")),
            (_("用途"), self.purpose or _("未说明")),
            (_("规则包摘要"), self.packs),
            (_("节点"), self.node),
        ]


def write(
    to: IO[bytes], fields: Sequence[Field], rows: Iterable[dict[str, Any]], source: Provenance, zone: ZoneInfo = CHINA
) -> int:
    """Write the workbook and return how many rows it holds. Raises ValueError for more rows than a sheet takes."""
    book = xlsxwriter.Workbook(
        to,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    plain = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter"}
    head = book.add_format({**plain, "bold": True, "bg_color": "#E4F1F6", "bottom": 1, "text_wrap": True})
    styles = {
        "text": book.add_format({**plain, "num_format": "@"}),
        "number": book.add_format(plain),
        "date": book.add_format({**plain, "num_format": "yyyy-mm-dd", "align": "left"}),
        "instant": book.add_format({**plain, "num_format": "yyyy-mm-dd hh:mm", "align": "left"}),
    }
    sheet = book.add_worksheet(_("数据"))
    sheet.freeze_panes(1, 1)
    for column, field in enumerate(fields):
        sheet.set_column(column, column, field.width)
        sheet.write_string(0, column, str(field.label), head)
    count = 0
    for count, row in enumerate(rows, start=1):
        if count > ROWS_AT_MOST:
            book.close()
            raise ValueError(f"more than {ROWS_AT_MOST} rows do not fit one sheet; narrow the conditions")
        for column, field in enumerate(fields):
            _cell(sheet, count, column, row.get(field.key), styles[field.kind], zone)
    sheet.autofilter(0, 0, count, len(fields) - 1)
    _provenance(book, source, count, styles["text"], head)
    book.close()
    return count


def _cell(sheet: Any, row: int, column: int, value: Any, style: Any, zone: ZoneInfo) -> None:
    if value is None or value == "":
        return
    if isinstance(value, datetime):
        # Excel knows no zones: what it shows is the civil time of the node
        sheet.write_datetime(row, column, value.astimezone(zone).replace(tzinfo=None) if value.tzinfo else value, style)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, style)
    elif isinstance(value, bool):
        sheet.write_string(row, column, _("是") if value else _("否"), style)
    elif isinstance(value, (int, float, Decimal)):
        sheet.write_number(row, column, value, style)
    else:
        sheet.write_string(row, column, str(value), style)


def _provenance(book: Any, source: Provenance, count: int, style: Any, head: Any) -> None:
    sheet = book.add_worksheet(_("来源"))
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 80)
    for row, (label, text) in enumerate([*source.pairs(), (_("行数"), str(count))]):
        sheet.write_string(row, 0, label, head)
        sheet.write_string(row, 1, text, style)


def response(name: str, fields: Sequence[Field], rows: Iterable[dict[str, Any]], source: Provenance) -> FileResponse:
    """The workbook as a download called `name` (without ending)."""
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 the response closes it
    write(file, fields, rows, source)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
