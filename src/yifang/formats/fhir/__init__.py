"""FHIR R4 JSON: bytes → items. One Bundle, Parameters or resource, an array of them, ndjson, or several after another.

JSON that is no FHIR is refused; a JSON object that carries an HL7 v2 message as a string, as gateways do, is read as
HL7; one in the canonical shape (`json_records`) is a record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from yifang.formats import json_records
from yifang.formats.canonical import Item, Refusal
from yifang.formats.fhir.record import read_document
from yifang.formats.hl7v2 import read_message

__all__ = ["read", "read_one"]


def read(text: str, path: str = "", start: int = 0) -> Iterator[Item]:
    """The items of a JSON text: index 0 for one document, else the line (ndjson, blank lines count) or the position."""
    raw = text.encode("utf-8", "surrogatepass")
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = text.split("\n")
        if sum(1 for line in lines if _parses(line)) > 1 or (len(lines) > 1 and _parses(lines[0])):
            yield from _lines(lines, path, start)
        else:
            yield from _sequence(text, path, start, error)
        return
    if isinstance(whole, list) and whole:
        for number, one in enumerate(whole):
            shown = json.dumps(one, ensure_ascii=False).encode("utf-8", "surrogatepass")
            yield _item(one, shown, path, start + number)
    else:
        yield _item(whole, raw, path, start)


def read_one(text: str, path: str = "") -> Item:
    """The item of a text that must be one FHIR resource."""
    raw = text.encode("utf-8", "surrogatepass")
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        return _refused(error, raw, 0, "")
    if isinstance(whole, dict) and isinstance(whole.get("resourceType"), str):
        return read_document(whole, raw, path, 0)
    return Item(0, "json", (), Refusal("json.not_fhir", "resourceType"), raw)


def _parses(line: str) -> bool:
    if not line.lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _lines(lines: list[str], path: str, start: int) -> Iterator[Item]:
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        raw = line.encode("utf-8", "surrogatepass")
        try:
            one = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield _refused(error, raw, start + number, f"line {number + 1}")
            continue
        yield _item(one, raw, path, start + number)


def _sequence(text: str, path: str, start: int, error: Exception) -> Iterator[Item]:
    """Documents one after another without being one a line; the rest after the first broken one is one refusal."""
    decoder = json.JSONDecoder()
    at = number = 0
    while at < len(text):
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        if at == len(text):
            break
        try:
            one, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as broken:
            rest = text[at:].encode("utf-8", "surrogatepass")
            yield _refused(broken if number else error, rest, start + number, "")
            return
        yield _item(one, text[at:end].encode("utf-8", "surrogatepass"), path, start + number)
        at, number = end, number + 1
    if not number:
        yield _refused(error, text.encode("utf-8", "surrogatepass"), start, "")


def _refused(error: Exception, raw: bytes, index: int, place: str) -> Item:
    if isinstance(error, json.JSONDecodeError):
        place = place or f"line {error.lineno}, column {error.colno}"
        return Item(index, "fhir", (), Refusal("json.broken", place, (("reason", error.msg),)), raw)
    return Item(index, "fhir", (), Refusal("json.broken", place, (("reason", type(error).__name__),)), raw)


def _item(value: Any, raw: bytes, path: str, index: int) -> Item:
    if isinstance(value, dict) and isinstance(value.get("resourceType"), str):
        return read_document(value, raw, path, index)
    if json_records.is_record(value):
        return json_records.item(value, raw, path, index)
    if isinstance(value, dict):
        for member in value.values():
            if isinstance(member, str) and member.lstrip("\ufeff\x0b \r\n").startswith("MSH"):
                return read_message(member.lstrip("\ufeff\x0b \r\n").encode("utf-8", "surrogatepass"), path, index)
    return Item(index, "json", (), Refusal("json.not_fhir", "resourceType"), raw)
