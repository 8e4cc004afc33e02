"""`read`: kinds told by content, archives, plain text, times, storage, the published schema, and hostile bytes."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.formats.messages import laboratory
from yifang.formats import read, read_text, schema, times
from yifang.formats.canonical import Item
from yifang.formats.storage import from_json, to_json
from yifang.kernel.messages import catalogue

SOURCE = Path(__file__).parents[2] / "src" / "yifang" / "formats"


def told(items: list[Item]) -> list[tuple[int, str, str]]:
    return [(item.index, item.format, item.refusal.code if item.refusal else "read") for item in items]


def archive(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in members.items():
            bundle.writestr(name, data)
    return stream.getvalue()


PATIENT = b'{"resourceType":"Patient","id":"1"}'


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.hl7", laboratory(), [(0, "hl7v2", "read")]),
        ("a.txt", laboratory(), [(0, "hl7v2", "read")]),
        ("a.csv", laboratory(), [(0, "hl7v2", "read")]),
        ("a", PATIENT, [(0, "fhir", "read")]),
        ("a.hl7", PATIENT, [(0, "fhir", "read")]),
        ("a.txt", "发热3天\n\n咳嗽".encode(), [(0, "text", "read"), (2, "text", "read")]),
        ("a.txt", "发热3天".encode("gb18030"), [(0, "text", "read")]),
        ("a.txt", "发热3天".encode("utf-16"), [(0, "text", "read")]),
        ("a", '{"resourceType":"Patient","id":"1"}'.encode("utf-16"), [(0, "fhir", "read")]),
        ("a", '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"), [(0, "xml", "xml.not_cda")]),
        ("a.hl7", b"PID|1||2", [(0, "hl7v2", "hl7.no_header")]),
        ("a.txt", b"PID|1||2\rOBX|1", [(0, "hl7v2", "hl7.no_header")]),
        ("a.json", b"hello", [(0, "fhir", "json.broken")]),
        ("a.xml", b"hello", [(0, "xml", "xml.broken")]),
        ("a.txt", b"", [(0, "empty", "formats.empty")]),
        ("a.txt", b"\xef\xbb\xbf \r\n", [(0, "empty", "formats.empty")]),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1", [(0, "unknown", "formats.binary")]),
        ("a.png", b"\x89PNG\r\n\x1a\n\x00\x00", [(0, "unknown", "formats.binary")]),
        ("a.zip", b"PK\x03\x04broken", [(0, "zip", "zip.broken")]),
        ("a.zip", archive(), [(0, "zip", "zip.empty")]),
        (
            "a.zip",
            archive(x=laboratory() * 2, y=PATIENT),
            [(0, "hl7v2", "read"), (1, "hl7v2", "read"), (2, "fhir", "read")],
        ),
        ("a.zip", archive(inner=archive(x=PATIENT)), [(0, "fhir", "read")]),
        ("a.zip", archive(a=archive(b=archive(c=archive(d=PATIENT)))), [(0, "zip", "zip.too_deep")]),
    ],
)
def test_kind_by_content(name: str, data: bytes, expected: list[tuple[int, str, str]]) -> None:
    assert told(list(read((name, data)))) == expected


def test_a_member_of_an_archive_is_named_in_its_source() -> None:
    (item,) = read(("a.zip", archive(**{"病历.json": PATIENT})))
    assert item.records[0].source.path == "a.zip!病历.json"


def test_text_lines_are_whole_notes() -> None:
    items = list(read_text(("n.csv", "主诉:发热,咳嗽\r\n\r\n  乏力,纳差\r\n".encode())))
    assert [(item.index, item.records[0].notes[0].text) for item in items] == [
        (0, "主诉:发热,咳嗽"),
        (2, "  乏力,纳差"),
    ]


@pytest.mark.parametrize(
    ("text", "iso", "precision", "offset"),
    [
        ("2026", "2026", "year", None),
        ("202611", "2026-11", "month", None),
        ("20261123", "2026-11-23", "day", None),
        ("2026112308", "2026-11-23T08", "hour", None),
        ("202611230815", "2026-11-23T08:15", "minute", None),
        ("20261123081530.123+0800", "2026-11-23T08:15:30", "second", 480),
        ("20240229-0330", "2024-02-29", "day", -210),
        ("20230229", None, None, None),
        ("20261301", None, None, None),
        ("2026112324", None, None, None),
        ("2015122112301234", None, None, None),
        ("26-11-23", None, None, None),
    ],
)
def test_hl7_times(text: str, iso: str | None, precision: str | None, offset: int | None) -> None:
    moment = times.hl7_time(text)
    assert (moment and moment.iso, moment and moment.precision, moment and moment.offset_minutes) == (
        iso,
        precision,
        offset,
    )


@pytest.mark.parametrize(
    ("text", "order", "iso"),
    [
        ("2026-11-23T08:15:00Z", "ymd", "2026-11-23T08:15:00"),
        ("2026/1/2 8:05", "ymd", "2026-01-02T08:05"),
        ("2026年1月2日8时5分", "ymd", "2026-01-02T08:05"),
        ("2026年1月", "ymd", "2026-01"),
        ("20260102", "ymd", "2026-01-02"),
        ("4/23/1988", "mdy", "1988-04-23"),
        ("4/23/1988 1:05 PM", "mdy", "1988-04-23T13:05"),
        ("23.4.1988", "dmy", "1988-04-23"),
        ("4/23/1988", "ymd", None),
        ("January 31, 2020", "mdy", None),
        ("2026-02-30", "ymd", None),
    ],
)
def test_table_times(text: str, order: str, iso: str | None) -> None:
    moment = times.table_time(text, order)
    assert (moment and moment.iso) == iso


def test_storage_keeps_a_record_and_leaves_empty_fields_out() -> None:
    (item,) = read(("a.hl7", laboratory()))
    (record,) = item.records
    kept = to_json(record)
    assert from_json(kept) == record
    assert "drugs" not in kept
    assert "deceased" not in kept["person"]


def test_the_published_schema_is_in_step() -> None:
    published = Path(__file__).parents[2] / schema.TARGET
    assert published.read_text(encoding="utf-8") == schema.rendered(), "run `python -m yifang.formats.schema`"


def test_every_code_has_words_and_every_words_a_code() -> None:
    used = set()
    for path in SOURCE.rglob("*.py"):
        used |= set(
            re.findall(r'"((?:hl7|fhir|json|xml|cda|table|zip|formats)\.[a-z_]+)"', path.read_text(encoding="utf-8"))
        )
    known = {
        code
        for code in catalogue()
        if code.split(".")[0] in ("hl7", "fhir", "json", "xml", "cda", "table", "zip", "formats")
    }
    assert used == known


STARTS = [
    b"MSH|^~\\&|",
    b"{",
    b"[",
    b"<ClinicalDocument xmlns='urn:hl7-org:v3'>",
    b"PK\x03\x04",
    b"a,b,c\n",
    b"\xff\xfe",
    b"",
]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(STARTS),
    st.binary(max_size=300),
    st.sampled_from(["x", "x.csv", "x.json", "x.xml", "x.hl7", "x.zip"]),
)
@example(b"MSH|", b"\r\rPID", "x")
@example(b"MSH^~\\&|\r", b"PID", "x")
def test_any_bytes_give_at_least_one_item(start: bytes, rest: bytes, name: str) -> None:
    items = list(read((name, start + rest)))
    assert items
    assert all(bool(item.records) != bool(item.refusal) for item in items)


SEGMENTS = st.lists(
    st.tuples(st.sampled_from(["PID", "OBR", "OBX", "PV1", "DG1", "SPM", "NTE", "ORC", "RXA", "TXA", "NK1", "PRB"]),
              st.lists(st.text(st.sampled_from("0123456789ABF^~\\&\"2026张"), max_size=12), max_size=32)),
    max_size=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(SEGMENTS, st.sampled_from(["ORU^R01", "ADT^A01", "VXU^V04", "MDM^T02", "OML^O21", ""]))
def test_any_segments_give_an_item(segments: list[tuple[str, list[str]]], kind: str) -> None:
    lines = [f"MSH|^~\\&|A|B|C|D|2026||{kind}|1|P|2.5"] + ["|".join([name, *fields]) for name, fields in segments]
    (item,) = read(("x", "\r".join(lines).encode()))
    assert bool(item.records) != bool(item.refusal)
    for record in item.records:
        assert from_json(to_json(record)) == record


@settings(max_examples=100, deadline=None)
@given(
    st.text(
        st.characters(exclude_characters="\r\n\x00\x0b\x1c\ufeff", exclude_categories=["Cs"]), min_size=1, max_size=40
    )
)
def test_a_text_survives_writing_and_reading(text: str) -> None:
    if text == '""':
        return  # HL7's own word for "delete"
    escaped = text
    for mark, name in (("\\", "E"), ("|", "F"), ("^", "S"), ("~", "R"), ("&", "T")):
        escaped = escaped.replace(mark, f"\x00{name}\x00")
    escaped = escaped.replace("\x00", "\\")
    order = "OBR|1||F1|X"
    (item,) = read(("x", f"MSH|^~\\&|A|||||||1|P|2.5\rPID|1||P\r{order}\rOBX|1|ST|A||{escaped}||||||F".encode()))
    assert item.records[0].results[0].value == text
