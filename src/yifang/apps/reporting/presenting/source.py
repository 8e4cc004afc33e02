"""The source's own words with the evidence marked in them: notes, diagnoses, results behind a suspicion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from yifang.apps.records import presenting as telling
from yifang.apps.records.models import Record
from yifang.formats.storage import from_json
from yifang.identify import Evidence


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One record: `head` says which, `parts` are (label, marked text)."""

    row: Record
    head: str
    parts: Sequence[tuple[str, SafeString]]


def excerpts(found: Iterable[tuple[Evidence, Record | None]]) -> list[Excerpt]:
    """The records that the evidence comes from, each once, the evidence marked."""
    by_record: dict[object, tuple[Record, list[Evidence]]] = {}
    for item, row in found:
        if row is not None:
            by_record.setdefault(row.id, (row, []))[1].append(item)
    return [_excerpt(row, items) for row, items in by_record.values()]


def _excerpt(row: Record, items: Sequence[Evidence]) -> Excerpt:
    record = from_json(row.payload)
    spans: dict[str, list[tuple[int, int]]] = {}
    coded = {item.path for item in items if item.start is None}
    for item in items:
        if item.start is not None and item.end is not None:
            spans.setdefault(item.path, []).append((item.start, item.end))
    parts = [
        (str(telling.SECTIONS.get(note.section, note.section)), marked(note.text, spans.get(note.path, ())))
        for note in record.notes
    ]
    for diagnosis in record.diagnoses:
        text = f"{diagnosis.text} {telling.codes(diagnosis.codes)}".strip()
        whole = [(0, len(text))] if _stands_at(diagnosis.path, coded) or diagnosis.path in spans else []
        parts.append((str(telling.ROLES.get(diagnosis.role, diagnosis.role)), marked(text, whole)))
    for one in record.results:
        text = f"{one.name} {one.value} {one.unit}".strip()
        whole = [(0, len(text))] if _stands_at(one.path, coded) else []
        parts.append((str(telling.SECTIONS["laboratory"]), marked(text, whole)))
    head = f"{telling.kind(row)} · {row.department}" if row.department else telling.kind(row)
    return Excerpt(row, head, parts)


def _stands_at(path: str, coded: Iterable[str]) -> bool:
    """Whether coded evidence lies at `path` or inside it (`OBX[1].5` lies in `OBX[1]`)."""
    return any(one == path or one.startswith((f"{path}.", f"{path}[")) for one in coded)


def marked(text: str, spans: Iterable[tuple[int, int]]) -> SafeString:
    """The text with each span in <mark>; spans count code points, overlapping ones are joined."""
    joined: list[list[int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    pieces: list[tuple[SafeString | str]] = []
    at = 0
    for start, end in joined:
        pieces += [(text[at:start],), (format_html("<mark>{}</mark>", text[start:end]),)]
        at = end
    return format_html_join("", "{}", [*pieces, (text[at:],)])
