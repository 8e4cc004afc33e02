"""From a photograph to a straight page: turned as the camera says, the sheet found on the table, grain smoothed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from yifang.kernel.errors import UserError

LONGEST = 2200  # pixels of the longer side: more costs time and reads no better
_SMALLEST, _SHEET, _CORNER = 500, 0.25, 0.02  # pixels; the least share of the picture that a sheet takes
_GRAIN = 2.0  # levels of grey
_MANY = 20  # lines
_LEVELS = (1.0, 0.8, 0.65, 0.5)  # of the level that parts dark and bright: a sheet half in shadow is two, or one


def page_of(data: bytes) -> Any:
    """The page as rows of blue-green-red pixels.

    Raises UserError `reporting.scan_unreadable` for what is no picture, `reporting.scan_small`.
    """
    return _without_grain(_flat(_opened(data)))


def size(picture: bytes) -> tuple[int, int]:
    """Width and height of a picture."""
    from PIL import Image

    wide, high = Image.open(io.BytesIO(picture)).size
    return wide, high


def jpeg(page: Any) -> bytes:
    """The page as a picture to keep."""
    import cv2

    done, data = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, 80])
    if not done:
        raise UserError("reporting.scan_unreadable")
    return bytes(data.tobytes())


def turned(page: Any, quarters: int) -> Any:
    """The page turned to the left by so many quarters."""
    import numpy

    return numpy.ascontiguousarray(numpy.rot90(page, quarters))


def levelled(page: Any, lines: Sequence[tuple[float, float, float, float]]) -> Any:
    """The page of a sheet that was bent or seen askew, its lines level; each is (x and y of its middle, length, slope).

    The slope is taken for a smooth function of the place, fitted to the lines by their lengths, or for the same
    everywhere where they are few.
    """
    import cv2
    import numpy

    high, wide = page.shape[:2]
    known = 1 if len(lines) < _MANY else None
    x, y, length, slope = numpy.array(lines).T

    def terms(across: Any, down: Any) -> Any:
        u, v = across / wide - 0.5, down / high - 0.5
        return numpy.stack([numpy.ones_like(u), u, v, u * v, u * u, u * u * v][:known], axis=-1)

    weights = numpy.sqrt(length)[:, None]
    found, *_ = numpy.linalg.lstsq(terms(x, y) * weights, slope[:, None] * weights, rcond=None)
    across, down = numpy.meshgrid(numpy.arange(wide, dtype="float32"), numpy.arange(high, dtype="float32"))
    fall = numpy.cumsum((terms(across, down) @ found)[..., 0], axis=1)
    fall -= fall[:, wide // 2 : wide // 2 + 1]
    return cv2.remap(page, across, (down + fall).astype("float32"), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


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
    image.thumbnail((1.5 * LONGEST, 1.5 * LONGEST))  # the table around the sheet goes yet
    return numpy.asarray(image)[:, :, ::-1].copy()


def _flat(picture: Any) -> Any:
    """The sheet made a rectangle, where a bright quadrangle on a darker ground is found; else the picture itself."""
    import cv2

    small = LONGEST / 2 / max(picture.shape[:2])
    gray = cv2.cvtColor(cv2.resize(picture, None, fx=small, fy=small, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    gray = cv2.GaussianBlur(gray, (5, 5), 0)
    middle, _ = cv2.threshold(gray, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    found = [one for level in _LEVELS if (one := _quadrangle(gray > level * middle)) is not None]
    if not found:
        return _flattened(picture, None)
    return _flattened(picture, max(found, key=cv2.contourArea).reshape(4, 2).astype("float32") / small)


def _quadrangle(bright: Any) -> Any | None:
    """The corners of the largest bright part, where it is a quadrangle with a ground around it."""
    import cv2
    import numpy

    closed = cv2.morphologyEx(bright.astype("uint8"), cv2.MORPH_CLOSE, numpy.ones((13, 13), numpy.uint8))
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not outlines:
        return None
    outline = max(outlines, key=cv2.contourArea)
    corners = cv2.approxPolyDP(outline, _CORNER * cv2.arcLength(outline, True), True)
    fits = _SHEET < cv2.contourArea(outline) / bright.size < 0.97
    return corners if fits and len(corners) == 4 and cv2.isContourConvex(corners) else None


def _flattened(picture: Any, corners: Any | None) -> Any:
    """What lies between the corners as a rectangle, the whole picture without any, at most LONGEST long."""
    import cv2
    import numpy

    if corners is None:
        share = min(LONGEST / max(picture.shape[:2]), 1.0)
        return cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA) if share < 1 else picture
    sums, differences = corners.sum(axis=1), numpy.diff(corners, axis=1).reshape(4)
    upper_left, lower_right = corners[sums.argmin()], corners[sums.argmax()]
    upper_right, lower_left = corners[differences.argmin()], corners[differences.argmax()]
    wide = max(numpy.linalg.norm(upper_right - upper_left), numpy.linalg.norm(lower_right - lower_left))
    high = max(numpy.linalg.norm(lower_left - upper_left), numpy.linalg.norm(lower_right - upper_right))
    share = min(LONGEST / max(wide, high), 1.0)
    wide, high = wide * share, high * share
    source = numpy.array([upper_left, upper_right, lower_right, lower_left], dtype="float32")
    target = numpy.array([[0, 0], [wide, 0], [wide, high], [0, high]], dtype="float32")
    matrix = cv2.getPerspectiveTransform(source, target)
    return cv2.warpPerspective(picture, matrix, (int(wide), int(high)), flags=cv2.INTER_AREA)


def _without_grain(page: Any) -> Any:
    """Grain smoothed where there is much of it: it eats the boxes."""
    import cv2
    import numpy

    smooth = cv2.medianBlur(page, 3)
    grain = float(numpy.median(cv2.absdiff(page, smooth)))
    return smooth if grain > _GRAIN else page
