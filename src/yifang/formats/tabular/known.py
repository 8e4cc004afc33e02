"""Tables that are known by their header and hold something else than records: the items of their rows.

A row that cannot be read is refused with its number, its column and what stands there; the others are taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from yifang.formats.canonical import Item, Refusal
from yifang.formats.tabular.sheet import Row

Text = Callable[[str], str]
"""What stands in the column of a meaning, stripped; "" where there is none."""


def items(
    rows: Iterator[Row], header: Row, columns: Mapping[str, int], start: int, kind: str,
    *, code: str, holds: str, read: Callable[[Text], Any],
) -> Iterator[Item]:  # fmt: skip
    """The items of the rows below the header, blank ones passed over.

    `read` gives what a row says, kept as the attribute `holds` of its item, or the meaning of the column at fault.
    """
    index = start
    for row in rows:
        if not any(row.cells):
            continue

        def text(meaning: str, cells: tuple[str, ...] = tuple(row.cells)) -> str:
            at = columns.get(meaning)
            return cells[at].strip() if at is not None and at < len(cells) else ""

        said = read(text)
        if isinstance(said, str):
            at = columns[said]
            name, value = header.cells[at], row.cells[at] if at < len(row.cells) else ""
            told = (("row", str(row.number)), ("column", name), ("value", value[:40]))
            refusal = Refusal(code, f"row[{row.number}].{name}", told)
            yield Item(index, kind, (), refusal, row.raw, (), header.raw + b"\n")
        else:
            held: dict[str, Any] = {holds: (said,)}
            yield Item(index, kind, (), None, row.raw, **held)
        index += 1
