"""An empty page of our Word templates: A4, its margins, its font. Only for making templates."""

from docx import Document
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

FONT = "宋体"


def blank(space_after: float):  # type: ignore[no-untyped-def]  # python-docx has no types
    """A document without text; paragraphs stand `space_after` points apart."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(10.5)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.paragraph_format.space_after = Pt(space_after)
    return document
