"""The county's export of the national system (大疫情网): one row a card, with the habits of the real file.

Headers come from the national_system pack; a title and a blank line stand above them, `.` stands for empty, an
apostrophe before long numbers. Two scopes: what the county's units reported, and who lives in the county.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from yifang import knowledge
from yifang.kernel import areas
from yifang.world.writing.table import sheet_of

EMPTY = "."
_LONG = ("national_card_id", "id_no")
_MINUTE = "%Y-%m-%d %H:%M"
_BELONGS = {
    "1": "本县区", "2": "本市其他县区", "3": "本省其它地市", "4": "外省", "5": "港澳台", "6": "外籍"
}  # fmt: skip
# columns that the open programs which read the export do not know; a county's file does not have them
_LEFT_OUT = frozenset(("clinical_severity", "origin", "origin_area"))


@dataclass(slots=True)
class Card:
    """One card: `values` by the pack's column ids; the areas decide which scopes it is in."""

    national_card_id: str
    entered: datetime
    report_area: str
    residence: str
    values: dict[str, str] = field(default_factory=dict)


def minute(at: datetime) -> str:
    """A time as the export writes it."""
    return format(at, _MINUTE)


def age(birth: date, day: date) -> str:
    """Age with its unit: 35岁, 6月, 12天."""
    months = (day.year - birth.year) * 12 + day.month - birth.month - (day.day < birth.day)
    if months >= 12:
        return f"{months // 12}岁"
    return f"{months}月" if months >= 1 else f"{max(0, (day - birth).days)}天"


def area(code: str) -> str:
    """Eight digits: the county and two digits of the township."""
    own = areas.normalise(code)
    return f"{own[:6]}00" if len(own) <= 6 else f"{own[:6]}{own[7:9]}"


def belongs(residence: str, reporter: str) -> str:
    """病人属于 in the export's words."""
    return _BELONGS[areas.relation(residence, reporter)]


def columns(old_words: bool = False) -> list[tuple[str, str]]:
    """Column id and header; `old_words` takes the other wording where the pack knows one."""
    found = [one for one in knowledge.load().national_system.columns if one.id not in _LEFT_OUT]
    return [(one.id, one.also[0] if old_words and one.also else one.header) for one in found]


def rows(cards: Sequence[Card], title: str, old_words: bool = False) -> list[list[str]]:
    """Title, blank line, header, cards."""
    shown = columns(old_words)
    return [[title], [], [header for _, header in shown], *([_cells(card.values, shown) for card in cards])]


def csv_export(cards: Sequence[Card], title: str, charset: str, old_words: bool = False) -> bytes:
    """The export as CSV."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows(cards, title, old_words))
    return out.getvalue().encode(charset, "replace")


def workbook(cards: Sequence[Card], title: str, old_words: bool = True) -> bytes:
    """The export as a workbook, every cell a text as the system writes it."""
    return sheet_of(rows(cards, title, old_words), "传染病报告卡")


def _cells(values: Mapping[str, str], shown: Sequence[tuple[str, str]]) -> list[str]:
    return [_cell(id, values.get(id, "")) for id, _ in shown]


def _cell(id: str, value: str) -> str:
    if not value:
        return EMPTY
    return f"'{value}" if id in _LONG else value
