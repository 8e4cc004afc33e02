"""The table of diseases: classes of the law and each disease, this period against the one before and a year ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from yifang.apps.surveillance import small_cells
from yifang.apps.surveillance.models import DayKind
from yifang.apps.surveillance.presenting import words
from yifang.apps.surveillance.presenting.choosing import Chosen
from yifang.apps.surveillance.presenting.pictures import behind
from yifang.apps.surveillance.queries.situation import DiseaseRow, Overview, compared_with
from yifang.knowledge import load
from yifang.web.charts import Cell

_COLUMNS = ("now", "before", "year_before", "deaths")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table; `level` 0 for the sum, 1 for a class, 2 for a disease."""

    name: Any
    level: int
    cells: Sequence[Cell]
    numbers: DiseaseRow


def heads(chosen: Chosen) -> list[Any]:
    """The headings, with the days that are compared."""
    periods = compared_with(chosen.selection)

    def days(label: str) -> str:
        one = periods[label]
        return f"{one.since:%Y-%m-%d} – {one.until:%m-%d}"

    found = [_("病种"), _("本期"), _("上期"), _("环比"), _("去年同期"), _("同比")]
    hints = ["", "", days("before"), "", days("year_before"), ""]
    if not chosen.is_syndrome:
        found, hints = [*found, _("死亡")], [*hints, ""]
    return list(zip(found, hints, strict=True))


def lines(chosen: Chosen, found: Overview) -> list[Line]:
    """Sum, classes A, B and C, and every disease with a number; other diseases stand below and in no class total."""
    if chosen.is_syndrome:
        return [_line(chosen, words.subject_name(row.name), 2, row) for row in found.rows]
    diseases = load().diseases
    law = {row.name: diseases[row.name].statutory_class if row.name in diseases else "O" for row in found.rows}
    made: list[Line] = []
    in_law = [row for row in found.rows if law[row.name] != "O"]
    if not chosen.subjects and in_law:
        made.append(_line(chosen, _("甲乙丙类合计"), 0, _sum(in_law), linked=not chosen.everything))
    for one in "ABCO":
        rows = [row for row in found.rows if law[row.name] == one]
        if not rows:
            continue
        if not chosen.subjects:
            made.append(_line(chosen, words.CLASSES_OF_LAW[one], 1, _sum(rows), linked=False))
        rows.sort(key=lambda row: -(row.now or 0))
        made += [_line(chosen, words.subject_name(row.name), 2, row) for row in rows]
    return made


def _sum(rows: Sequence[DiseaseRow]) -> DiseaseRow:
    labels = (*_COLUMNS, "deaths_before", "deaths_year_before")
    return DiseaseRow(
        **{"name": ""}, **{label: small_cells.total(getattr(row, label) for row in rows) for label in labels}
    )


def _line(chosen: Chosen, name: Any, level: int, row: DiseaseRow, linked: bool = True) -> Line:
    periods = {"now": chosen.selection, **compared_with(chosen.selection)}

    def cell(label: str) -> Cell:
        number = getattr(row, label)
        link = ""
        if linked and number:
            one = periods[label]
            death = "1" if one.day == DayKind.DEATH else ""
            link = behind(chosen, since=one.since, until=one.until, name=row.name, deaths=death)
        return Cell(words.number_words(number), link)

    now, before, year_before, *rest = (cell(label) for label in (_COLUMNS if not chosen.is_syndrome else _COLUMNS[:3]))
    changes = [Cell(words.change_words(row.now, other)) for other in (row.before, row.year_before)]
    return Line(name, level, [now, before, changes[0], year_before, changes[1], *rest], row)
