"""Recognising the lines of a picture with rapidocr (the extra `ocr`); its models come inside the wheel.

A photograph is first brought to the page: turned as the camera says, the sheet found on the table and made a rectangle,
pages that lie on their side or head turned. Heavy: in jobs only.
"""

from __future__ import annotations

import importlib.util
import io
from functools import lru_cache
from typing import Any

from yifang.apps.reporting.ocr.reading import Line, is_card, slope
from yifang.kernel.errors import UserError

LONGEST = 2200  # pixels of the longer side: more costs time and reads no better
_SMALLEST, _SHEET, _CORNER = 500, 0.25, 0.02  # pixels; the least share of the picture that a sheet takes
_STRAIGHT, _GRAIN = 0.01, 2.0  # radians; levels of grey


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
    picture = _page(_without_grain(_opened(data)))
    lines = _lines(picture)
    if abs(turn := slope(lines)) > _STRAIGHT:  # long lines that climb are read badly
        picture = _straightened(picture, turn)
        lines = _lines(picture)
    if _on_its_side(lines):
        picture = _turned(picture, 1)
        lines = _lines(picture)
    if not _upright(lines, picture.shape[0]):
        turned = _turned(picture, 2)
        again = _lines(turned)
        if _upright(again, turned.shape[0]):
            picture, lines = turned, again
    if not is_card(lines):
        raise UserError("reporting.scan_no_card")
    return lines, _jpeg(picture)


def size(picture: bytes) -> tuple[int, int]:
    """Width and height of a picture."""
    from PIL import Image

    wide, high = Image.open(io.BytesIO(picture)).size
    return wide, high


def _opened(data: bytes) -> Any:
    import numpy
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = 80_000_000
    try:
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise UserError("reporting.scan_unreadable") from None
    if min(image.size) < _SMALLEST:
        raise UserError("reporting.scan_small", least=_SMALLEST)
    image.thumbnail((LONGEST, LONGEST))
    return numpy.asarray(image)[:, :, ::-1].copy()


def _page(picture: Any) -> Any:
    """The sheet made a rectangle, where a bright quadrangle on a darker ground is found; else the picture itself."""
    import cv2
    import numpy

    gray = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (9, 9), 0)
    _, bright = cv2.threshold(gray, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    bright = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, numpy.ones((25, 25), numpy.uint8))
    outlines, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    area = picture.shape[0] * picture.shape[1]
    for outline in sorted(outlines, key=cv2.contourArea, reverse=True)[:1]:
        if not _SHEET * area < cv2.contourArea(outline) < 0.97 * area:
            continue
        corners = cv2.approxPolyDP(outline, _CORNER * cv2.arcLength(outline, True), True)
        if len(corners) == 4 and cv2.isContourConvex(corners):
            return _flattened(picture, corners.reshape(4, 2).astype("float32"))
    return picture


def _without_grain(picture: Any) -> Any:
    """Grain smoothed where there is much of it: it eats the boxes."""
    import cv2
    import numpy

    smooth = cv2.medianBlur(picture, 3)
    grain = float(numpy.median(cv2.absdiff(picture, smooth)))
    return smooth if grain > _GRAIN else picture


def _straightened(picture: Any, turn: float) -> Any:
    import cv2
    import numpy

    high, wide = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((wide / 2, high / 2), numpy.degrees(turn), 1.0)
    return cv2.warpAffine(picture, matrix, (wide, high), flags=cv2.INTER_CUBIC, borderValue=(255, 255, 255))


def _flattened(picture: Any, corners: Any) -> Any:
    import cv2
    import numpy

    sums, differences = corners.sum(axis=1), numpy.diff(corners, axis=1).reshape(4)
    upper_left, lower_right = corners[sums.argmin()], corners[sums.argmax()]
    upper_right, lower_left = corners[differences.argmin()], corners[differences.argmax()]
    wide = max(numpy.linalg.norm(upper_right - upper_left), numpy.linalg.norm(lower_right - lower_left))
    high = max(numpy.linalg.norm(lower_left - upper_left), numpy.linalg.norm(lower_right - upper_right))
    source = numpy.array([upper_left, upper_right, lower_right, lower_left], dtype="float32")
    target = numpy.array([[0, 0], [wide, 0], [wide, high], [0, high]], dtype="float32")
    return cv2.warpPerspective(picture, cv2.getPerspectiveTransform(source, target), (int(wide), int(high)))


def _lines(picture: Any) -> list[Line]:
    """The lines; a long one of which hardly anything was made out is looked at again by itself."""
    found = _recognised(picture)
    again = [one for one in found if _hardly_read(one)]
    kept = [one for one in found if one not in again]
    for one in again:
        kept += _closer(picture, one) or [one]
    return kept


def _recognised(picture: Any, left: int = 0, top: int = 0) -> list[Line]:
    found = _reader()(picture)
    if found.boxes is None or found.txts is None or found.scores is None:
        return []
    return [
        Line(text, float(score), tuple((float(x) + left, float(y) + top) for x, y in corners))
        for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
    ]


def _hardly_read(line: Line) -> bool:
    """Whether a wide line holds far fewer characters than would fit it."""
    left, top, right, bottom = line.box
    wide, high = right - left, max(bottom - top, 1)
    return wide > 12 * high and len(line.text) < 0.4 * wide / high


def _closer(picture: Any, line: Line) -> list[Line]:
    """The line again, from a strip of the page that holds it with a little around it."""
    _left, top, _right, bottom = line.box
    high = bottom - top
    start = max(top - high, 0)
    strip = picture[start : bottom + high].copy()
    found = _recognised(strip, 0, start)
    return [one for one in found if top - high / 2 < (one.box[1] + one.box[3]) / 2 < bottom + high / 2]


def _on_its_side(lines: list[Line]) -> bool:
    """Whether most of the long lines stand upright."""
    standing = [one for one in lines if len(one.text) > 3]
    tall = [one for one in standing if one.box[3] - one.box[1] > 1.5 * (one.box[2] - one.box[0])]
    return len(tall) > len(standing) / 2


def _upright(lines: list[Line], height: int) -> bool:
    """Whether the card's title stands in the upper half."""
    return any(one.box[1] < height / 2 for one in lines if is_card([one]))


def _turned(picture: Any, quarters: int) -> Any:
    import numpy

    return numpy.ascontiguousarray(numpy.rot90(picture, quarters))


def _jpeg(picture: Any) -> bytes:
    import cv2

    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])
    if not done:
        raise UserError("reporting.scan_unreadable")
    return bytes(data.tobytes())


@lru_cache(maxsize=1)
def _reader() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "warning"})
