"""The printed boxes of a form on a straight page, and which of them are ticked, told by the ink inside each.

A box is a frame that is closed on four sides, as wide as it is high, as large as most such frames on the page, with
paper on either side of it: a form has a hundred alike, and a character that looks like one (国, 日, 口) differs in size
or stands close to its neighbours. Whether a box is ticked is never left to the recogniser of text, which drops ticks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

EMPTY, TICKED, UNCLEAR = "□", "☑", "?"
_LEAST, _MOST = 9, 48  # pixels of a side
_FEW = 12  # fewer hollow frames than this are no form
_THRESHOLDS = (0.2, 0.3, 0.4)  # of darkness: a blurred photograph has pale lines
_HOLLOW, _EMPTY, _TICKED = 0.13, 0.05, 0.1  # darkness inside: of a frame at all; above that of an empty one of the page
_LARGER, _SMALLER = 0.05, 0.12  # of the side that a box may differ from the others, a pixel at least
_OBLONG = 0.25  # of the side: a sheet seen askew is not made quite right again
_BEFORE, _BEHIND = 0.5, 0.15  # of the side: paper before a box and behind it
_AT_BRACKET, _BRACKET, _TALLER = 0.1, 0.4, 0.12  # of the side: paper behind a bracket, its width, what it is taller
_WRITTEN = 0.25  # darkness of what holds ink


@dataclass(frozen=True, slots=True)
class Square:
    """A box: its place on the page and its mark: empty, ticked, or neither surely."""

    left: int
    top: int
    right: int
    bottom: int
    mark: str


@dataclass(frozen=True, slots=True)
class _Frame:
    left: int
    top: int
    wide: int
    high: int
    inside: float


def boxes(page: Any) -> list[Square]:
    """The boxes of a page (rows, columns, blue-green-red), none where it is no form."""
    ink = darkness(page)
    found = max((_frames(ink, level) for level in _THRESHOLDS), key=lambda frames: len(_hollow(frames)))
    if len(_hollow(found)) < _FEW:
        return []
    wide = _usual([one.wide for one in _hollow(found)])
    high = _usual([one.high for one in _hollow(found)])
    alike = [
        one for one in found if _is_like(one.wide, wide) and _is_like(one.high, high) and _stands_alone(one, ink, wide)
    ]
    hollow = sorted(one.inside for one in _hollow(alike))
    pale = hollow[len(hollow) // 2] if hollow else 0.0
    return [
        Square(one.left, one.top, one.left + one.wide, one.top + one.high, _mark(one.inside - pale)) for one in alike
    ]


def darkness(page: Any) -> Any:
    """How dark each pixel is beside the paper around it, 0 to 1: shadows and lamps taken out."""
    import cv2
    import numpy

    gray = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(gray, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    paper = cv2.GaussianBlur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, numpy.ones((15, 15), numpy.uint8)), (5, 5), 0)
    paper = cv2.resize(paper, (gray.shape[1], gray.shape[0]), interpolation=cv2.INTER_LINEAR).astype("float32")
    return numpy.clip(1 - gray.astype("float32") / numpy.maximum(paper, 1), 0, 1)


def _mark(more: float) -> str:
    return EMPTY if more < _EMPTY else TICKED if more > _TICKED else UNCLEAR


def _frames(ink: Any, level: float) -> list[_Frame]:
    """What is closed on four sides and about square."""
    import cv2

    dark = (cv2.GaussianBlur(ink, (3, 3), 0.7) > level).astype("uint8")
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    found = []
    for number in range(1, count):
        left, top, wide, high, _area = (int(one) for one in stats[number])
        if not (_LEAST <= wide <= _MOST and _LEAST <= high <= _MOST and abs(wide - high) <= max(_OBLONG * wide, 2)):
            continue
        own = labels[top : top + high, left : left + wide] == number
        edge = max(2, round(0.18 * wide))
        sides = (own[:edge], own[-edge:], own[:, :edge].T, own[:, -edge:].T)
        if min(one.any(0).mean() for one in sides) < 0.9 or min(one.mean(1).max() for one in sides) < 0.8:
            continue
        inner = round(0.25 * wide)
        inside = ink[top + inner : top + high - inner, left + inner : left + wide - inner]
        found.append(_Frame(left, top, wide, high, float(inside.mean())))
    return found


def _hollow(frames: Sequence[_Frame]) -> list[_Frame]:
    return [one for one in frames if one.inside < _HOLLOW]


def _usual(lengths: Sequence[int]) -> float:
    """The length that most of them have about."""
    most = max(lengths, key=lambda length: sum(abs(one - length) <= 0.1 * length for one in lengths))
    return median(one for one in lengths if abs(one - most) <= 0.1 * most)


def _is_like(length: int, usual: float) -> bool:
    return usual - max(_SMALLER * usual, 1) <= length <= usual + max(_LARGER * usual, 1)


def _stands_alone(one: _Frame, ink: Any, side: float) -> bool:
    """Whether there is paper behind it and before it: much, or a little behind a bracket."""
    import numpy

    rows = ink[one.top + 2 : one.top + one.high - 2]
    right = one.left + one.wide
    behind = rows[:, right + 1 : right + 1 + round(_BEHIND * side)]
    if (behind > _WRITTEN).any():
        return False
    start = max(one.left - 1 - round(side), 0)
    written = (rows[:, start : max(one.left - 1, 0)] > _WRITTEN).any(axis=0)[::-1]
    gap = int(numpy.argmax(written)) if written.any() else len(written)
    if gap >= _BEFORE * side or gap < _AT_BRACKET * side:
        return gap >= _BEFORE * side
    width = int(numpy.argmin(written[gap:]))  # 0 where it has no end
    neighbour = slice(one.left - 1 - gap - width, one.left - 1 - gap)
    beyond = max(round(_TALLER * side), 1)
    below = ink[one.top + one.high : one.top + one.high + beyond, neighbour]
    return 0 < width < _BRACKET * side and bool((below > _WRITTEN).any())
