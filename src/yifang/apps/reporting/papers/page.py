"""An empty page of our Word templates: A4, its margins, its font. Only for making templates."""

from docx import Document
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

FONT = "宋体"


def blank(space_after: float, *, margin: float = 2, size: float = 10.5):  # type: ignore[no-untyped-def]  # python-docx has no types
    """A document without text: `margin` cm at its sides, letters of `size` points, paragraphs `space_after` apart."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(margin)
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(size)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.paragraph_format.space_after = Pt(space_after)
    return document
