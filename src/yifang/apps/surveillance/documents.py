"""The weekly bulletin as files: Word, Excel, Markdown, HTML, from one `Paper`, so that all say the same numbers.

A region's own template of the same name in the data folder (`papers/bulletin.docx|md|html`) is used instead of ours; it
can show values and run nothing. What a template may name is in docs/bulletin.md.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import xlsxwriter
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from yifang.apps.surveillance.presenting.bulletin import Paper, signal_heads
from yifang.kernel.errors import UserError
from yifang.web import documents, drawings
from yifang.web.exports import XLSX, Provenance
from yifang.web.native_charts import on_sheet

SHIPPED = Path(__file__).parent / "papers"
KINDS = {
    "docx": documents.DOCX,
    "xlsx": XLSX,
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
}


def bulletin(kind: str, paper: Paper, source: Provenance) -> bytes:
    """The file of one of `KINDS`. A region's template that fails is a UserError `surveillance.bulletin_template`."""
    if kind == "xlsx":
        return _workbook(paper, source)
    template = template_of(kind)
    context = paper.context() | _more(paper) | {"lang": translation.get_language()}
    try:
        if kind == "docx":
            return documents.render(template, context, source, paper.charts)
        # Markdown is text: what would be markup there comes from the packs, not from people
        environment = SandboxedEnvironment(
            autoescape=kind == "html", undefined=StrictUndefined, keep_trailing_newline=True
        )
        text = environment.from_string(template.read_text(encoding="utf-8"))
        return text.render(**context, provenance=source.pairs()).encode()
    except (TemplateError, OSError, ValueError, KeyError) as wrong:
        if template.parent == SHIPPED:
            raise
        reason = f"{type(wrong).__name__}: {wrong}"[:200]
        raise UserError("surveillance.bulletin_template", file=template.name, reason=reason) from None


def template_of(kind: str) -> Path:
    """The region's template where it brought one, else ours."""
    own = Path(settings.YIFANG_PAPERS) / f"bulletin.{kind}"
    return own if own.is_file() else SHIPPED / f"bulletin.{kind}"


def _more(paper: Paper) -> dict[str, Any]:
    trend = paper.charts["trend"]
    columns = [values for _name, values in trend.series]
    return {
        "charts": {one: f"[[chart:{one}]]" if one in paper.charts else "" for one in ("trend", "diseases", "areas")},
        "drawings": {name: drawings.draw(chart) for name, chart in paper.charts.items()},
        "trend_heads": [_("周"), *(name for name, _values in trend.series)],
        "trend": [
            [name, *("*" if one[place] is None else one[place] for one in columns)]
            for place, name in enumerate(trend.categories)
        ],
    }  # fmt: skip


def _workbook(paper: Paper, source: Provenance) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    plain = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter"}
    look = {
        "head": book.add_format({**plain, "bold": True, "bg_color": "#E4F1F6", "bottom": 1, "text_wrap": True}),
        "title": book.add_format({**plain, "bold": True, "font_size": 14}),
        "strong": book.add_format({**plain, "bold": True, "bg_color": "#EEF1F4"}),
        "plain": book.add_format(plain),
    }
    sheet = book.add_worksheet(_("周报"))
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 6, 12)
    sheet.write_string(0, 0, paper.title, look["title"])
    sheet.write_string(1, 0, paper.subtitle, look["plain"])
    line = 3
    for text in paper.summary:
        sheet.write_string(line, 0, text, look["plain"])
        line += 1
    line = _rows(sheet, line + 1, paper.heads, paper.rows, look, paper.levels)
    for text in paper.notes:
        sheet.write_string(line, 0, text, look["plain"])
        line += 1
    for name, label in (
        ("trend", paper.words["trend"]),
        ("diseases", paper.words["diseases"]),
        ("areas", paper.words["areas"]),
    ):
        if name in paper.charts:
            drawn = book.add_worksheet(label[:31])
            drawn.set_column(0, 0, 28)
            chart = on_sheet(book, drawn, paper.charts[name], 0)
            drawn.insert_chart(0, len(paper.charts[name].series) + 2, chart, {"x_scale": 1.6, "y_scale": 1.3})
    signals = book.add_worksheet(paper.words["signals"][:31])
    signals.set_column(0, 5, 18)
    _rows(signals, 0, signal_heads(), paper.signals or [[paper.words["no_signals"]]], look)
    counted = book.add_worksheet(paper.words["source"])
    counted.set_column(0, 0, 16)
    counted.set_column(1, 1, 90)
    for place, (label, text) in enumerate([*paper.labels, *source.pairs()]):
        counted.write_string(place, 0, str(label), look["head"])
        counted.write_string(place, 1, str(text), look["plain"])
    book.close()
    return out.getvalue()


def _rows(sheet: Any, line: int, heads: Any, rows: Any, look: dict[str, Any], levels: Any = ()) -> int:
    for place, head in enumerate(heads):
        sheet.write_string(line, place, str(head), look["head"])
    for down, row in enumerate(rows):
        style = look["strong"] if levels and levels[down] < 2 else look["plain"]
        for place, text in enumerate(row):
            number = str(text).replace(",", "")
            if place and number.isdecimal():
                sheet.write_number(line + 1 + down, place, int(number), style)
            else:
                indent = "  " if not place and levels and levels[down] == 2 else ""
                sheet.write_string(line + 1 + down, place, f"{indent}{text}", style)
    return line + 2 + len(rows)
