"""Plain text: one note a line. Every line counts for the index; blank lines give nothing."""

from __future__ import annotations

from collections.abc import Iterator

from yifang.formats.canonical import Item, Note, Record, Source
from yifang.formats.identity import content_key


def read(text: str, charset: str, path: str = "", start: int = 0) -> Iterator[Item]:
    """An item for each line that says something, its text kept whole so that offsets count from the line's
    beginning."""
    for number, line in enumerate(text.split("\n")):
        line = line.removesuffix("\r")
        if not line.strip():
            continue
        raw = line.encode("utf-8", "surrogatepass")
        index = start + number
        record = Record(
            "document",
            content_key("text", raw, f"{path}#{index}"),
            "final",
            Source("text", path, index, charset=charset),
            notes=(Note("other", line, f"line[{number}]"),),
        )
        yield Item(index, "text", (record,), None, raw)
