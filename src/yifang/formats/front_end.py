"""States of the national front-end software's cards: a table of visit, disease and state, one line a card.

Known by its header, in a file as in a database's view; the words are the `national_system` pack's. A row whose visit is
missing, or whose disease or state nobody knows, is refused and the others are taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from yifang.formats.canonical import FrontEndState, Item
from yifang.formats.national.words import Words
from yifang.formats.tabular import known
from yifang.formats.tabular.mapping import normal
from yifang.formats.tabular.sheet import Row
from yifang.knowledge import load

_OTHERS = 3  # further columns, a time or a card's number; more of them are a table of something else


def columns_of(header: Sequence[str]) -> dict[str, int] | None:
    """Meaning → position; None where the header lacks one of the three, or is of something larger."""
    meanings = {
        normal(name): meaning for meaning, names in load().national_system.front_end.columns.items() for name in names
    }
    found: dict[str, int] = {}
    others = 0
    for at, cell in enumerate(header):
        if (meaning := meanings.get(normal(cell))) is not None:
            found.setdefault(meaning, at)
        elif cell.strip():
            others += 1
    return found if len(found) == 3 and others <= _OTHERS else None


def read(rows: Iterator[Row], header: Row, columns: dict[str, int], start: int, kind: str) -> Iterator[Item]:
    """The items of the rows below the header, blank ones passed over."""
    words = Words(load())
    return known.items(
        rows, header, columns, start, kind, code="front_end.cell", holds="states", read=lambda text: _state(text, words)
    )


def _state(text: known.Text, words: Words) -> FrontEndState | str:
    """The state of a row, or the meaning of the column that is missing or cannot be read."""
    pack = load().national_system.front_end
    said = text("disease")
    disease = said if said in load().diseases else words.disease(said)[0]
    if not text("visit"):
        return "visit"
    if not disease:
        return "disease"
    if text("state") not in (*pack.stands, *pack.taken_back):
        return "state"
    return FrontEndState(text("visit"), disease, text("state") in pack.stands)
