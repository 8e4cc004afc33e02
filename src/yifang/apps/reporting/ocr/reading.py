"""Recognised lines of a printed card → answers, each with its confidence and its place on the picture. Pure.

The labels of the form cut the text, in reading order, into questions; a question with choices takes the one whose box
is ticked: the marks of the boxes stand in the text, and what follows an empty one may be left out of it. A tick that
was not seen is concluded where every other choice has its empty box, with less confidence. An answer that its own
checks refuse (a check digit, a date that is none, a box in the midst of a text) is never sure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import atan2, cos, sin
from statistics import median
from unicodedata import normalize

from yifang.apps.reporting.papers.layout import CLASSES
from yifang.apps.reporting.rules import Field, Form, form_of
from yifang.kernel import areas, identity_number
from yifang.kernel.errors import YifangError
from yifang.knowledge import Knowledge

SURE = 0.85  # below it an answer is shown beside its picture and left empty; ours
_CONCLUDED = 0.7  # of the confidence, for a tick that was not seen but follows from the others
_REFUSED = 0.4  # for what its own check refuses
_TICKED, _EMPTY, _UNCLEAR = "☑☒■√✓✔", "□☐口囗", "?"
_FOOT = ("版本", "打印", "网报卡号")
_DAY = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日(?:(\d{1,2})[::时](\d{2})?)?")
_LEFT_OUT = frozenset({"card_no", "card_type", "report_org", "report_org_phone", "report_area", "return_reason"})


@dataclass(frozen=True, slots=True)
class Line:
    """A recognised line: its text, how sure, and its corners (x, y) from the upper left, clockwise."""

    text: str
    score: float
    corners: tuple[tuple[float, float], ...]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom."""
        xs, ys = [x for x, _ in self.corners], [y for _, y in self.corners]
        return int(min(xs)), int(min(ys)), int(max(xs)), int(max(ys))


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read for a field: the form's own answer, how sure, and where on the picture."""

    value: str
    confidence: float
    box: tuple[int, int, int, int]

    @property
    def is_sure(self) -> bool:
        return self.confidence >= SURE


@dataclass(frozen=True, slots=True)
class _Segment:
    """The part of a line that belongs to a question."""

    text: str
    score: float
    box: tuple[int, int, int, int]


@dataclass(slots=True)
class _Piece:
    """A question as it lies on the picture, over one line or several."""

    segments: list[_Segment]

    @property
    def text(self) -> str:
        return "".join(one.text for one in self.segments)

    @property
    def score(self) -> float:
        return min(one.score for one in self.segments)

    @property
    def box(self) -> tuple[int, int, int, int]:
        boxes = [one.box for one in self.segments]
        return (
            min(one[0] for one in boxes), min(one[1] for one in boxes),
            max(one[2] for one in boxes), max(one[3] for one in boxes),
        )  # fmt: skip

    def at(self, place: int, length: int) -> _Segment:
        """What is around `length` characters from `place` of the whole text: the box before them too."""
        for one in self.segments:
            if place < len(one.text):
                start, end = max(place - 6, 0), min(place + length + 3, len(one.text))
                return _Segment(one.text, one.score, _part(one.box, start, end, len(one.text)))
            place -= len(one.text)
        return self.segments[-1]


def read(lines: Iterable[Line], knowledge: Knowledge) -> dict[str, Answer]:
    """The answers by field of the form; nothing for what is empty on the paper or cannot be made out."""
    form = form_of(knowledge)
    pieces = _cut(_in_order(list(lines)), _labels(form), [_plain(one.name) for one in form.supplements])
    found: dict[str, Answer] = {}
    diseases = [piece for name, piece in pieces.items() if name.startswith("disease.")]
    if diseases:
        found |= _disease(diseases, knowledge)
    for name, piece in pieces.items():
        field = form.field(name)
        if field is None or name in _LEFT_OUT or field.filled_by_system:
            continue
        answer = _choice(piece, field) if field.codes is not None else _text(piece, field, knowledge)
        if answer is not None:
            found[name] = answer
    supplement = form.supplement_of(found["disease"].value if "disease" in found else "")
    own = {one.id for one in supplement.fields} if supplement else set()
    return {name: one for name, one in found.items() if "." not in name or name in own}


def is_card(lines: Iterable[Line]) -> bool:
    """Whether the title of the card is among the lines."""
    return any("传染病报告卡" in _plain(one.text) for one in lines)


