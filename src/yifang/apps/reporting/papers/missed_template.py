"""Makes `missed.docx`, the Word template of the missed-report audit's report.

`python -m yifang.apps.reporting.papers.missed_template`: run it after changing the look here; a region edits a copy in
Word instead and puts it into the folder `papers` of the data folder.
"""

from pathlib import Path

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt

from yifang.apps.reporting.papers.page import blank


def make(path: Path) -> None:
    """Write the template."""
    document = blank(3)
    _line(document, "{{ title }}", 16, centred=True)
    _line(document, "{{ who }}    {{ span }}", 10.5, centred=True)
    document.add_paragraph("{%p for one in summary %}")
    document.add_paragraph("{{ one }}")
    document.add_paragraph("{%p endfor %}")
    document.add_paragraph("{%p for part in parts %}")
    _line(document, "{{ part.title }}", 12)
    document.add_paragraph("{%p if part.rows %}")
    table = document.add_table(rows=4, cols=3)
    table.style = "Table Grid"
    table.rows[0].cells[0].text = "{%tc for head in part.heads %}"
    table.rows[0].cells[1].text = "{{ head }}"
    table.rows[0].cells[2].text = "{%tc endfor %}"
    table.rows[1].cells[0].text = "{%tr for row in part.rows %}"
    table.rows[2].cells[0].text = "{%tc for cell in row %}"
    table.rows[2].cells[1].text = "{{ cell }}"
    table.rows[2].cells[2].text = "{%tc endfor %}"
    table.rows[3].cells[0].text = "{%tr endfor %}"
    document.add_paragraph("{%p else %}")
    document.add_paragraph("{{ part.none }}")
    document.add_paragraph("{%p endif %}")
    document.add_paragraph("{%p endfor %}")
    for over, text in (("one in notes", "{{ one }}"), ("label, text in provenance", "{{ label }}：{{ text }}")):
        document.add_paragraph(f"{{%p for {over} %}}")
        document.add_paragraph().add_run(text).font.size = Pt(8)
        document.add_paragraph("{%p endfor %}")
    document.save(str(path))


def _line(document, text: str, size: float, *, centred: bool = False) -> None:
    paragraph = document.add_paragraph()
    run = paragraph.add_run(text)
    run.bold, run.font.size = size > 11, Pt(size)
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    else:
        paragraph.paragraph_format.space_before = Pt(8)


if __name__ == "__main__":
    make(Path(__file__).with_name("missed.docx"))
