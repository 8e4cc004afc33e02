"""HL7 v2.x: bytes → items. `read` is for files and feeds, `obx_rows` for comparing with other parsers.

Separators, charsets and line ends are the business of `reader`, meaning that of `record` and its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from yifang.formats.canonical import Issue, Item
from yifang.formats.hl7v2.reader import Message, batch, has_message, parse, split_messages
from yifang.formats.hl7v2.record import read_message
from yifang.formats.hl7v2.results import ObxRow, obx_rows

__all__ = ["Message", "ObxRow", "has_message", "obx_rows", "parse", "read", "read_message", "split_messages"]


def read(data: bytes, path: str = "", start: int = 0) -> Iterator[Item]:
    """The items of a file or stream of messages, one for each MSH; `start` is the index of the first."""
    before = data[: data.find(b"MSH")].strip(b"\xef\xbb\xbf\x0b\x00 \t\r\n")
    envelope = batch(data) if b"\nBTS" in data or b"\rBTS" in data or before else None
    first: tuple[Issue, ...] = ()
    if before and envelope and not envelope.enveloped:
        first = (Issue("hl7.text_before", "MSH[1]"),)
    item = None
    count = 0
    for raw in split_messages(data):
        if item is not None:
            yield item
        item = read_message(raw, path, start + count, first if count == 0 else ())
        count += 1
    if item is None:
        return
    if envelope and envelope.announced is not None and envelope.announced != count:
        params = (("announced", str(envelope.announced)), ("found", str(count)))
        item = replace(item, issues=(*item.issues, Issue("hl7.batch_count", "BTS-1", params)))
    yield item