def slope(lines: Sequence[Line]) -> float:
    """The median slope of the long lines, in radians: how far the page is turned."""
    angles = [
        atan2(one.corners[1][1] - one.corners[0][1], one.corners[1][0] - one.corners[0][0])
        for one in lines
        if one.corners[1][0] - one.corners[0][0] > 3 * abs(one.corners[3][1] - one.corners[0][1])
    ]
    return median(angles) if angles else 0.0


def _in_order(lines: list[Line]) -> list[Line]:
    """Row by row, each from left to right, on the page turned straight."""
    angle = slope(lines)

    def straight(one: Line) -> tuple[float, float, float]:
        x, y = (sum(each[place] for each in one.corners) / 4 for place in (0, 1))
        left = min(each[0] * cos(angle) + each[1] * sin(angle) for each in one.corners)
        height = abs(one.corners[3][1] - one.corners[0][1]) + abs(one.corners[2][1] - one.corners[1][1])
        return y * cos(angle) - x * sin(angle), left, height / 2

    placed = sorted(((*straight(one), one) for one in lines), key=lambda each: each[0])
    rows: list[list[tuple[float, float, float, Line]]] = []
    for one in placed:
        if rows and one[0] - median(each[0] for each in rows[-1]) < 0.5 * max(one[2], rows[-1][0][2]):
            rows[-1].append(one)
        else:
            rows.append([one])
    return [each[3] for row in rows for each in sorted(row, key=lambda each: each[1])]


def _labels(form: Form) -> dict[str, str]:
    """The labels as they are printed, plain → field (or the class of diseases)."""
    asked = [*form.fields.values(), *(one for supplement in form.supplements for one in supplement.fields)]
    labels = {_plain(one.label): one.id for one in reversed(asked) if one.id not in ("disease", "disease_subtype")}
    return {**labels, **{_plain(title): f"disease.{key}" for key, title in CLASSES}}


def _cut(lines: Sequence[Line], labels: Mapping[str, str], headings: Sequence[str]) -> dict[str, _Piece]:
    """The text between one label and the next, by field; a heading or the line at the foot ends a question."""
    pattern = re.compile("|".join(re.escape(one) for one in sorted(labels, key=len, reverse=True)))
    pieces: dict[str, _Piece] = {}
    current: _Piece | None = None
    for line in lines:
        text = _plain(line.text)
        if text in headings or text.startswith(_FOOT):
            current = None
            continue
        found = [one for one in pattern.finditer(text) if text[one.end() : one.end() + 1] == ":"]
        marks = [one for one in found if _begins(text, one.start())]
        before = text[: marks[0].start()] if marks else text
        if before and current is not None and (before[0] in _EMPTY + _TICKED or not marks):
            current.segments.append(_Segment(before, line.score, _part(line.box, 0, len(before), len(text))))
        for place, mark in enumerate(marks):
            end = marks[place + 1].start() if place + 1 < len(marks) else len(text)
            box = _part(line.box, mark.start(), end, len(text))
            current = _Piece([_Segment(text[mark.end() + 1 : end], line.score, box)])
            pieces.setdefault(labels[mark[0]], current)
    return pieces


def _begins(text: str, at: int) -> bool:
    """Whether a label may begin there: not inside a longer word that only ends like it (填卡日期 holds no 出生日期)."""
    return at == 0 or not ("\u4e00" <= text[at - 1] <= "\u9fff") or text[at - 1] in _EMPTY


def _part(box: tuple[int, int, int, int], start: int, end: int, length: int) -> tuple[int, int, int, int]:
    """The part of a line's box that its characters from `start` to `end` take."""
    left, top, right, bottom = box
    wide = (right - left) / max(length, 1)
    return int(left + start * wide), top, int(left + end * wide) + 4, bottom


def _choice(piece: _Piece, field: Field) -> Answer | None:
    options = {_plain(label): code for code, label in (field.codes or {}).items()}
    chosen, sure, at = _ticked(piece, list(options))
    where = piece.at(at, len(chosen))
    return Answer(options[chosen], where.score * sure, where.box) if chosen else None


def _disease(pieces: Sequence[_Piece], knowledge: Knowledge) -> dict[str, Answer]:
    """The disease and the subtype whose boxes are ticked, over all classes."""
    reported = [one for one in knowledge.diseases.values() if one.report_as is None]
    names = {_plain(one.name): (one.id, "") for one in reported}
    parts = {_plain(part.name): (one.id, part.id) for one in reported for part in one.subtypes}
    whole = _Piece([segment for piece in pieces for segment in piece.segments])
    every = [*names, *parts]
    disease, sure, at = _ticked(whole, list(names), every)
    part, part_sure, part_at = _ticked(whole, list(parts), every)
    if part and not disease:  # the disease is the one that the subtype is of
        disease = next(name for name, (id, _) in names.items() if id == parts[part][0])
        sure, at = part_sure * _CONCLUDED, part_at
    if not disease:
        return {}
    where = whole.at(at, len(disease))
    found = {"disease": Answer(names[disease][0], where.score * sure, where.box)}
    if part and parts[part][0] == names[disease][0]:
        where = whole.at(part_at, len(part))
        found["disease_subtype"] = Answer(parts[part][1], where.score * part_sure, where.box)
    return found


