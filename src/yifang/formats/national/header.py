"""The header of an export: which column stands where, and which the pack does not know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from yifang.formats.tabular.mapping import normal
from yifang.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Header:
    """`places` maps the pack's columns to positions; `others` the positions of columns that it does not name."""

    at: int
    places: dict[str, int]
    names: tuple[str, ...]
    others: dict[int, str]

    def missing(self, knowledge: Knowledge) -> list[str]:
        """The words of the columns that an import needs and the header lacks."""
        pack = knowledge.national_system
        heads = {one.id: one.header for one in pack.columns}
        return [heads[one] for one in pack.required_on_import if one not in self.places]

    def name(self, column: str) -> str:
        """The column as this file calls it; as the pack does where the file has none."""
        at = self.places.get(column)
        return self.names[at] if at is not None else column


def find_header(rows: Sequence[Sequence[str]], knowledge: Knowledge) -> Header | None:
    """The header among the first rows, None where none holds the words that make a table an export."""
    pack = knowledge.national_system
    by_name = _by_name(knowledge)
    wanted = {by_name[normal(word)] for word in pack.file.header_row.must_contain if normal(word) in by_name}
    wanted |= {"national_card_id"}
    for at, cells in enumerate(rows[: pack.file.header_row.search_first_rows]):
        places: dict[str, int] = {}
        others: dict[int, str] = {}
        for place, cell in enumerate(cells):
            column = by_name.get(normal(_plain(cell)))
            if column is not None and column not in places:
                places[column] = place
            elif cell.strip():
                others[place] = cell.strip()
        if len(wanted & places.keys()) >= 2 and "disease" in places:
            return Header(at, places, tuple(_plain(cell) for cell in cells), others)
    return None


def _by_name(knowledge: Knowledge) -> dict[str, str]:
    return {
        normal(name): one.id for one in reversed(knowledge.national_system.columns) for name in (*one.also, one.header)
    }


def _plain(cell: str) -> str:
    return cell.strip().strip("'\"").strip()
