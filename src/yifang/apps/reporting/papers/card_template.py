"""Makes `card.docx`, the Word template of the card: `python -m yifang.apps.reporting.papers.card_template`.

Run it after changing the look here; a region edits the resulting file in Word instead.
"""

from pathlib import Path

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt

from yifang.apps.reporting.papers.page import blank


def make(path: Path) -> None:
    """Write the template."""
    document = blank(2)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = title.add_run("中华人民共和国传染病报告卡")
    run.bold, run.font.size = True, Pt(16)
    document.add_paragraph("卡片编号:{{ card_no }}    状态:{{ state }}    版本:{{ version }}")
    document.add_paragraph("网报卡号:{{ national_card_id }}    录入时间:{{ entered_at }}    终审时间:{{ audited_at }}")
    document.add_paragraph("{%p for section in sections %}")
    head = document.add_paragraph()
    head.add_run("{{ section.title }}").bold = True
    table = document.add_table(rows=3, cols=2)
    table.style = "Table Grid"
    table.autofit = False
    table.rows[0].cells[0].text = "{%tr for row in section.rows %}"
    table.rows[1].cells[0].text = "{{ row.label }}"
    table.rows[1].cells[1].text = "{{ row.value }}"
    table.rows[2].cells[0].text = "{%tr endfor %}"
    for row in table.rows:
        row.cells[0].width, row.cells[1].width = Cm(5), Cm(12)
    document.add_paragraph("")
    document.add_paragraph("{%p endfor %}")
    document.add_paragraph("{%p for label, text in provenance %}")
    small = document.add_paragraph().add_run("{{ label }}:{{ text }}")
    small.font.size = Pt(8)
    document.add_paragraph("{%p endfor %}")
    document.save(str(path))


if __name__ == "__main__":
    make(Path(__file__).with_name("card.docx"))
