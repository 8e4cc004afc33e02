"""Recognising the lines of a picture with rapidocr (the extra `ocr`); its models come inside the wheel.

Lines are found on a smaller copy of the page, cut at the printed boxes, and only what may be an answer is read: what
stands behind an empty box is not. Heavy, on one core: in jobs only.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from yifang.apps.reporting.ocr import sheet
from yifang.apps.reporting.ocr.boxes import EMPTY, Square, boxes, darkness
from yifang.apps.reporting.ocr.reading import Line, is_card
from yifang.kernel.errors import UserError

FINDING = 1280  # pixels of the longer side at which lines are looked for
_STRAIGHT, _LONG = 0.004, 4  # the slope of a level line; width of a long line by its height
_BLANK = 1.5  # of a box's side: paper so wide ends what belongs to the box
_INK = 0.3  # darkness of what is written
_NARROW = 6  # pixels: less is nothing to read

size = sheet.size


Quad = tuple[tuple[float, float], ...]  # corners from the upper left, clockwise


def is_there() -> bool:
    """Whether the extra is installed."""
    return all(importlib.util.find_spec(name) for name in ("rapidocr", "onnxruntime", "cv2", "PIL"))


def recognise(data: bytes) -> tuple[list[Line], bytes]:
    """The lines, and the picture they lie on as JPEG.

    Raises UserError `reporting.ocr_missing` without the extra, `reporting.scan_unreadable` for what is no picture,
    `reporting.scan_small`, `reporting.scan_no_card` where the card's title is nowhere.
    """
    if not is_there():
        raise UserError("reporting.ocr_missing")
    page = sheet.page_of(data)
    quads = _quads(page)
    if _on_its_side(quads):
        page = sheet.turned(page, 1)
        quads = _quads(page)
    if any(abs(slope) > _STRAIGHT for *_, slope in _slopes(quads)):
        page = sheet.levelled(page, _slopes(quads))
        quads = _quads(page)
    if not _has_title(page, quads):
        page = sheet.turned(page, 2)
        quads = _quads(page)
        if not _has_title(page, quads):
            raise UserError("reporting.scan_no_card")
    marks, pieces = _cut(page, quads)
    return [*marks, *_read(page, pieces)], sheet.jpeg(page)


def _quads(page: Any) -> list[Quad]:
    """Where lines are, found on a smaller copy."""
    import cv2

    share = min(FINDING / max(page.shape[:2]), 1.0)
    small = cv2.resize(page, None, fx=share, fy=share, interpolation=cv2.INTER_AREA) if share < 1 else page
    found = _reader()(small, use_det=True, use_rec=False)
    if found.boxes is None:
        return []
    return [tuple((float(x) / share, float(y) / share) for x, y in corners) for corners in found.boxes]


def _on_its_side(quads: Sequence[Quad]) -> bool:
    """Whether most of the lines stand upright."""
    tall = [one for one in quads if one[2][1] - one[0][1] > 1.5 * (one[2][0] - one[0][0])]
    return len(tall) > len(quads) / 2


def _slopes(quads: Sequence[Quad]) -> list[tuple[float, float, float, float]]:
    """Of each long line: x and y of its middle, its length and slope."""
    found = []
    for upper_left, upper_right, lower_right, lower_left in quads:
        wide = upper_right[0] - upper_left[0]
        if wide > _LONG * (lower_left[1] - upper_left[1]):
            middle = ((upper_left[0] + lower_right[0]) / 2, (upper_left[1] + lower_right[1]) / 2)
            fall = (upper_right[1] - upper_left[1] + lower_right[1] - lower_left[1]) / 2
            found.append((*middle, wide, fall / wide))
    return found


def _has_title(page: Any, quads: Sequence[Quad]) -> bool:
    """Whether the card's title is among the tallest lines of the upper half."""
    upper = [one for one in quads if one[0][1] < page.shape[0] / 2]
    return is_card(_read(page, sorted(upper, key=lambda one: one[0][1] - one[3][1])[:6]))


def _cut(page: Any, quads: Sequence[Quad]) -> tuple[list[Line], list[Quad]]:
    """The marks of the boxes, and the pieces of the lines that are to be read."""
    squares, ink = boxes(page), darkness(page)
    marks: list[Line] = []
    pieces: list[Quad] = []
    for quad in quads:
        own = sorted((one for one in squares if _lies_in(one, quad)), key=lambda one: one.left)
        pieces.append(_part(quad, quad[0][0], own[0].left if own else quad[1][0]))
        for one, after in pairwise([*own, None]):
            end = after.left if after else quad[1][0]
            marks.append(Line(one.mark, 1.0, _part(quad, one.left, one.right)))
            start = _behind(one, ink, end) if one.mark == EMPTY else one.right
            pieces.append(_part(quad, start, end))
    return marks, [one for one in pieces if one[1][0] - one[0][0] > _NARROW]


def _lies_in(one: Square, quad: Quad) -> bool:
    middle = (one.left + one.right) / 2
    if not quad[0][0] - _NARROW < middle < quad[1][0]:
        return False
    upper, lower = _part(quad, middle, middle)[0][1], _part(quad, middle, middle)[3][1]
    return upper < (one.top + one.bottom) / 2 < lower


def _part(quad: Quad, start: float, end: float) -> Quad:
    """The part of a line between two places across the page."""

    def at(left: tuple[float, float], right: tuple[float, float], x: float) -> tuple[float, float]:
        return x, left[1] + (right[1] - left[1]) * (x - left[0]) / max(right[0] - left[0], 1)

    upper_left, upper_right, lower_right, lower_left = quad
    return (
        at(upper_left, upper_right, start), at(upper_left, upper_right, end),
        at(lower_left, lower_right, end), at(lower_left, lower_right, start),
    )  # fmt: skip


def _behind(one: Square, ink: Any, end: float) -> float:
    """Where something else begins behind the label of an empty box: after much blank paper; else the end."""
    import numpy

    written = (ink[one.top : one.bottom, one.right : int(end)] > _INK).any(axis=0)
    at = numpy.flatnonzero(written)
    gaps = numpy.flatnonzero(numpy.diff(at) > _BLANK * (one.right - one.left))
    return float(one.right + at[gaps[0] + 1] - 2) if gaps.size else end


def _read(page: Any, pieces: Sequence[Quad]) -> list[Line]:
    """The text of each piece of which any was made out."""
    from rapidocr.ch_ppocr_rec import TextRecInput

    if not pieces:
        return []
    found = _reader()._load_rec_model()(TextRecInput(img=[_cropped(page, one) for one in pieces]))
    return [
        Line(text, float(score), one)
        for one, text, score in zip(pieces, found.txts, found.scores, strict=True)
        if text.strip()
    ]


def _cropped(page: Any, quad: Quad) -> Any:
    import cv2
    import numpy

    wide, high = max(int(quad[1][0] - quad[0][0]), 1), max(int(quad[3][1] - quad[0][1]), 1)
    source = numpy.array(quad, dtype="float32")
    target = numpy.array([[0, 0], [wide, 0], [wide, high], [0, high]], dtype="float32")
    matrix = cv2.getPerspectiveTransform(source, target)
    return cv2.warpPerspective(page, matrix, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


@lru_cache(maxsize=1)
def _reader() -> Any:
    """One for the process, on one core: a second helps little and the pages need it."""
    from rapidocr import RapidOCR

    return RapidOCR(params={
        "Global.log_level": "warning", "Global.use_cls": False, "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    })  # fmt: skip
