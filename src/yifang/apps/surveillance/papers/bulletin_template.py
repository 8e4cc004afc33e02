"""Makes `bulletin.docx`, the Word template of the bulletin.

`python -m yifang.apps.surveillance.papers.bulletin_template`: run it after changing the look here; a
region edits a copy in Word instead (docs/bulletin.md).
"""

from pathlib import Path

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from yifang.apps.reporting.papers.page import blank

HEAD_FONT = "黑体"


def make(path: Path) -> None:
    """Write the template."""
    document = blank(4, margin=2.2)
    section = document.sections[0]
    section.top_margin = section.bottom_margin = Cm(2)
    _line(document, "{{ title }}", 18, bold=True, centred=True)
    _line(document, "{{ subtitle }}", 11, centred=True)
    _loop(document, "paragraph in summary", "{{ paragraph }}", first_line=Pt(21))
    _line(document, "{{ words.diseases }}", 12, bold=True)
    _table(document, "heads", "row in rows", "row", (5.4, 1.7, 1.7, 1.9, 2.2, 1.9, 1.5))
    document.add_paragraph("{{ charts.diseases }}")
    _line(document, "{{ words.trend }}", 12, bold=True)
    document.add_paragraph("{{ charts.trend }}")
    _line(document, "{{ words.areas }}", 12, bold=True)
    document.add_paragraph("{{ charts.areas }}")
    _loop(document, "name, number in areas", "{{ name }}：{{ number }}")
    _line(document, "{{ words.signals }}", 12, bold=True)
    document.add_paragraph("{%p if signals %}")
    _table(document, "signal_heads", "row in signals", "row", (3.6, 2.4, 2.2, 3.4, 2.6, 2.1))
    document.add_paragraph("{%p else %}")
    document.add_paragraph("{{ words.no_signals }}")
    document.add_paragraph("{%p endif %}")
    _line(document, "{{ words.counted }}", 12, bold=True)
    _loop(document, "label, text in labels", "{{ label }}：{{ text }}", size=9)
    _loop(document, "note in notes", "{{ note }}", size=9)
    _loop(document, "label, text in provenance", "{{ label }}：{{ text }}", size=8)
    document.save(str(path))


def _line(document, text: str, size: float, *, bold: bool = False, centred: bool = False) -> None:
    paragraph = document.add_paragraph()
    run = paragraph.add_run(text)
    run.bold, run.font.size = bold, Pt(size)
    if bold:
        run.font.name = HEAD_FONT
        run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), HEAD_FONT)
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    else:
        paragraph.paragraph_format.space_before = Pt(8)
        paragraph.paragraph_format.keep_with_next = True


def _loop(document, over: str, text: str, *, size: float = 10.5, first_line: Pt | None = None) -> None:
    document.add_paragraph(f"{{%p for {over} %}}")
    paragraph = document.add_paragraph()
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    if size < 10:
        run.font.color.rgb = RGBColor(0x4C, 0x5A, 0x68)
        paragraph.paragraph_format.space_after = Pt(1)
    if first_line is not None:
        paragraph.paragraph_format.first_line_indent = first_line
    document.add_paragraph("{%p endfor %}")


def _table(document, heads: str, over: str, row: str, widths: tuple[float, ...]) -> None:
    """A table of as many columns as there are widths, its head repeated on every page."""
    table = document.add_table(rows=4, cols=len(widths))
    table.style = "Table Grid"
    table.autofit = False
    table.rows[1].cells[0].text = f"{{%tr for {over} %}}"
    table.rows[3].cells[0].text = "{%tr endfor %}"
    for place, width in enumerate(widths):
        table.rows[0].cells[place].text = f"{{{{ {heads}[{place}] }}}}"
        table.rows[2].cells[place].text = f"{{{{ {row}[{place}] }}}}"
        for line in table.rows:
            line.cells[place].width = Cm(width)
        for line, bold in ((table.rows[0], True), (table.rows[2], False)):
            paragraph = line.cells[place].paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(1)
            for run in paragraph.runs:
                run.bold, run.font.size = bold, Pt(9)
            if place and "signal" not in heads:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    head = table.rows[0]._tr.get_or_add_trPr()
    head.append(head.makeelement(qn("w:tblHeader"), {qn("w:val"): "true"}))


if __name__ == "__main__":
    make(Path(__file__).with_name("bulletin.docx"))
