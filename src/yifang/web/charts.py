"""Pictures of numbers: what is drawn, the table that says the same, and where every mark leads.

A view hands a `Chart` to `{% chart one %}`. The page carries it as JSON; `static/web/js/charts.js` draws it, makes each
mark open its address, and saves it as an image or a table. Plain data; knows no numbers of any app.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from yifang.web.tables import Empty

# bars: categories × series, stacked; pyramid: two series back to back; heat: categories × rows; map: areas of a
# GeoJSON; ranks: one bar for each category, lying; years: a line against a band and its mean
Kind = Literal["bars", "pyramid", "heat", "map", "ranks", "years"]
Tone = Literal["1", "2", "3", "4", "5", "expected", "limit", "band", "now"]


@dataclass(frozen=True, slots=True)
class Series:
    """One name and a value for each category; None where nothing is shown. `links` opens what is behind each."""

    name: Any
    values: Sequence[float | None]
    links: Sequence[str] = ()
    tone: Tone = "1"
    line: bool = False  # drawn over the bars, not stacked with them
    upper: Sequence[float | None] = ()  # of a band: `values` are its lower edge


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the table below a picture: its text, the address behind it, whether it is a number."""

    text: Any
    url: str = ""
    number: bool = True


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture. `source` says how its numbers were counted and up to when; `says` is the picture in one sentence."""

    id: str
    kind: Kind
    title: Any
    categories: Sequence[Any]
    series: Sequence[Series]
    source: Any
    says: Any = ""
    note: Any = ""
    unit: Any = ""
    corner: Any = ""  # the heading of the table's first column
    empty: Empty | None = None
    geometry: str = ""  # of a map: where its GeoJSON is fetched; `keys` names the area of each category
    keys: Sequence[str] = ()
    marked: int | None = None  # the category that is not over yet
    table: Sequence[Sequence[Cell]] = field(default_factory=tuple)  # instead of the one that follows from the series

    @property
    def spec_id(self) -> str:
        return f"{self.id}-spec"

    def spec(self) -> dict[str, Any]:
        """What the script draws from: JSON."""
        return {
            "kind": self.kind,
            "title": str(self.title),
            "source": str(self.source),
            "unit": str(self.unit),
            "categories": [str(one) for one in self.categories],
            "keys": list(self.keys),
            "geometry": self.geometry,
            "marked": self.marked,
            "series": [
                {
                    "name": str(one.name), "values": list(one.values), "links": list(one.links), "tone": one.tone,
                    "line": one.line, "upper": list(one.upper),
                }
                for one in self.series
            ],
        }  # fmt: skip

    def heads(self) -> list[Any]:
        """The headings of the table: the corner, then each series; of a heat map, each of its rows."""
        return [self.corner, *(one.name for one in self.series)]

    def rows(self) -> list[list[Cell]]:
        """The rows of the table: the category and the number of each series, each number a link where it has one."""
        if self.table:
            return [list(row) for row in self.table]
        return [
            [Cell(name, number=False), *(self._cell(one, place) for one in self.series)]
            for place, name in enumerate(self.categories)
        ]

    def rows_html(self) -> SafeString:
        """The rows as the body of a table: a heat map has a thousand cells, for which a template is slow."""
        return mark_safe("".join(f"<tr>{self._row_html(row)}</tr>" for row in self.rows()))

    @staticmethod
    def _row_html(row: Sequence[Cell]) -> str:
        texts = [f'<a href="{escape(one.url)}">{escape(one.text)}</a>' if one.url else escape(one.text) for one in row]
        return f'<th scope="row">{texts[0]}</th>' + "".join(f'<td class="is-number">{text}</td>' for text in texts[1:])

    def _cell(self, one: Series, place: int) -> Cell:
        value = one.values[place]
        if one.upper:
            above = one.upper[place]
            return Cell("" if value is None or above is None else f"{value:g}–{above:g}")
        return Cell("" if value is None else f"{value:,g}", one.links[place] if one.links else "")
