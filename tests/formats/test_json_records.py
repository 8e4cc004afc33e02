"""Canonical records as JSON: what `to_json` wrote is read back, and every error is told at once by its pointer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from yifang.formats import read, read_fhir, read_records
from yifang.formats.canonical import Item, Moment, Person, Record, Source
from yifang.formats.storage import to_json
from yifang.kernel.messages import LANGUAGES, render

RECORD = to_json(Record("encounter", "V1", "final", Source("hl7v2", control_id="1"), Person(name="陈小宝")))


def items(value: object) -> list[Item]:
    return list(read_records("a.json", json.dumps(value, ensure_ascii=False).encode()))


def errors(value: object) -> list[tuple[str, str]]:
    (one,) = items(value)
    assert one.refusal is not None
    assert not one.records
    for language in LANGUAGES:
        assert render(one.refusal.code, dict(one.refusal.params), language)
        assert all(render(issue.code, dict(issue.params), language) for issue in one.issues)
    return [(issue.code.removeprefix("json."), issue.path) for issue in one.issues]


def at(iso: str, precision: str, **more: int) -> dict[str, object]:
    return {"at": {"iso": iso, "precision": precision, **more}}


WRONG = {
    "nothing": ({}, [("missing", "/kind"), ("missing", "/key"), ("missing", "/status"), ("missing", "/source")]),
    "no object": (7, [("not_object", "")]),
    "an unknown field": (RECORD | {"name": "x"}, [("unknown_field", "/name")]),
    "an unknown field deep inside": (
        RECORD | {"results": [{"codes": [], "name": "x", "value": "1", "path": "", "uni~t/": ""}]},
        [("unknown_field", "/results/0/uni~0t~1")],
    ),
    "another word": (RECORD | {"status": "done"}, [("not_one_of", "/status")]),
    "a number for a text": (RECORD | {"key": 1}, [("not_text", "/key")]),
    "null for a text": (RECORD | {"key": None}, [("not_text", "/key")]),
    "a text for a number": (RECORD | {"source": {"format": "x", "index": "1"}}, [("not_integer", "/source/index")]),
    "a text for a boolean": (RECORD | {"person": {"deceased": "yes"}}, [("not_boolean", "/person/deceased")]),
    "an object for an array": (RECORD | {"notes": {}}, [("not_array", "/notes")]),
    "an empty key": (RECORD | {"key": " "}, [("empty", "/key")]),
    "NUL": (RECORD | {"person": {"name": "陈\x00"}}, [("bad_text", "/person/name")]),
    "a day that is none": (RECORD | at("2026-02-30", "day"), [("bad_time", "/at/iso")]),
    "another precision": (RECORD | at("2026-02-03", "minute"), [("bad_time", "/at/iso")]),
    "a zone in the time": (RECORD | at("2026-02-03T08:00+08:00", "minute"), [("bad_time", "/at/iso")]),
    "no zone on earth": (RECORD | at("2026-02-03T08:00", "minute", offset_minutes=1000),
                         [("bad_offset", "/at/offset_minutes")]),
}  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), WRONG.values(), ids=WRONG)
def test_every_error_is_told_by_its_pointer(value, expected):
    assert errors(value) == expected


def test_several_errors_are_one_refusal_that_names_the_places():
    (one,) = items({"key": 1, "zzz": 2, "source": {}})
    assert one.refusal.code == "json.record_wrong"
    assert dict(one.refusal.params)["places"] == "/kind, /key, /status, /source/format, /zzz"


@pytest.mark.parametrize("precision", ["year", "month", "day", "hour", "minute", "second"])
def test_a_time_of_every_precision_is_read(precision):
    written = {"year": 4, "month": 7, "day": 10, "hour": 13, "minute": 16, "second": 19}
    iso = "2026-11-23T08:15:59"[: written[precision]]
    (one,) = items(RECORD | at(iso, precision, offset_minutes=480))
    assert one.records[0].at == Moment(iso, precision, 480)


@pytest.mark.parametrize(
    ("text", "code"),
    [("[]", "json.no_records"), ("{", "json.broken"), ("[" * 100_000, "json.broken"), ("", "json.broken"),
     ('["\\ud800"]', "json.not_object"), (json.dumps([RECORD | {"key": "\ud800"}]), "json.broken")],
)  # fmt: skip
def test_what_is_no_record_is_refused(text, code):
    (one,) = read_records("a.json", text.encode())
    assert one.refusal.code in (code, "json.broken")


def test_an_array_gives_an_item_each_with_its_own_bytes():
    first, second, third = items([RECORD, 7, RECORD | {"key": "V2"}])
    assert [one.index for one in (first, second, third)] == [0, 1, 2]
    assert (first.records[0].key, second.refusal.code, third.records[0].key) == ("V1", "json.not_object", "V2")
    assert json.loads(second.raw) == 7


def test_a_folder_reads_them_too_alone_in_arrays_and_in_lines():
    one = json.dumps(RECORD, ensure_ascii=False)
    for text in (one, f"[{one},{one}]", f"{one}\n{one}\n"):
        found = list(read(("a.json", text.encode())))
        assert {item.records[0].key for item in found} == {"V1"}
    broken = {name: RECORD[name] for name in ("kind", "status", "source")}
    (refused,) = read(("a.json", json.dumps(broken).encode()))
    assert (refused.refusal.code, refused.refusal.place) == ("json.missing", "/key")


def test_every_record_of_the_fixtures_is_read_as_it_was_written(shared: Path):
    for topic in ("hl7v2", "fhir", "cda", "tabular", "elr-pairs"):
        for path in sorted(one for one in (shared / "fixtures" / topic).rglob("*") if one.is_file()):
            records = [record for item in read(path) for record in item.records]
            if records:
                found = items([to_json(record) for record in records])
                assert [one.records for one in found] == [(record,) for record in records], path


def test_the_fhir_door_reads_fhir_only():
    assert next(read_fhir("a", json.dumps(RECORD).encode())).refusal.code == "json.not_fhir"
    assert next(read_fhir("a", b"[]")).refusal.code == "json.not_fhir"
    assert next(read_fhir("a", b"{")).refusal.code == "json.broken"
    assert next(read_fhir("a", b'{"resourceType":"Patient","id":"1"}')).records