def _ticked(piece: _Piece, options: Sequence[str], among: Sequence[str] = ()) -> tuple[str, float, int]:
    """The one ticked option, how sure from 0 to 1, and where it stands; empty where none is ticked, or several are."""
    marks: dict[str, tuple[str, int]] = {}
    text = left = piece.text
    begins = set(accumulate(len(one.text) for one in piece.segments))
    for option in sorted({*options, *among}, key=len, reverse=True):
        at = left.find(option)
        if at >= 0:
            marks[option] = (text[at - 1] if at else "", at)
            left = left[:at] + "\x00" * len(option) + left[at + len(option) :]
    own = {option: mark for option, mark in marks.items() if option in options}
    ticked = [option for option, (mark, _) in own.items() if mark and mark in _TICKED]
    sure = _CONCLUDED if any(mark == _UNCLEAR for mark, _ in own.values()) else 1.0
    if not ticked and len(own) > 1:
        # Bare after a bracket, or where a line begins, is a box on the line before or none at all.
        ticked = [
            option for option, (mark, at) in own.items() if at == 0 or (mark not in _EMPTY + "(、" and at not in begins)
        ]
        sure = _CONCLUDED
    return (ticked[0], sure, own[ticked[0]][1]) if len(ticked) == 1 else ("", 0.0, 0)


def _text(piece: _Piece, field: Field, knowledge: Knowledge) -> Answer | None:
    text = piece.text.strip("_·—-:")
    if not text:
        return None
    if any(mark in text for mark in _EMPTY[0] + _TICKED + _UNCLEAR):  # a character taken for a box
        return Answer(text, piece.score * _REFUSED, piece.box)
    if field.type in ("date", "datetime"):
        return _date(piece, field.type == "datetime")
    if field.id == "id_no":
        number = text.upper()
        good = identity_number.is_valid(number) if len(number) in (15, 18) else text == "无"
        return Answer(number, piece.score if good else piece.score * _REFUSED, piece.box)
    if field.type == "phone":
        digits = re.sub(r"[^\d-]", "", text)
        return (
            Answer(digits, piece.score if len(digits) >= 7 else piece.score * _REFUSED, piece.box) if digits else None
        )
    if field.type == "integer":
        return Answer(text, piece.score, piece.box) if text.isdigit() else None
    if field.type == "area_code":
        return _area(piece, knowledge)
    return Answer(text[: field.max or 200], piece.score, piece.box)


def _date(piece: _Piece, with_time: bool) -> Answer | None:
    found = _DAY.search(piece.text)
    if found is None:
        return None
    year, month, day = (int(found[place]) for place in (1, 2, 3))
    good = 1 <= month <= 12 and 1 <= day <= 31 and 1900 <= year <= 2100
    value = f"{year:04}-{month:02}-{day:02}"
    if with_time:
        value += f"T{int(found[4] or 0):02}:{int(found[5] or 0):02}"
    return Answer(value, piece.score if good else piece.score * _REFUSED, piece.box)


def _area(piece: _Piece, knowledge: Knowledge) -> Answer | None:
    """The township by its code, where name and code agree surely; by its name alone where there is no code."""
    found = re.search(r"\d{6,15}$", piece.text)
    name = piece.text[: found.start()] if found else piece.text
    if found is not None:
        try:
            code = areas.normalise(found[0])
        except YifangError:
            code = ""
        known = _plain(knowledge.regions.full_name(code) or "") if code else ""
        if known:
            return Answer(code, piece.score if known == name else piece.score * _REFUSED, piece.box)
    by_name = [one.code for one in knowledge.regions if one.level == "township" and name.endswith(_plain(one.name))]
    whole = [code for code in by_name if _plain(knowledge.regions.full_name(code) or "") == name]
    return Answer(whole[0], piece.score, piece.box) if len(whole) == 1 else None


def _plain(text: str) -> str:
    """One width, no blanks, no stars: as labels and texts are compared."""
    return re.sub(r"[\s*＊]", "", normalize("NFKC", text)).replace("：", ":")
