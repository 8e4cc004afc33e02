"""Charts that Word and Excel draw themselves: XlsxWriter says what a chart is, in a workbook or inside a document.

No picture is drawn here and no font is needed: the chart stays sharp in print, speaks the reader's fonts, and its data
can be edited in Word. For pages see `charts`.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import xlsxwriter
from docx.document import Document
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml

_COLOURS = ("#0b4f6c", "#8a949d", "#c9d3da", "#c98a2b", "#8c6bb1")
_FONT = {"name": "Microsoft YaHei", "size": 9, "color": "#4c5a68"}
_CHART = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/chart"
_PACKAGE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/package"
_CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_EMU = 360_000  # a centimetre


@dataclass(frozen=True, slots=True)
class NativeChart:
    """`columns` (upright), `bars` (lying) or `lines` of `series` (name, a number or None for each category)."""

    kind: Literal["columns", "bars", "lines"]
    says: str
    categories: Sequence[str]
    series: Sequence[tuple[str, Sequence[float | None]]]
    width: float = 16.5  # centimetres
    height: float = 6.5


def on_sheet(book: Any, sheet: Any, chart: NativeChart, row: int, column: int = 0) -> Any:
    """Write the data at this cell of a sheet and return the chart that shows it, to be placed by the caller."""
    for place, name in enumerate(chart.categories):
        sheet.write_string(row + 1 + place, column, name)
    for place, (name, values) in enumerate(chart.series, start=1):
        sheet.write_string(row, column + place, name)
        for down, value in enumerate(values, start=1):
            if value is not None:
                sheet.write_number(row + down, column + place, value)
    last = row + len(chart.categories)
    kind = {"columns": "column", "bars": "bar", "lines": "line"}[chart.kind]
    made = book.add_chart({"type": kind})
    for place in range(1, len(chart.series) + 1):
        colour = _COLOURS[(place - 1) % len(_COLOURS)]
        look = (
            {"line": {"color": colour, "width": 2 if place == 1 else 1.25}}
            if kind == "line"
            else {"fill": {"color": colour}}
        )
        made.add_series(
            {
                "name": [sheet.name, row, column + place],
                "categories": [sheet.name, row + 1, column, last, column],
                "values": [sheet.name, row + 1, column + place, last, column + place],
                "gap": 40,
                **look,
            }
        )
    made.set_title({"none": True})
    made.set_legend({"none": True} if len(chart.series) < 2 else {"position": "top", "font": _FONT})
    made.set_x_axis({"num_font": _FONT, "line": {"color": "#c3ccd4"}, "reverse": kind == "bar"})
    made.set_y_axis(
        {"num_font": _FONT, "line": {"none": True}, "major_gridlines": {"visible": True, "line": {"color": "#dde3e8"}}}
    )
    made.set_chartarea({"border": {"none": True}})
    return made


def into_document(document: Document, charts: Mapping[str, NativeChart]) -> None:
    """Put each chart where a paragraph reads `[[chart:name]]`; a paragraph that names no chart is emptied."""
    for paragraph in _paragraphs(document):
        text = paragraph.text.strip()
        if not (text.startswith("[[chart:") and text.endswith("]]")):
            continue
        for run in list(paragraph.runs):
            run._element.getparent().remove(run._element)
        chart = charts.get(text[8:-2])
        if chart is not None and chart.categories:
            _insert(document, paragraph, chart)


def _paragraphs(document: Document) -> list[Any]:
    inside = (
        paragraph
        for table in document.tables
        for row in table.rows
        for cell in row.cells
        for paragraph in cell.paragraphs
    )
    return [*document.paragraphs, *inside]


def _insert(document: Document, paragraph: Any, chart: NativeChart) -> None:
    xml, book = _made(chart)
    package = document.part.package
    number = 1 + sum(part.partname.startswith("/word/charts/chart") for part in package.iter_parts())
    kept = Part(PackURI(f"/word/embeddings/chart{number}.xlsx"), _BOOK_TYPE, book, package)
    part = Part(PackURI(f"/word/charts/chart{number}.xml"), _CHART_TYPE, b"", package)
    data = f'<c:externalData r:id="{part.relate_to(kept, _PACKAGE)}"><c:autoUpdate val="0"/></c:externalData>'
    part._blob = xml.replace("<c:printSettings>", f"{data}<c:printSettings>", 1).encode()
    place = document.part.relate_to(part, _CHART)
    width, height = int(chart.width * _EMU), int(chart.height * _EMU)
    says = chart.says.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    paragraph.add_run()._element.append(
        parse_xml(
            '<w:drawing xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
            'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
            'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
            'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
            'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
            f'<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/>'
            '<wp:effectExtent l="0" t="0" r="0" b="0"/>'
            f'<wp:docPr id="{1000 + number}" name="chart{number}" descr="{says}"/>'
            '<wp:cNvGraphicFramePr/><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">'
            f'<c:chart r:id="{place}"/></a:graphicData></a:graphic></wp:inline></w:drawing>'
        )
    )


def _made(chart: NativeChart) -> tuple[str, bytes]:
    """The chart's XML and the workbook behind it."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("data")
    sheet.insert_chart(0, 6, on_sheet(book, sheet, chart, 0))
    book.close()
    with zipfile.ZipFile(out) as files:
        return files.read("xl/charts/chart1.xml").decode(), out.getvalue()
