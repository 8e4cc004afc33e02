"""Makes `minutes.docx`, the Word template of minutes: `python -m yifang.apps.care.papers.minutes_template`.

Run it after changing the look here; a region edits the resulting file in Word instead.
"""

from pathlib import Path

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt

from yifang.apps.reporting.papers.page import blank


def make(path: Path) -> None:
    """Write the template."""
    document = blank(3, margin=2.2, size=11)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = title.add_run("{{ title }}")
    run.bold, run.font.size = True, Pt(16)
    document.add_paragraph("单位:{{ organisation }}    科室:{{ department }}    编号:{{ number }}")
    document.add_paragraph("患者:{{ patient }}    状态:{{ state }}")
    document.add_paragraph("{%p for section in sections %}")
    document.add_paragraph().add_run("{{ section.title }}").bold = True
    small = document.add_paragraph().add_run("{{ section.at }}    {{ section.who }}")
    small.font.size = Pt(9)
    table = document.add_table(rows=3, cols=2)
    table.style = "Table Grid"
    table.autofit = False
    table.rows[0].cells[0].text = "{%tr for row in section.rows %}"
    table.rows[1].cells[0].text = "{{ row.label }}"
    table.rows[1].cells[1].text = "{{ row.value }}"
    table.rows[2].cells[0].text = "{%tr endfor %}"
    for row in table.rows:
        row.cells[0].width, row.cells[1].width = Cm(4), Cm(12.6)
    document.add_paragraph("")
    document.add_paragraph("{%p endfor %}")
    document.add_paragraph("签名:________________    日期:________________")
    document.add_paragraph("{%p for label, text in provenance %}")
    foot = document.add_paragraph().add_run("{{ label }}:{{ text }}")
    foot.font.size = Pt(8)
    document.add_paragraph("{%p endfor %}")
    document.save(str(path))


if __name__ == "__main__":
    make(Path(__file__).with_name("minutes.docx"))
