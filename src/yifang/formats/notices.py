"""Notices of other departments (部门通报): a table whose rows say that people fell ill together somewhere.

Education, civil affairs, market supervision and others send them as they have them: who tells, which school or home,
how many, with what, since when, what was done. Known by its header; a row that lacks place, number or day is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from yifang.formats import times
from yifang.formats.canonical import Item, Notice
from yifang.formats.national.words import Words
from yifang.formats.tabular import known
from yifang.formats.tabular.mapping import normal
from yifang.formats.tabular.sheet import Row
from yifang.knowledge import load

_COLUMNS = {
    "place": ("场所", "发生单位", "涉事单位", "发生地点", "单位名称", "学校名称", "place", "site"),
    "number": ("人数", "发病人数", "病例数", "患病人数", "cases", "number"),
    "symptoms": ("症状", "主要症状", "临床表现", "symptoms"),
    "day": ("时间", "发生时间", "发病时间", "首例发病时间", "日期", "onset", "date"),
    "disease": ("疑似病种", "病种", "疾病", "disease"),
    "told_by": ("通报单位", "报告单位", "通报部门", "reporter"),
    "measures": ("处置", "处置情况", "已采取措施", "measures"),
    "area": ("地区编码", "区划代码", "area_code"),
    "others": ("反馈", "备注", "联系人", "联系电话", "remark", "contact"),
}
_MEANINGS = {normal(name): meaning for meaning, names in _COLUMNS.items() for name in names}
_NEEDED = ("place", "number", "day")


def columns_of(header: Sequence[str]) -> dict[str, int] | None:
    """Meaning → position; None where the header is not that of notices."""
    found: dict[str, int] = {}
    for at, cell in enumerate(header):
        if cell.strip():
            found.setdefault(_MEANINGS.get(normal(cell), "unknown"), at)
    return found if {*_NEEDED, "symptoms"} <= found.keys() and "unknown" not in found else None


def read(rows: Iterator[Row], header: Row, columns: dict[str, int], start: int, kind: str) -> Iterator[Item]:
    """The items of the rows below the header, blank ones passed over."""
    words = Words(load())
    return known.items(
        rows, header, columns, start, kind, code="notices.cell", holds="notices", read=lambda text: _notice(text, words)
    )


def _notice(text: known.Text, words: Words) -> Notice | str:
    """The notice of a row, or the meaning of the column that is missing or cannot be read."""
    moment = times.table_time(text("day"))
    digits = text("number").removesuffix("人").removesuffix("例")
    if not text("place"):
        return "place"
    if not digits.isdecimal() or not 0 < int(digits) < 100_000:
        return "number"
    if moment is None or moment.day is None:
        return "day"
    return Notice(
        place=text("place"), number=int(digits), symptoms=text("symptoms"), day=date.fromisoformat(moment.day),
        disease=words.disease(text("disease"))[0], told_by=text("told_by"), measures=text("measures"),
        area=text("area"),
    )  # fmt: skip
